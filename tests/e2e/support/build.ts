/** Builds of the app: what an operator brings in as a new release. */
import { execFileSync } from 'node:child_process'
import { join, relative } from 'node:path'
import { ROOT } from './places'

const PWA = join(ROOT, 'pwa')

/** Builds the app that lies here as another version, into `folder`. */
export function buildAs(version: string, folder: string): void {
  const given = { define: { __APP_VERSION__: JSON.stringify(version) }, build: { outDir: relative(PWA, folder), emptyOutDir: true }, logLevel: 'error' }
  const code = `import { build } from 'vite'; await build(${JSON.stringify(given)})`
  execFileSync(process.execPath, ['--input-type=module', '--eval', code], { cwd: PWA, stdio: 'pipe', env: { ...process.env, NODE_ENV: 'production' } })
}
