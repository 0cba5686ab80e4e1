/** A whole bank for one test file: `tiange up` with a small demo county, on a home of its own. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child, findProcesses, runs } from './children'
import { Helper } from './helper'
import { freePort, Network } from './network'
import { python, ROOT, result, until } from './places'

export interface Login {
  login: string
  password: string
  role: string
}

export type Part = 'web' | 'worker' | 'postgres' | 'valkey'

export class Bank {
  readonly logins = new Map<string, Login>()
  private up: Child | null = null

  private constructor(
    readonly home: string,
    private readonly port: number,
    readonly helper: Helper,
    readonly network: Network,
  ) {}

  /** Starts it; `customers`: size of the county. */
  static async open(customers = 400): Promise<Bank> {
    // as root the servers run as somebody else, who must be able to enter
    const home = mkdtempSync(join(tmpdir(), 'tiange-e2e-'))
    chmodSync(home, 0o755)
    const port = await freePort()
    const bank = new Bank(home, port, await Helper.start(home), await Network.start(port))
    try {
      await bank.start(customers)
    } catch (error) {
      await bank.close()
      throw error
    }
    return bank
  }

  /** Where phones find it: through the network that a test can cut. */
  get url(): string {
    return `http://127.0.0.1:${this.network.port}`
  }

  /** `tiange up`, the first time with the county. */
  async start(customers = 400): Promise<void> {
    const env = {
      TIANGE_ENVIRONMENT: 'test',
      TIANGE_DEMO_MODE: 'true',
      TIANGE_HOME: this.home,
      TIANGE_PUBLIC_URL: this.url,
      TIANGE_CLOCK_FILE: join(this.home, 'clock-offset'),
      TIANGE_PUSH_TEST_HOSTS: this.helper.host,
      COLUMNS: '200',
    }
    const args = ['-m', 'backend.app.cli', 'up', '--demo', '--customers', String(customers), '--seed', '7', '--port', String(this.port)]
    const up = new Child('tiange up', python(), args, { cwd: ROOT, env })
    this.up = up
    await until(
      'tiange up is ready',
      () => {
        up.mustRun()
        return up.output.includes('Tiange is ready')
      },
      240,
    )
    for (const [, login = '', password = '', role = ''] of up.output.matchAll(/^ *([a-z]+\d\d) +(\w{4}-\w{4}-\w{4}) +(\w+)/gm)) {
      this.logins.set(role, { login, password, role })
    }
  }

  login(role: string): Login {
    const found = this.logins.get(role)
    if (!found) throw new Error(`no demo login was shown for ${role}:\n${this.up?.output.slice(-3000)}`)
    return found
  }

  /** Moves the server's and the worker's clock, in seconds from the machine's. */
  moveClock(seconds: number): void {
    const file = join(this.home, 'clock-offset')
    writeFileSync(`${file}.new`, String(seconds))
    renameSync(`${file}.new`, file)
  }

  /** The process number of one part. */
  pid(part: Part): number {
    const [found = 0] = findProcesses((args) => {
      if (part === 'postgres') return args.includes('-D') && args.includes(join(this.home, 'postgres'))
      if (part === 'valkey') return (args[0] ?? '').endsWith('valkey-server') && args.some((one) => one.includes(this.home))
      return false
    })
    if (part === 'postgres' || part === 'valkey') return found || this.recorded(part)
    return this.recorded(part)
  }

  private recorded(part: Part): number {
    if (part === 'postgres') {
      const file = join(this.home, 'postgres', 'postmaster.pid')
      return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0
    }
    const file = join(this.home, 'run', `${part}.json`)
    if (!existsSync(file)) return 0
    return (JSON.parse(readFileSync(file, 'utf8')) as { pid: number }).pid
  }

  /** kill -9 of one part; waits until another one stands in its place. */
  async kill(part: Part): Promise<void> {
    const before = this.pid(part)
    if (!before || !runs(before)) throw new Error(`no ${part} to kill`)
    process.kill(before, 'SIGKILL')
    await until(`another ${part} runs`, () => {
      const now = this.pid(part)
      return now !== 0 && now !== before && runs(now)
    })
  }

  /** kill -9 of `tiange up` itself. */
  async killLauncher(): Promise<void> {
    await this.up?.stop('SIGKILL')
  }

  /** Answers requests again. */
  async ready(): Promise<void> {
    await until('the server is ready', async () => (await fetch(`http://127.0.0.1:${this.port}/readyz`)).ok)
  }

  async close(): Promise<void> {
    await this.up?.stop('SIGTERM')
    writeFileSync(result('tiange-up.log'), this.up?.output ?? '')
    for (const name of ['web', 'worker', 'postgres']) {
      const log = join(this.home, 'logs', `${name}.log`)
      if (existsSync(log)) writeFileSync(result(`${name}.log`), readFileSync(log))
    }
    await this.network.stop()
    await this.helper.stop()
    rmSync(this.home, { recursive: true, force: true })
  }
}
