/**
 * A bank that means something: the wire of `FakeBank` with households in grids behind it, as CONTRACT.md says what
 * commands and moves do to them. It keeps every book at every revision, so that a test can ask what a phone that stands
 * at one must show. What becomes of a command is written in the command itself, so that a run can be replayed.
 */
import { decode } from '@msgpack/msgpack'
import { uuid7 } from '../../domain/ids'
import { FakeBank, problem, type BankRow } from './bank'

type Json = Record<string, unknown>
type Book = ReturnType<FakeBank['books']['get']> & object
type Stream = ReturnType<FakeBank['streams']['get']> & object
export type Table = Map<string, { kind: string; id: string; values: Json | null }>

/** What the network does to one request. */
export type NetFault = 'ok' | 'lost' | 'cut' | 'truncated' | 'doubled' | 'busy' | 'signed_out' | 'too_large' | 'die_before' | 'die_after'

/** What a bank would bring back from a backup. */
interface Backup {
  books: Map<string, Book>
  hidden: Map<string, Book>
  streams: Map<string, Stream>
  applied: Json[]
  files: Map<string, Uint8Array<ArrayBuffer>>
  devices: Map<string, JsonWebKey>
  aliases: Map<string, string>
  durableThrough: number
}

export const STAFF = 'staff:staff-1'
export const BANK = 'bank'
export const GRIDS = [uuid7(), uuid7()] as const
export const bookOfGrid = (n: number): string => `grid:${GRIDS[n % 2]}`
/** Written in an entry, it says what the bank will make of it. */
export const REFUSED = '不收'
export const OLDER = 13
export const KNOWN_ALREADY = '重名'
const CLOCK_SLACK_MS = 60_000

const bookOf = (key: string): string => key.slice(0, key.lastIndexOf('/'))

export class County {
  readonly bank: FakeBank
  /** What happens to the next requests; then all is well. */
  faults: NetFault[] = []
  /** Called when the phone is to die in the middle of a request. */
  onDeath: () => void = () => undefined
  /** Results that any bank life ever gave for a command. */
  readonly given = new Map<string, Set<string>>()
  private readonly history = new Map<string, Map<number, Table>>()
  /** Books that the person does not hold now. */
  private hidden = new Map<string, Book>()
  private aliases = new Map<string, string>()
  private backup: Backup | null = null
  private lives = 1
  private dead = false

  private constructor(bank: FakeBank) {
    this.bank = bank
    bank.pageRows = 3
    bank.judge = (command) => this.judge(command)
    bank.effect = (command) => this.effect(command)
  }

  /** A bank with `perGrid` households in each of two grids. */
  static async open(perGrid: number): Promise<County> {
    const county = new County(await FakeBank.open())
    county.stamp(BANK, [{ kind: 'policy', id: 'visit_distance_limit_m', values: { value: 500 } }])
    const tasks: BankRow[] = []
    for (const [n, grid] of GRIDS.entries()) {
      const rows: BankRow[] = []
      for (let i = 0; i < perGrid; i++) {
        const id = uuid7()
        rows.push(...household(id, `户${n}${i}`, grid))
        tasks.push({ kind: 'task', id: uuid7(), values: { kind: 'follow_up', duty: 'visit', customer_id: id, customer_name: `户${n}${i}`, due_on: '2026-11-20', state: 'open', evidence_id: null } })
      }
      county.stamp(bookOfGrid(n), rows)
    }
    county.stamp(STAFF, tasks)
    return county
  }

  // ---- books

  private find(book: string): { held: boolean; key: string; it: Book } | null {
    for (const [held, books] of [[true, this.bank.books], [false, this.hidden]] as const) {
      for (const [key, it] of books) if (bookOf(key) === book) return { held, key, it }
    }
    return null
  }

  /** One step of a book's revision; the revision to wait for, if the person holds it. */
  private stamp(book: string, rows: BankRow[], gone: { kind: string; id: string; movedTo?: string }[] = []): Record<string, number> {
    const found = this.find(book)
    const key = found?.key ?? `${book}/${book.startsWith('grid') ? 'manager' : book === BANK ? 'bank' : 'staff'}@1`
    if (found && !found.held) this.bank.books.set(key, found.it)
    const revision = this.bank.change(key, rows, gone)
    if (found && !found.held) this.bank.books.delete(key)
    const it = this.find(book)?.it as Book
    const life = `${this.bank.epoch}|${book}`
    const kept = this.history.get(life) ?? new Map<number, Table>()
    this.history.set(life, kept.set(revision, new Map(it.rows)))
    return found && !found.held ? {} : { [book]: revision }
  }

  /** The rows of a book as they were at a revision in one life of the bank. */
  at(epoch: string, book: string, revision: number): Table | undefined {
    return this.history.get(`${epoch}|${book}`)?.get(revision)
  }

  /** Keys that the person may hold now, with the revision each stands at. */
  held(): Map<string, number> {
    return new Map([...this.bank.books.values()].map(({ key, revision }) => [key, revision]))
  }

  private home(id: string): string | null {
    for (const it of [...this.bank.books.values(), ...this.hidden.values()]) {
      if (it.rows.get(`customer|${id}`)?.values) return bookOf(it.key)
    }
    return null
  }

  private row(book: string, kind: string, id: string): Json | null {
    return this.find(book)?.it.rows.get(`${kind}|${id}`)?.values ?? null
  }

  /** The customer that an id stands for. */
  stands(id: string): string {
    return this.aliases.get(id) ?? id
  }

  // ---- commands

  private recorded(id: unknown): { result: unknown; settled: unknown } | null {
    for (const { known } of this.bank.streams.values()) {
      const it = known.get(id as string)
      if (it) return { result: it.receipt['result'], settled: it.settled }
    }
    return null
  }

  /** What the bank has recorded of a command in its present life. */
  result(id: string): { result: unknown; settled: unknown } | null {
    return this.recorded(id)
  }

  /** When the bank received a command, as it would say now. */
  receivedAt(id: string): number | undefined {
    for (const { known } of this.bank.streams.values()) {
      const it = known.get(id)
      if (it) return it.receipt['received_at'] as number
    }
    return undefined
  }

  private judge(command: Json): Json | null {
    const verdict = this.verdict(command)
    const id = command['id'] as string
    this.given.set(id, (this.given.get(id) ?? new Set()).add((verdict?.['result'] as string | undefined) ?? 'applied'))
    return verdict
  }

  private verdict(command: Json): Json | null {
    const body = command['body'] as Json
    const refused = (code: string): Json => ({ result: 'rejected', code, reason: code })
    const taken = (id: unknown): boolean => ['applied', 'merged', 'suggested'].includes(this.recorded(id)?.result as string)
    if (command['replaces'] !== undefined) {
      const old = this.recorded(command['replaces'])
      if (!old) return { result: 'held', code: 'needs' }
      if (taken(command['replaces']) || old.settled) return refused('not_replaceable')
    }
    switch (command['type']) {
      case 'command.discard': {
        const old = this.recorded(body['discards'])
        if (!old) return refused('not_found')
        return taken(body['discards']) || old.settled ? refused('conflict_state') : null
      }
      case 'visit.log':
        return body['wanted_for'] === REFUSED ? refused('bad_value') : this.home(this.stands(body['customer_id'] as string)) ? null : refused('not_found')
      case 'customer.create':
        return body['address'] === REFUSED ? refused('bad_value') : null
      case 'task.submit':
        return this.row(STAFF, 'task', body['task_id'] as string)?.['state'] === 'open' ? null : refused('conflict_state')
      default: {
        const home = this.home(this.stands(body['customer_id'] as string))
        if (!home) return refused('not_found')
        // The grid went to somebody else: the new owner decides.
        if (!this.find(home)?.held) return { result: 'suggested' }
        const older = command['type'] === 'customer.set_values' && (body['edits'] as Json[])[0]?.['value'] === OLDER
        return older ? { result: 'merged', lost: ['income_wages_fen'] } : null
      }
    }
  }

  private effect(command: Json): Record<string, number> {
    const body = command['body'] as Json
    this.bank.alias = null
    if (command['type'] === 'command.discard') return {}
    if (command['type'] === 'task.submit') {
      const id = body['task_id'] as string
      return this.stamp(STAFF, [{ kind: 'task', id, values: { ...this.row(STAFF, 'task', id), state: 'submitted', evidence_id: body['visit_id'] } }])
    }
    if (command['type'] === 'customer.create') return this.create(body)
    const made = body['customer_id'] as string
    const customer = this.stands(made)
    if (customer !== made) this.bank.alias = { [made]: customer }
    const home = this.home(customer) as string
    switch (command['type']) {
      case 'visit.log':
        return this.stamp(home, [visitRow(body['id'] as string, customer, (body['note'] as string | undefined) ?? '')])
      case 'customer.set_values': {
        const file = this.row(home, 'file', customer)
        const edit = (body['edits'] as Json[])[0] as Json
        if (edit['value'] === OLDER) return this.stamp(home, [])
        const values = { ...(file?.['values'] as Json), [edit['field'] as string]: [edit['value'], 'collected', '2026-11-21', 'staff-1'] }
        return this.stamp(home, [{ kind: 'file', id: customer, values: { ...file, values } }])
      }
      case 'record.put':
        return this.stamp(home, [recordRow(body['id'] as string, customer, body['label'] as string)])
      default:
        return this.stamp(home, [], [{ kind: 'record', id: body['id'] as string }])
    }
  }

  private create(body: Json): Record<string, number> {
    const id = body['id'] as string
    const grid = body['grid_id'] as string
    const twin = this.customers(`grid:${grid}`)[0]
    if (body['address'] === KNOWN_ALREADY && twin) {
      this.aliases.set(id, twin)
      this.bank.alias = { [id]: twin }
      return this.stamp(`grid:${grid}`, [])
    }
    return this.stamp(`grid:${grid}`, household(id, body['name'] as string, grid))
  }

  // ---- what others do

  /** Customers that live in a book now. */
  customers(book: string): string[] {
    return [...(this.find(book)?.it.rows.values() ?? [])].filter((row) => row.kind === 'customer' && row.values).map((row) => row.id)
  }

  allCustomers(): string[] {
    return [0, 1].flatMap((n) => this.customers(bookOfGrid(n)))
  }

  /** Another phone of the bank records something about a customer. */
  elsewhere(id: string, value: number): void {
    const home = this.home(id)
    if (!home) return
    const file = this.row(home, 'file', id)
    const values = { ...(file?.['values'] as Json), income_wages_fen: [value, 'collected', '2026-11-21', 'staff-2'] }
    this.stamp(home, [{ kind: 'file', id, values: { ...file, values } }, visitRow(uuid7(), id, 'elsewhere')])
  }

  /** A household with all that hangs on it moves to the other grid. */
  move(id: string): void {
    const from = this.home(id)
    if (!from) return
    const to = from === bookOfGrid(0) ? bookOfGrid(1) : bookOfGrid(0)
    const hanging = [...(this.find(from)?.it.rows.values() ?? [])].filter(({ values }) => values && (values['customer_id'] === id))
    const rows = [...hanging.map(({ kind, id: row, values }) => ({ kind, id: row, values: values as Json })), { kind: 'file', id, values: this.row(from, 'file', id) as Json }]
    const customer = { ...this.row(from, 'customer', id), grid_id: to.slice(5), home_book: to }
    this.stamp(from, [], [...rows, { kind: 'customer', id }].map(({ kind, id: row }) => ({ kind, id: row, movedTo: to })))
    this.stamp(to, [...rows, { kind: 'customer', id, values: customer }])
  }

  /** The second grid is taken from the person, or given back. */
  toggleGrid(): void {
    const found = this.find(bookOfGrid(1))
    if (!found) return
    if (found.held) {
      this.bank.books.delete(found.key)
      this.hidden.set(found.key, found.it)
    } else {
      this.hidden.delete(found.key)
      this.bank.books.set(found.key, found.it)
    }
  }

  /** The first grid comes under another projection from now on. */
  swapKey(): void {
    const found = this.find(bookOfGrid(0))
    if (!found) return
    this.bank.books.delete(found.key)
    found.it.key = `${bookOfGrid(0)}/manager@${Number(found.key.slice(found.key.lastIndexOf('@') + 1)) + 1}`
    this.bank.books.set(found.it.key, found.it)
  }

  /** Somebody used a copy of this phone: the stream's next place is taken. */
  useCopy(installation: string): void {
    const stream = this.bank.streams.get(installation)
    if (!stream) return
    const id = uuid7()
    stream.known.set(id, { id, seq: stream.expects, hash: '0'.repeat(64), receipt: { result: 'applied' }, command: { needs: [] } })
    stream.expects++
  }

  makeBackup(): void {
    this.bank.durableThrough = this.bank.now - CLOCK_SLACK_MS
    const { books, streams, applied, files, devices, durableThrough } = this.bank
    this.backup = structuredClone({ books, hidden: this.hidden, streams, applied, files, devices, aliases: this.aliases, durableThrough })
  }

  /** The bank loses everything since its last backup. False where there is none. */
  restore(): boolean {
    if (!this.backup) return false
    const back = structuredClone(this.backup)
    const put = <K, V>(into: Map<K, V>, from: Map<K, V>): void => {
      into.clear()
      for (const [key, value] of from) into.set(key, value)
    }
    this.bank.epoch = `epoch-${++this.lives}`
    put(this.bank.books, back.books)
    put(this.bank.streams, back.streams)
    put(this.bank.files, back.files)
    put(this.bank.devices, back.devices)
    this.bank.applied.splice(0, this.bank.applied.length, ...back.applied)
    this.bank.durableThrough = back.durableThrough
    this.hidden = back.hidden
    this.aliases = back.aliases
    for (const it of [...this.bank.books.values(), ...this.hidden.values()]) {
      this.history.set(`${this.bank.epoch}|${bookOf(it.key)}`, new Map([[it.revision, new Map(it.rows)]]))
    }
    return true
  }

  // ---- the network

  /** A phone that died answers nothing more; the next one opened is another. */
  revive(): void {
    this.dead = false
  }

  fetch = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    if (this.dead) return new Promise<Response>(() => undefined)
    const path = String(input)
    const fault = this.faults.shift() ?? 'ok'
    switch (fault) {
      case 'die_before':
        return this.die()
      case 'lost':
        throw new TypeError('network')
      case 'busy':
        return problem(503, 'try_again', { 'Retry-After': '1' })
      case 'signed_out':
        this.bank.session = false
        return problem(401, 'signed_out')
      case 'too_large':
        if (path.endsWith('/push') && (decode(init.body as Uint8Array<ArrayBuffer>) as { commands: unknown[] }).commands.length > 1) return problem(413, 'too_large')
    }
    const answer = await this.bank.fetch(input, init)
    switch (fault) {
      case 'die_after':
        return this.die()
      case 'cut':
        throw new TypeError('connection reset')
      case 'doubled':
        // A network that repeats a request gives the answer to the second one.
        return this.bank.fetch(input, init)
      case 'truncated': {
        const bytes = new Uint8Array(await answer.arrayBuffer())
        return new Response(bytes.slice(0, bytes.length >> 1), { status: answer.status, headers: answer.headers })
      }
      default:
        return answer
    }
  }

  private die(): Promise<Response> {
    this.dead = true
    this.onDeath()
    return new Promise<Response>(() => undefined)
  }
}

function household(id: string, name: string, grid: string): BankRow[] {
  return [
    { kind: 'customer', id, values: { kind: 'household', name, pinyin: 'hu', initials: 'h', grid_id: grid, address: '一组', lon: null, lat: null, owner_id: 'staff-1', phone: null, members: 1, home_book: `grid:${grid}`, created_on: '2026-01-01', status: 'active' } },
    { kind: 'file', id, values: { values: {}, open_sections: [], points: 0 } },
  ]
}

const visitRow = (id: string, customer: string, note: string): BankRow => ({
  kind: 'visit',
  id,
  values: { customer_id: customer, staff_id: 'staff-1', at: 1, note, photos: [], flags: [] },
})

const recordRow = (id: string, customer: string, label: string): BankRow => ({
  kind: 'record',
  id,
  values: { customer_id: customer, kind: 'house', label, value_fen: 1, area_m2: null, quantity: null, observed_on: '2026-11-21', source: 'collected', detail: {} },
})
