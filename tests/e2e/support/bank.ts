/** A whole bank for one test file: `tiange up` with a small demo county, on a home of its own. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect } from 'vitest'
import { type Child, findProcesses, runs, worksIn } from './children'
import { copyCounty, launch, type Login, loginsOf, READY } from './county'
import { Helper } from './helper'
import { freePort, Network } from './network'
import { python, ROOT, result, until } from './places'

export type Part = 'web' | 'worker' | 'postgres' | 'valkey'

export class Bank {
  readonly logins = new Map<string, Login>()
  private up: Child | null = null

  private constructor(
    readonly home: string,
    private readonly port: number,
    readonly helper: Helper,
    readonly network: Network,
    private readonly host: string,
  ) {}

  /** Starts it on a copy of the county. Only a `host` with a name has fingerprint or face. */
  static async open(host = '127.0.0.1'): Promise<Bank> {
    const home = mkdtempSync(join(tmpdir(), 'tiange-e2e-'))
    copyCounty(home)
    const port = await freePort()
    const bank = new Bank(home, port, await Helper.start(home), await Network.start(port), host)
    for (const login of loginsOf(home)) bank.logins.set(login.role, login)
    try {
      await bank.start()
      await bank.stayAwake()
      await bank.allowHaste()
    } catch (error) {
      await bank.close()
      throw error
    }
    return bank
  }

  /** Where phones find it: through the network that a test can cut. */
  get url(): string {
    return `http://${this.host}:${this.network.port}`
  }

  /** `tiange up`, until it says that it is ready. */
  async start(): Promise<void> {
    const env = {
      TIANGE_PUBLIC_URL: this.url,
      TIANGE_CLOCK_FILE: join(this.home, 'clock-offset'),
      TIANGE_PUSH_TEST_HOSTS: this.helper.host,
    }
    const up = launch(this.home, this.port, env)
    this.up = up
    await until(
      'tiange up is ready',
      () => {
        up.mustRun()
        return up.output.includes(READY)
      },
      120,
    )
  }

  /** A figure of the bank's own, in force from today: dated policy is data, not code. */
  async policy(key: string, value: unknown): Promise<void> {
    await this.helper.sql(
      `INSERT INTO policy_figure (key, valid_from, value, source, on_phone)
       SELECT key, current_date, $2::jsonb, 'browser tests', on_phone FROM policy_figure WHERE key = $1 ORDER BY valid_from DESC LIMIT 1
       ON CONFLICT (key, valid_from) DO UPDATE SET value = excluded.value`,
      key,
      value,
    )
  }

  /** The quiet hours lie far from now and from the digest, whatever the time is where this runs. */
  private async stayAwake(): Promise<void> {
    const hour = new Date(Date.now() + 8 * 3_600_000).getUTCHours() // Shanghai
    const quiet = [1, 12, 18].find((from) => (from - hour + 24) % 24 > 2 && (hour - from + 24) % 24 > 2) ?? 1
    await this.policy('notify_quiet_from', `${String(quiet).padStart(2, '0')}:00`)
    await this.policy('notify_quiet_to', `${String(quiet).padStart(2, '0')}:30`)
  }

  /** Visits of a test follow one another in seconds, which is no reason to look twice at each. */
  private async allowHaste(): Promise<void> {
    await this.speedLimit(1_000_000)
    await this.policy('visit_burst_count', 1_000)
  }

  /** Faster from one visit to the next, in km/h, looks odd. */
  speedLimit(kmh: number): Promise<void> {
    return this.policy('visit_speed_limit_kmh', kmh)
  }

  login(role: string): Login {
    const found = this.logins.get(role)
    if (!found) throw new Error(`no demo login was shown for ${role}`)
    return found
  }

  /** Moves the server's and the worker's clock, in seconds from the machine's. */
  moveClock(seconds: number): void {
    const file = join(this.home, 'clock-offset')
    writeFileSync(`${file}.new`, String(seconds))
    renameSync(`${file}.new`, file)
  }

  /** Runs `tiange` on this bank's home, as its operator does; gives what it printed. */
  tiange(...args: string[]): string {
    const env = { ...process.env, TIANGE_HOME: this.home, TIANGE_ENVIRONMENT: 'test', TIANGE_DEMO_MODE: 'true', COLUMNS: '200' }
    return execFileSync(python(), ['-m', 'backend.app.cli', ...args], { cwd: ROOT, env, encoding: 'utf8' })
  }

  /** The process number of one part. */
  pid(part: Part): number {
    if (part !== 'valkey') return this.recorded(part)
    // it names itself after its socket, so it is known by the folder it works in
    const [found = 0] = findProcesses((args, pid) => (args[0] ?? '').includes('valkey-server') && worksIn(pid, join(this.home, 'valkey')))
    return found
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

  /** Another build of the app in place of the served one, as an operator brings it in: its files, then a new start. */
  async serve(app: string): Promise<void> {
    const served = join(this.home, 'static')
    rmSync(served, { recursive: true })
    cpSync(app, served, { recursive: true })
    await this.kill('web')
    await this.ready()
  }

  /** kill -9 of `tiange up` itself. */
  async killLauncher(): Promise<void> {
    await this.up?.stop('SIGKILL')
  }

  /** Answers requests again. */
  async ready(): Promise<void> {
    await until('the server is ready', async () => (await fetch(`http://127.0.0.1:${this.port}/readyz`)).ok, 120)
  }

  async close(): Promise<void> {
    await this.up?.stop('SIGTERM')
    // another file's bank ends beside this one
    const of = basename(expect.getState().testPath ?? '').split('.')[0] ?? ''
    writeFileSync(result(`logs/${of}-up.log`), this.up?.output ?? '')
    for (const name of ['web', 'worker', 'postgres']) {
      const log = join(this.home, 'logs', `${name}.log`)
      if (existsSync(log)) writeFileSync(result(`logs/${of}-${name}.log`), readFileSync(log))
    }
    await this.network.stop()
    await this.helper.stop()
    rmSync(this.home, { recursive: true, force: true })
  }
}
