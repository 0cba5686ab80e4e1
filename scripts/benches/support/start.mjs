// Runs a bench that is written in TypeScript beside this file, with the app's own packages.
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const app = fileURLToPath(new URL('../../../pwa/', import.meta.url))

/** Runs `measure(options)` of a module here and prints its result as the bench's last line. */
export async function start(name) {
  const { runnerImport } = createRequire(`${app}package.json`)('vite')
  const { module } = await runnerImport(`${here}${name}.ts`, {
    root: here,
    configFile: false,
    cacheDir: `${app}node_modules/.vite-benches`,
    logLevel: 'error',
  })
  const result = await module.measure(process.argv.slice(2))
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
}
