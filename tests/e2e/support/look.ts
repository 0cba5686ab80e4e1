/** Looks at a screen: what axe finds, whether it scrolls sideways, and a picture. */
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Phone } from './phone'
import { result } from './places'

export interface Variant {
  theme: 'light' | 'dark'
  width: 390 | 320 | 1440
}

const SIZES = { 390: { width: 390, height: 844 }, 320: { width: 320, height: 568 }, 1440: { width: 1440, height: 900 } }
const TALLEST = 12_000
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** Sets theme and size, lets what moves come to rest. */
export async function dress(page: Page, variant: Variant): Promise<void> {
  await page.setViewportSize(SIZES[variant.width])
  await page.evaluate(async (theme) => {
    document.documentElement.dataset['theme'] = theme
    await document.fonts.ready
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
    await Promise.allSettled(document.getAnimations().map((one) => one.finished))
  }, variant.theme)
}

/**
 * What is wrong with the screen as it stands, one line each; keeps a picture. Looked at on a screen as tall as the page:
 * there no bar covers half a row, which axe would take for a target that is too small.
 */
export async function faults(page: Page, name: string): Promise<string[]> {
  const size = page.viewportSize() ?? SIZES[390]
  await stretch(page, size)
  await page.screenshot({ path: result(`${name}.png`), animations: 'disabled' })
  await page.evaluate(axe.source)
  const found = await page.evaluate(async (rules) => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(document, { runOnly: rules })
    return violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(' ')}: ${node.failureSummary ?? ''}`))
  }, RULES)
  const wide = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    return scrollWidth > clientWidth ? `scrolls sideways: ${scrollWidth} px on ${clientWidth}` : ''
  })
  await page.setViewportSize(size)
  return wide ? [...found, wide] : found
}

const PHONES: readonly Variant[] = [{ theme: 'light', width: 390 }, { theme: 'dark', width: 320 }]
/** Of pages that are worked on at a desk; the first is how they are left. */
export const DESK: readonly Variant[] = [{ theme: 'light', width: 1440 }, { theme: 'dark', width: 1440 }, ...PHONES]

/** A check that nothing is wrong with a phone's screen as it stands, on the usual phone and on a small dark one; pictures go to `folder`. */
export function soundIn(folder: string, variants = PHONES): (phone: Phone, name: string) => Promise<void> {
  return async ({ page }, name) => {
    const found: string[] = []
    for (const variant of variants) {
      await dress(page, variant)
      for (const one of await faults(page, `${folder}/${name}-${variant.width}-${variant.theme}`)) found.push(`${variant.width} ${variant.theme} ${one}`)
    }
    const [usual] = variants
    if (usual) await dress(page, usual)
    expect(found).toEqual([])
  }
}

/** Makes the screen as tall as the page, which may grow as more of a list comes into view. */
async function stretch(page: Page, size: { width: number; height: number }): Promise<void> {
  let height = size.height
  for (;;) {
    const tall = await page.evaluate(() => document.documentElement.scrollHeight)
    if (tall <= height || height >= TALLEST) return
    height = Math.min(tall, TALLEST)
    await page.setViewportSize({ width: size.width, height })
    await page.waitForTimeout(300)
  }
}
