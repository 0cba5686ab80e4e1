/** Processes of a test: started with their output kept, ended with the test. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export class Child {
  output = ''
  private readonly process: ChildProcess

  constructor(
    readonly name: string,
    command: string,
    args: string[],
    options: { cwd: string; env?: NodeJS.ProcessEnv },
  ) {
    this.process = spawn(command, args, { ...options, env: { ...process.env, ...options.env }, stdio: ['pipe', 'pipe', 'pipe'] })
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.setEncoding('utf8')
      stream?.on('data', (text: string) => (this.output += text))
    }
  }

  get pid(): number {
    return this.process.pid ?? 0
  }

  get ended(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null
  }

  /** Throws if it has ended, with the end of what it said. */
  mustRun(): void {
    if (this.ended) throw new Error(`${this.name} has ended:\n${this.output.slice(-4000)}`)
  }

  /** Sends a signal and waits for the end; SIGKILL after `patience` seconds. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', patience = 40): Promise<void> {
    if (this.ended) return
    const end = new Promise<void>((resolve) => this.process.once('exit', () => resolve()))
    this.process.kill(signal)
    const impatient = setTimeout(() => this.process.kill('SIGKILL'), patience * 1000)
    await end
    clearTimeout(impatient)
  }
}

/** Numbers of the processes whose arguments hold for `wanted`. */
export function findProcesses(wanted: (args: string[], pid: number) => boolean): number[] {
  const found: number[] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const args = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0')
      if (wanted(args, Number(name))) found.push(Number(name))
    } catch {
      continue // it ended while we looked
    }
  }
  return found
}

/** True while the process is there and not only waiting to be collected. */
export function runs(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z'
  } catch {
    return false
  }
}

/** True if the process's working folder is `folder`. */
export function worksIn(pid: number, folder: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder
  } catch {
    return false
  }
}
