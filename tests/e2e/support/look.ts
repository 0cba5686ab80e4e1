/** Looks at a screen: what axe finds, whether it scrolls sideways, and a picture. */
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { result } from './places'

export interface Variant {
  theme: 'light' | 'dark'
  width: 390 | 320
}

const SIZES = { 390: { width: 390, height: 844 }, 320: { width: 320, height: 568 } }
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

/** What is wrong with the screen as it stands, one line each. */
export async function faults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const found = await page.evaluate(async (rules) => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(document, { runOnly: rules })
    return violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(' ')}: ${node.failureSummary ?? ''}`))
  }, RULES)
  const wide = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    return scrollWidth > clientWidth ? `scrolls sideways: ${scrollWidth} px on ${clientWidth}` : ''
  })
  return wide ? [...found, wide] : found
}

/** A picture of the whole page among the results. */
export async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: result(`${name}.png`), fullPage: true, animations: 'disabled' })
}
