/** What the screen called saved, in a file of the driver's own: each line is on disk before the phone goes on. */
import { fsyncSync, openSync, writeSync } from 'node:fs'

export class Ledger {
  private readonly file: number

  constructor(path: string) {
    this.file = openSync(path, 'a')
  }

  write(line: Record<string, unknown>): void {
    writeSync(this.file, `${JSON.stringify(line)}\n`)
    fsyncSync(this.file)
  }
}
