/**
 * What a keystroke costs in the search over all customers on the phone: from a letter more to the list of hits, by part
 * of a name, pinyin initials, full pinyin, digits of a phone, and words of an address. The figure is the engine's answer,
 * which is all that grows with the number of customers; until the list is drawn stands in detail.
 */
import type { Engine } from '../../../pwa/src/sync/types'
import { Bank } from './bank'
import { Phone } from './phone'
import { load, option, quantile, rounded, say, type Result } from './result'
import { comeToRest } from './visitSave'

const BAR_MS = 16
const SLOWER = 4
const CUSTOMERS = 5000
const REST_MS = 40

interface Stroke {
  kind: string
  answer: number
  hits: number
}

export async function measure(args: readonly string[]): Promise<Result> {
  const people = option(args, 'people', 60)
  const bank = await Bank.open(['--households', String(CUSTOMERS), '--seed', String(option(args, 'seed', 1))])
  const phone = await Phone.on()
  try {
    const page = await phone.app(bank)
    say('first synchronisation …')
    await page.evaluate(async () => {
      const { engine } = globalThis as unknown as { engine: Engine }
      await engine.setPin('730214')
      await engine.sync()
    })
    await page.evaluate(comeToRest)
    await phone.context.setOffline(true)
    await phone.slow(page, SLOWER)
    const loads = [load()]
    const strokes = await page.evaluate(type, { people, rest: REST_MS })
    loads.push(load())
    const drawn = await page.evaluate(typeOnScreen, { people: Math.ceil(people / 4), rest: REST_MS })
    const took = strokes.map((one) => one.answer)
    const figure = rounded(quantile(took, 0.95), 2)
    const kinds = [...new Set(strokes.map((one) => one.kind))]
    return {
      bench: 'search',
      figure,
      unit: 'ms a keystroke, 95th percentile',
      bar: BAR_MS,
      holds: figure <= BAR_MS,
      detail: {
        customers: CUSTOMERS,
        slowed: SLOWER,
        keystrokes: took.length,
        p50: rounded(quantile(took, 0.5), 2),
        most: rounded(Math.max(...took), 2),
        p95_by_kind: Object.fromEntries(
          kinds.map((kind) => [kind, rounded(quantile(strokes.filter((one) => one.kind === kind).map((one) => one.answer), 0.95), 2)]),
        ),
        until_drawn: { keystrokes: drawn.length, p50: rounded(quantile(drawn, 0.5)), p95: rounded(quantile(drawn, 0.95)) },
        load: loads,
      },
    }
  } finally {
    await phone.off()
    await bank.close()
  }
}

/** Runs in the page: each keystroke of words that belong to customers spread over the list. */
export async function type({ people, rest }: { people: number; rest: number }): Promise<Stroke[]> {
  const { engine } = globalThis as unknown as { engine: Engine }
  const list = engine.customers()
  const strokes: Stroke[] = []
  const words = (entry: (typeof list)[number]): [string, string][] => [
    ['name', entry.name],
    ['initials', entry.initials],
    ['pinyin', entry.pinyin],
    ['phone', (entry.phone ?? '').replace(/\D/g, '').slice(-4)],
    ['address', entry.address.slice(0, 6)],
  ]
  for (let i = 0; i < people; i++) {
    const entry = list[Math.floor((i * list.length) / people)]
    if (!entry) throw new Error('the phone has no customers')
    for (const [kind, word] of words(entry)) {
      for (let length = 1; length <= word.length; length++) {
        await new Promise((resolve) => setTimeout(resolve, rest))
        const begin = performance.now()
        const hits = engine.search(word.slice(0, length)).length
        strokes.push({ kind, answer: performance.now() - begin, hits })
      }
    }
  }
  if (!strokes.some((one) => one.hits > 0)) throw new Error('nothing was ever found')
  return strokes
}

/** Runs in the page: the same in the search box of the customers' screen, until the list is painted. */
export async function typeOnScreen({ people, rest }: { people: number; rest: number }): Promise<number[]> {
  const { engine } = globalThis as unknown as { engine: Engine }
  history.pushState(null, '', '/customers')
  dispatchEvent(new PopStateEvent('popstate'))
  const patience = performance.now() + 20_000
  while (!document.querySelector('input[type=search]') && performance.now() < patience) await new Promise((resolve) => setTimeout(resolve, 50))
  const box = document.querySelector<HTMLInputElement>('input[type=search]')
  if (!box) throw new Error('the screen has no search box')
  const list = engine.customers()
  const took: number[] = []
  for (let i = 0; i < people; i++) {
    const word = list[Math.floor((i * list.length) / people)]?.initials ?? ''
    for (let length = 1; length <= word.length; length++) {
      await new Promise((resolve) => setTimeout(resolve, rest))
      const begin = performance.now()
      box.value = word.slice(0, length)
      box.dispatchEvent(new InputEvent('input', { bubbles: true }))
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
      took.push(performance.now() - begin)
    }
  }
  return took
}
