/**
 * How long a person waits in the morning, without a network: from the moment the PIN has given the data key to a Today
 * list that is drawn and can be tapped. Everything in between counts: the day at a glance opened and held against what
 * lies on the phone, the list made and painted. The PIN's own derivation does not: it is slow on purpose (`pin_ms` in
 * detail). In detail also: until all rows are unpacked behind the list (`whole_ms`), and from a tap on the first
 * household, made the moment it is drawn, to its page (`tap_ms`): the longest that a tap ever waits for the rest.
 */
import type { Page } from 'playwright-core'
import type { Engine } from '../../../pwa/src/sync/types'
import { Bank } from './bank'
import { Phone } from './phone'
import { load, median, option, quantile, rounded, say, type Result } from './result'
import { comeToRest } from './visitSave'

const BAR_MS = 800
const SLOWER = 4
/** Of the demo county's making; each brings some fourteen records. */
const HOUSEHOLDS = 7000
const PIN = '730214'
const GLANCE_MS = 6000

interface Opened {
  list: number
  pin: number
  stops: number
  /** All rows are there. */
  whole: number
  /** From a tap on the first household to its page. */
  tap: number
}

export async function measure(args: readonly string[]): Promise<Result> {
  const rounds = option(args, 'rounds', 9)
  const households = option(args, 'households', HOUSEHOLDS)
  const bank = await Bank.open(['--households', String(households), '--seed', String(option(args, 'seed', 1))])
  const phone = await Phone.on()
  try {
    const page = await phone.app(bank)
    say('first synchronisation …')
    await page.evaluate(async (pin) => {
      const { engine } = globalThis as unknown as { engine: Engine }
      await engine.setPin(pin)
      // on a busy machine a request may fail: it is asked again, as the app does
      for (let attempt = 0; attempt < 10 && engine.tasks().length === 0; attempt++) await engine.sync()
      if (engine.tasks().length === 0) throw new Error(`the phone has no tasks: ${JSON.stringify(engine.status())}`)
    }, PIN)
    await page.evaluate(comeToRest)
    // in a quiet moment the phone keeps the day at a glance
    await page.waitForTimeout(GLANCE_MS)
    await phone.context.setOffline(true)
    await page.addInitScript(noteKeys)
    const opened: Opened[] = []
    const loads: number[] = []
    for (let round = 0; round < rounds; round++) {
      loads.push(load())
      opened.push(await open(phone, page, SLOWER))
      say(`round ${round + 1}: ${JSON.stringify(opened.at(-1))}`)
    }
    const full = await open(phone, page, 1)
    // the last one: it leaves the list
    const tapped = await open(phone, page, SLOWER, true)
    const lists = opened.map((one) => one.list)
    const figure = rounded(median(lists), 0)
    const counts = bank.county.counts
    return {
      bench: 'cold_open',
      figure,
      unit: 'ms, median',
      bar: BAR_MS,
      holds: figure <= BAR_MS,
      detail: {
        slowed: SLOWER,
        rounds,
        customers: counts['customer'],
        rows_on_phone: Object.values(counts).reduce((sum, count) => sum + count, 0),
        stops_shown: opened[0]?.stops,
        all_ms: lists.map((ms) => rounded(ms, 0)),
        p95: rounded(quantile(lists, 0.95), 0),
        pin_ms: rounded(median(opened.map((one) => one.pin)), 0),
        whole_ms: rounded(median(opened.map((one) => one.whole)), 0),
        tap_ms: rounded(tapped.tap, 0),
        full_speed_ms: rounded(full.list, 0),
        full_speed_whole_ms: rounded(full.whole, 0),
        load: loads,
      },
    }
  } finally {
    await phone.off()
    await bank.close()
  }
}

async function open(phone: Phone, page: Page, slower: number, tap = false): Promise<Opened> {
  await phone.slow(page, 1)
  await page.reload({ waitUntil: 'load' })
  await page.waitForFunction(() => '__vue_app__' in (document.querySelector('#app') ?? {}))
  await page.evaluate(comeToRest)
  await phone.slow(page, slower)
  return page.evaluate(unlock, { pin: PIN, tap })
}

/** Runs before the app: notes when keys for the phone's own data were taken in: what the PIN gives, then the data key. */
export function noteKeys(): void {
  const marked = globalThis as unknown as { keysAt: number[] }
  marked.keysAt = []
  const original = crypto.subtle.importKey.bind(crypto.subtle) as (...given: unknown[]) => Promise<CryptoKey>
  crypto.subtle.importKey = ((...given: unknown[]) => {
    if ((given[2] as { name?: string }).name === 'AES-GCM') marked.keysAt.push(performance.now())
    return original(...given)
  }) as typeof crypto.subtle.importKey
}

/** Runs in the page, which shows the lock. */
export async function unlock({ pin, tap }: { pin: string; tap: boolean }): Promise<Opened> {
  type Mounted = Element & { __vue_app__: { config: { globalProperties: { $pinia: { _s: Map<string, { use(): Engine }> } } } } }
  const engine = (document.querySelector('#app') as Mounted).__vue_app__.config.globalProperties.$pinia._s.get('engine')?.use()
  if (!engine) throw new Error('the app has no engine')
  const drawn = new Promise<number>((resolve, reject) => {
    const patience = setTimeout(() => reject(new Error('no list within a minute')), 60_000)
    const look = (): void => {
      const first = document.querySelector<HTMLElement>('a.row')
      // drawn with its size, and the next frame has begun: it can be tapped
      if (first && first.getBoundingClientRect().height > 0) {
        clearTimeout(patience)
        requestAnimationFrame(() => {
          resolve(performance.now())
          if (tap) first.click()
        })
      } else requestAnimationFrame(look)
    }
    look()
  })
  const begin = performance.now()
  const whole = engine.unlock(pin).then((said) => {
    if (said !== 'ok') throw new Error(`unlock said ${String(said)}`)
    return performance.now()
  })
  const [rowsAt, drawnAt] = await Promise.all([whole, drawn])
  const stops = document.querySelectorAll('a.row').length
  let opened = NaN
  while (tap && Number.isNaN(opened)) {
    await new Promise(requestAnimationFrame)
    if (performance.now() - drawnAt > 60_000) throw new Error('no page within a minute')
    if (location.pathname.startsWith('/customers/') && document.querySelector('#history')) opened = performance.now()
  }
  const keyAt = (globalThis as unknown as { keysAt: number[] }).keysAt[1] ?? NaN
  return { list: drawnAt - keyAt, pin: keyAt - begin, stops, whole: rowsAt - keyAt, tap: opened - drawnAt }
}
