/** A bank for a bench: its own home, a manager with many households, the app built from the sources, `tiange up`. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { Child } from '../../../tests/e2e/support/children'
import { READY } from '../../../tests/e2e/support/county'
import { freePort } from '../../../tests/e2e/support/network'
import { python, ROOT, until } from '../../../tests/e2e/support/places'
import { say } from './result'

export interface County {
  login: string
  password: string
  /** How many rows of each kind lie in the manager's grids. */
  counts: Record<string, number>
}

export class Bank {
  private constructor(
    readonly folder: string,
    readonly url: string,
    readonly county: County,
    private readonly up: Child,
  ) {}

  /** `county`: what is asked of county.py; `documents` names the file below `folder` for them. */
  static async open(county: readonly string[], documents?: string): Promise<Bank> {
    const folder = mkdtempSync(join(tmpdir(), 'tiange-bench-'))
    // as root the database runs as somebody else, who must be able to enter
    chmodSync(folder, 0o755)
    const port = await freePort()
    const env = {
      TIANGE_ENVIRONMENT: 'test',
      TIANGE_DEMO_MODE: 'true',
      TIANGE_HOME: join(folder, 'home'),
      TIANGE_STATIC_DIR: join(folder, 'app'),
      TIANGE_PUBLIC_URL: `http://127.0.0.1:${port}`,
      COLUMNS: '200',
    }
    say('building the app …')
    const app = join(ROOT, 'pwa')
    const vite = join(app, 'node_modules/vite/bin/vite.js')
    // vite's runner, which loaded this program, says "development" from then on: the app would be built with Vue's checks
    const asShipped = { ...process.env, NODE_ENV: 'production' }
    execFileSync(process.execPath, [vite, 'build', '--outDir', relative(app, join(folder, 'app')), '--emptyOutDir'], { cwd: app, env: asShipped, stdio: 'ignore' })
    say('making the county …')
    const args = [join(ROOT, 'scripts/benches/support/county.py'), ...county]
    if (documents) args.push('--documents', join(folder, documents))
    const made = execFileSync(python(), args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
    const lines = made.toString().trim().split('\n')
    const found = JSON.parse(lines.at(-1) ?? '') as County
    say('starting the bank …')
    const up = new Child('tiange up', python(), ['-m', 'backend.app.cli', 'up', '--port', String(port)], { cwd: ROOT, env })
    await until(
      'tiange up is ready',
      () => {
        up.mustRun()
        return up.output.includes(READY)
      },
      120,
    )
    return new Bank(folder, `http://127.0.0.1:${port}`, found, up)
  }

  async close(): Promise<void> {
    await this.up.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
