/** The peers as scripts for a page. */
import { existsSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { build } from './packages'
import { say } from './result'

const HOME = fileURLToPath(new URL('..', import.meta.url))

const NEEDED = ['pouchdb-browser', 'events', 'rxdb', 'rxjs']

/** Puts `PouchDB` and `RxDB` (see rxdb.mjs) into the page's globals. Installs the benches' own packages where they are missing. */
export async function peerScript(): Promise<string> {
  if (NEEDED.some((name) => !existsSync(`${HOME}node_modules/${name}`))) {
    say("installing the benches' packages …")
    execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: HOME, stdio: ['ignore', 'ignore', 'inherit'] })
  }
  const pouch = await script('PouchDB', `${HOME}node_modules/pouchdb-browser/lib/index.es.js`)
  const rx = await script('RxDB', `${HOME}support/rxdb.mjs`)
  return `${pouch};globalThis.PouchDB = PouchDB.default ?? PouchDB;${rx};globalThis.RxDB = RxDB`
}

async function script(name: string, entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    root: HOME,
    logLevel: 'error',
    resolve: { alias: { events: `${HOME}node_modules/events/events.js` } },
    define: { global: 'globalThis', 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      lib: { entry, formats: ['iife'], name },
    },
  })
  const [bundle] = Array.isArray(built) ? built : [built]
  if (!bundle || !('output' in bundle)) throw new Error(`${name} was not built`)
  return bundle.output[0].code
}
