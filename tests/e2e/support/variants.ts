/** How a screen is shown, and what may be wrong with it whatever it shows. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import type { Phone } from './phone'
import type { Language } from './words'

export interface Variant {
  name: string
  width: number
  height: number
  theme: 'light' | 'dark'
  language: Language
  /** Size of the text, 1 as the phone has it from the shop. */
  scale: number
}

const SIZES = [
  { width: 390, height: 844 },
  { width: 320, height: 568 },
]
const THEMES = ['light', 'dark'] as const
const LANGUAGES = ['zh-CN', 'en'] as const

const variant = (width: number, height: number, theme: 'light' | 'dark', language: Language, scale = 1): Variant => ({
  name: `${width}-${theme}-${language.slice(0, 2)}${scale === 1 ? '' : `-${scale * 100}`}`,
  width,
  height,
  theme,
  language,
  scale,
})
/** Every combination, and large text on the smaller phone in the longer language. */
export const EVERY: Variant[] = [
  ...SIZES.flatMap(({ width, height }) => LANGUAGES.flatMap((language) => THEMES.map((theme) => variant(width, height, theme, language)))),
  variant(390, 844, 'light', 'zh-CN', 1.3),
  variant(320, 568, 'light', 'en', 1.3),
]
/** The two that differ in everything. */
export const FEW: Variant[] = [variant(390, 844, 'light', 'zh-CN'), variant(320, 568, 'dark', 'en')]

interface App {
  config: {
    globalProperties: {
      $pinia: { state: { value: { preferences?: { language: string } } } }
      $router: { currentRoute: { value: { matched: { path: string }[] } } }
    }
  }
}
type Root = (Element & { __vue_app__?: App }) | null

/** The route, as the app's table of routes writes it, of the page that is open. */
export function routeOf(page: Page): Promise<string> {
  return page.evaluate(() => (document.querySelector('#app') as Root)?.__vue_app__?.config.globalProperties.$router.currentRoute.value.matched.at(-1)?.path ?? '')
}

/** Shows the open page in a variant without loading it anew, so that what was typed and tapped stays. */
export async function show(phone: Phone, look: Variant): Promise<void> {
  const { page } = phone
  await page.setViewportSize({ width: look.width, height: look.height })
  await page.emulateMedia({ colorScheme: look.theme, reducedMotion: 'reduce' })
  await page.evaluate(
    async ({ language, scale }) => {
      const preferences = (document.querySelector('#app') as Root)?.__vue_app__?.config.globalProperties.$pinia.state.value.preferences
      if (preferences) preferences.language = language
      document.documentElement.style.fontSize = scale === 1 ? '' : `${scale * 100}%`
      await document.fonts.ready
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
    },
    { language: look.language, scale: look.scale },
  )
}

const AXE = readFileSync(fileURLToPath(new URL('../../../pwa/node_modules/axe-core/axe.min.js', import.meta.url)), 'utf8')

interface AxeResult {
  violations: { id: string; help: string; nodes: { target: unknown[]; failureSummary?: string }[] }[]
}

/** What is wrong with the screen as it stands, one line each. */
export async function faultsOf(page: Page, look: Variant): Promise<string[]> {
  const found = await page.evaluate(looksWrong, { width: look.width, chinese: look.language === 'zh-CN' })
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE)
  const { violations } = await page.evaluate(
    () => (globalThis as unknown as { axe: { run: (on: Document, how: object) => Promise<AxeResult> } }).axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }),
  )
  for (const { id, help, nodes } of violations) {
    for (const node of nodes.slice(0, 3)) found.push(`axe ${id}: ${help}: ${node.target.join(' ')}: ${(node.failureSummary ?? '').split('\n').at(-1)?.trim() ?? ''}`)
  }
  return found
}

/** Runs in the page. */
function looksWrong({ width, chinese }: { width: number; chinese: boolean }): string[] {
  const wrong: string[] = []
  const at = scrollY
  const say = (what: string, el: Element) => wrong.push(`${what}: <${el.tagName.toLowerCase()} class="${el.getAttribute('class') ?? ''}"> ${(el.textContent ?? '').trim().slice(0, 60)}`)
  if (document.documentElement.scrollWidth > width) {
    // what is drawn in a picture is cut off at its edge
    const widest = [...document.body.querySelectorAll('*:not(svg, svg *)')].reduce((most, el) => (el.getBoundingClientRect().right >= most.getBoundingClientRect().right ? el : most))
    say(`scrolls sideways: ${document.documentElement.scrollWidth} px wide`, widest)
  }
  const modal = document.querySelector('dialog[open]')
  const seen = (el: Element) => (!modal || modal.contains(el)) && !el.closest('.sr, [aria-hidden="true"]') && el.checkVisibility({ opacityProperty: true, visibilityProperty: true })
  for (const el of document.body.querySelectorAll('*')) {
    if (!seen(el)) continue
    const box = el.getBoundingClientRect()
    const words = [...el.childNodes].filter((n) => n.nodeType === Node.TEXT_NODE).map((n) => n.textContent ?? '').join(' ').trim()
    if (words) {
      const style = getComputedStyle(el)
      if (style.overflowX !== 'visible' && el.scrollWidth > el.clientWidth + 1 && style.display !== 'inline') say('text is cut', el)
      // what is marked so is written by its readers: rules and their files
      const code = !!el.closest('[translate=no]')
      // Codes are lower case with underscores or dots; in Chinese no word of small Latin letters is ours.
      if (!code && /(^|[^\w.])[a-z]+(?:[_.][a-z]+)+(?![\w@])/.test(words)) say('looks like a code', el)
      else if (!code && chinese && /(^|[^\w./@-])[a-z]{3,}/.test(words)) say('not Chinese', el)
      // a table of the desk, or a rule's text, is moved sideways in its own frame, by keys too
      if (box.width > 0 && (box.right > width + 1 || box.left < -1) && !el.closest('.van-swipe-cell__right') && !el.closest('[role=region][tabindex="0"], pre[tabindex="0"]')) say('stands out at the side', el)
    }
    if (el.matches('button, a[href], [role=button], [role=switch]') && box.width > 0 && !el.matches('[tabindex="-1"]')) {
      // what is drawn smaller may still be hit around it
      const hit = (dx: number, dy: number) => {
        el.scrollIntoView({ block: 'center' })
        const now = el.getBoundingClientRect()
        return el.contains(document.elementFromPoint(now.x + now.width / 2 + dx, now.y + now.height / 2 + dy))
      }
      const small = (Math.round(box.height) < 44 && !(hit(0, 21) && hit(0, -21))) || (Math.round(box.width) < 44 && !(hit(21, 0) && hit(-21, 0)))
      if (small) say(`too small for a thumb, ${Math.round(box.width)} × ${Math.round(box.height)}`, el)
    }
  }
  scrollTo(0, at)
  return wrong
}
