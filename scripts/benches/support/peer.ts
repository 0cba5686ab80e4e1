/** PouchDB as one script for a page. */
import { existsSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { build } from './packages'
import { say } from './result'

const HOME = fileURLToPath(new URL('..', import.meta.url))

/** Puts `PouchDB` into the page's globals. Installs the benches' own packages where they are missing. */
export async function peerScript(): Promise<string> {
  if (!existsSync(`${HOME}node_modules/pouchdb-browser`) || !existsSync(`${HOME}node_modules/events`)) {
    say("installing the benches' packages …")
    execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: HOME, stdio: ['ignore', 'ignore', 'inherit'] })
  }
  const built = await build({
    configFile: false,
    root: HOME,
    logLevel: 'error',
    resolve: { alias: { events: `${HOME}node_modules/events/events.js` } },
    define: { global: 'globalThis', 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      lib: { entry: `${HOME}node_modules/pouchdb-browser/lib/index.es.js`, formats: ['iife'], name: 'PouchDB' },
    },
  })
  const [bundle] = Array.isArray(built) ? built : [built]
  if (!bundle || !('output' in bundle)) throw new Error('PouchDB was not built')
  return `${bundle.output[0].code};globalThis.PouchDB = PouchDB.default ?? PouchDB`
}
