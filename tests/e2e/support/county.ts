/** A small demo county: made once, before the first test file, and copied for the bank of each. */
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { Child } from './children'
import { freePort } from './network'
import { python, ROOT, until } from './places'

export interface Login {
  login: string
  password: string
  role: string
}

const LOGINS = 'e2e-logins.json'
const CUSTOMERS = 400

/** Of the last line that `tiange up` says once it is ready: what it says before, the logins too, is there by then. */
export const READY = 'Ctrl-C stops it'

/** `tiange up` on a home of its own. */
export function launch(home: string, port: number, env: NodeJS.ProcessEnv): Child {
  const args = ['-m', 'backend.app.cli', 'up', '--demo', '--customers', String(CUSTOMERS), '--seed', '7', '--port', String(port)]
  // a copy: a build that runs meanwhile takes files away from under open phones
  const app = join(home, 'static')
  if (!existsSync(app)) cpSync(join(ROOT, 'pwa', 'dist'), app, { recursive: true })
  const fixed = { TIANGE_STATIC_DIR: app, TIANGE_ENVIRONMENT: 'test', TIANGE_DEMO_MODE: 'true', TIANGE_HOME: home, COLUMNS: '200' }
  return new Child('tiange up', python(), args, { cwd: ROOT, env: { ...fixed, ...env } })
}

/** The demo logins of a county, one for each role. */
export function loginsOf(home: string): Login[] {
  return JSON.parse(readFileSync(join(home, LOGINS), 'utf8')) as Login[]
}

/** Puts a copy of the county of this run into `home`. */
export function copyCounty(home: string): void {
  const template = process.env['TIANGE_E2E_TEMPLATE']
  if (!template) throw new Error('run with tests/e2e/vitest.config.mjs')
  // as root the servers run as somebody else, who must be able to enter
  chmodSync(home, 0o755)
  // cp keeps the owners, which Node's own copying does not
  execFileSync('cp', ['-a', `${template}/.`, home])
}

/** Vitest runs this before the first test file. A county that is there already is taken. */
export default async function makeCounty({ config }: TestProject): Promise<void> {
  const template = config.env['TIANGE_E2E_TEMPLATE'] as string
  if (existsSync(join(template, LOGINS))) return
  mkdirSync(template, { recursive: true })
  chmodSync(template, 0o755)
  const up = launch(template, await freePort(), {})
  await until(
    'the county is made',
    () => {
      up.mustRun()
      return up.output.includes(READY)
    },
    280,
  )
  const found: Login[] = []
  for (const [, login = '', password = '', role = ''] of up.output.matchAll(/^ *([a-z]+\d\d) +(\w{4}-\w{4}-\w{4}) +(\w+)/gm)) {
    found.push({ login, password, role })
  }
  await up.stop()
  rmSync(join(template, 'static'), { recursive: true })
  // each bank finds a port of its own: two that begin together would both take the one that this one had
  rmSync(join(template, 'postgres.port'))
  writeFileSync(join(template, LOGINS), JSON.stringify(found))
}
