/** The Python side of a test: the push service, and a look into the database past every rule of the product. */
import { Child } from './children'
import { python, ROOT, until } from './places'

export interface PushSubscriptionJson {
  id: string
  endpoint: string
  keys: { p256dh: string; auth: string }
}

export interface PushMessage {
  subscription: string
  text: string
  ttl: number
  urgency: string
  topic: string
  sender: string
  at: number
}

export class Helper {
  private constructor(
    private readonly child: Child,
    readonly origin: string,
  ) {}

  static async start(home: string): Promise<Helper> {
    const child = new Child('helper', python(), ['-m', 'tests.support.e2e_helper', '--home', home], { cwd: ROOT })
    const origin = await until('the helper answers', () => {
      child.mustRun()
      const line = child.output.split('\n').find((one) => one.startsWith('{"origin"'))
      return line ? (JSON.parse(line) as { origin: string }).origin : ''
    })
    return new Helper(child, origin)
  }

  /** `host:port`, for the setting that allows it. */
  get host(): string {
    return new URL(this.origin).host
  }

  /** Rows of a query, as the superuser sees them. Arguments are $1, $2 … */
  async sql<Row extends unknown[] = unknown[]>(query: string, ...args: unknown[]): Promise<Row[]> {
    const { rows } = await this.post<{ rows: Row[] }>('/control/sql', { query, args })
    return rows
  }

  /** A single number. */
  async count(query: string, ...args: unknown[]): Promise<number> {
    const [row] = await this.sql<[number]>(query, ...args)
    return Number(row?.[0])
  }

  subscribe(): Promise<PushSubscriptionJson> {
    return this.post('/control/subscriptions', {})
  }

  /** The statuses that the push service gives to the next messages of a subscription. */
  answers(subscription: string, answers: number[]): Promise<void> {
    return this.post(`/control/answers/${subscription}`, { answers })
  }

  async pushed(subscription?: string): Promise<PushMessage[]> {
    const answer = await fetch(`${this.origin}/control/messages`)
    const { messages, refusals } = (await answer.json()) as { messages: PushMessage[]; refusals: string[] }
    if (refusals.length) throw new Error(`the push service refused: ${refusals.join('; ')}`)
    return messages.filter((one) => !subscription || one.subscription === subscription)
  }

  stop(): Promise<void> {
    return this.child.stop()
  }

  private async post<T>(path: string, body: unknown): Promise<T> {
    const answer = await fetch(`${this.origin}${path}`, { method: 'POST', body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as T
  }
}
