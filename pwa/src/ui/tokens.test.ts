import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8')

/** The declarations of the block that opens with `selector`. */
function block(selector: string): Record<string, string> {
  const from = css.indexOf(selector)
  const body = css.slice(css.indexOf('{', from) + 1, css.indexOf('}', from))
  return Object.fromEntries([...body.matchAll(/(--?[\w-]+):\s*([^;]+);/g)].map((m) => [m[1] as string, m[2] as string]))
}

function luminance(hex: string): number {
  const part = (i: number) => {
    const v = parseInt(hex.slice(i, i + 2), 16) / 255
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)].sort((m, n) => n - m) as [number, number]
  return (x + 0.05) / (y + 0.05)
}

const light = block(':root {')
const chosen = block(":root[data-theme='dark']")
const followed = block(":root:not([data-theme='light'])")
const dark = { ...light, ...chosen }

test('dark is the same whether chosen or followed', () => {
  expect(Object.keys(chosen).length).toBeGreaterThan(20)
  expect(followed).toEqual(chosen)
})

const pairs: [string, string][] = [
  ['--ink', '--card'], ['--ink2', '--card'], ['--ink2', '--bg'], ['--ink3', '--card'], ['--ink3', '--fill'],
  ['--green-ink', '--card'], ['--green-ink', '--green-tint'], ['--on-gold', '--gold'], ['--gold-ink', '--card'],
  ['--gold-ink', '--gold-tint'], ['--red', '--card'], ['--red', '--red-tint'], ['--on-head', '--head'], ['--on-head2', '--head'],
  ['--on-head2', '--head2'], ['--on-head', '--green'], ['--on-head', '--green-press'], ['--on-head', '--head-key'],
  ['--on-head', '--head-chip'], ['--ink3', '--bg'], ['--gold-ink', '--bg'], ['--green-ink', '--bg'], ['--ink2', '--fill'],
]
test.each(pairs)('%s reads on %s in light and dark', (text, ground) => {
  expect(contrast(light[text] as string, light[ground] as string)).toBeGreaterThanOrEqual(4.5)
  expect(contrast(dark[text] as string, dark[ground] as string)).toBeGreaterThanOrEqual(4.5)
})
