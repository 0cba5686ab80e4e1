import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const SRC = fileURLToPath(new URL('..', import.meta.url))

test('no field is left to the browser, which would write what is typed into its session file', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.vue'))
  const fields = files.flatMap((name) => [...readFileSync(join(SRC, name), 'utf8').matchAll(/<(?:input|textarea)\b[^>]*>/g)].map(([tag]) => `${name}: ${tag}`))
  expect(fields.length).toBeGreaterThan(4)
  expect(fields.filter((tag) => !/autocomplete=/.test(tag))).toEqual([])
})
