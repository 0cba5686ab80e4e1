/** Where things lie, and what the environment says about Python and the browser. */
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
export const RESULTS = process.env['TIANGE_E2E_RESULTS'] ?? `${ROOT}test-results/e2e`

/** The Python that has the product installed: ./scripts/test says which. */
export function python(): string {
  const given = process.env['TIANGE_DEV_PYTHON'] ?? `${ROOT}.venv/bin/python`
  if (!existsSync(given)) throw new Error(`There is no ${given}. Run ./scripts/test, which makes it`)
  return given
}

/** A Chromium. */
export function browser(): string {
  const found = [process.env['TIANGE_BROWSER'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
    (path) => path && existsSync(path),
  )
  if (!found) throw new Error('There is no Chromium here. Run: sudo apt install chromium fonts-noto-cjk')
  return found
}

/** A file among the results, in a folder that exists. */
export function result(name: string): string {
  const path = join(RESULTS, name)
  mkdirSync(dirname(path), { recursive: true })
  return path
}

/** Asks until the answer is true (or not empty), else throws with what was last seen. */
export async function until<T>(what: string, ask: () => Promise<T> | T, seconds = 60, every = 100): Promise<NonNullable<T>> {
  const deadline = Date.now() + seconds * 1000
  let last: unknown
  for (;;) {
    try {
      const answer = await ask()
      if (answer) return answer
      last = answer
    } catch (error) {
      last = error
    }
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}; last seen: ${String(last)}`)
    await new Promise((resolve) => setTimeout(resolve, every))
  }
}
