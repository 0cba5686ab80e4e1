/**
 * How long a person waits in the morning, without a network: from the moment the PIN has given the data key to a Today
 * list that is drawn and can be tapped. Everything in between counts: chunks read, decrypted, unpacked, the outbox laid
 * over them, the list made and painted. The PIN's own derivation does not: it is slow on purpose (`pin_ms` in detail).
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

interface Opened {
  list: number
  pin: number
  stops: number
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
        full_speed_ms: rounded(full.list, 0),
        load: loads,
      },
    }
  } finally {
    await phone.off()
    await bank.close()
  }
}

async function open(phone: Phone, page: Page, slower: number): Promise<Opened> {
  await phone.slow(page, 1)
  await page.reload({ waitUntil: 'load' })
  await page.waitForFunction(() => '__vue_app__' in (document.querySelector('#app') ?? {}))
  await page.evaluate(comeToRest)
  await phone.slow(page, slower)
  return page.evaluate(unlock, PIN)
}

/** Runs before the app: notes when a data key was taken in. */
export function noteKeys(): void {
  const marked = globalThis as unknown as { keyAt: number }
  const original = crypto.subtle.importKey.bind(crypto.subtle) as (...given: unknown[]) => Promise<CryptoKey>
  crypto.subtle.importKey = ((...given: unknown[]) => {
    marked.keyAt = performance.now()
    return original(...given)
  }) as typeof crypto.subtle.importKey
}

/** Runs in the page, which shows the lock. */
export async function unlock(pin: string): Promise<Opened> {
  type Mounted = Element & { __vue_app__: { config: { globalProperties: { $pinia: { _s: Map<string, { use(): Engine }> } } } } }
  const engine = (document.querySelector('#app') as Mounted).__vue_app__.config.globalProperties.$pinia._s.get('engine')?.use()
  if (!engine) throw new Error('the app has no engine')
  const drawn = new Promise<number>((resolve, reject) => {
    const patience = setTimeout(() => reject(new Error('no list within a minute')), 60_000)
    const look = (): void => {
      const first = document.querySelector('a.row')
      // drawn with its size, and the next frame has begun: it can be tapped
      if (first && first.getBoundingClientRect().height > 0) {
        clearTimeout(patience)
        requestAnimationFrame(() => resolve(performance.now()))
      } else requestAnimationFrame(look)
    }
    look()
  })
  const begin = performance.now()
  const result = await Promise.all([engine.unlock(pin), drawn])
  if (result[0] !== 'ok') throw new Error(`unlock said ${String(result[0])}`)
  // the data key is the last key but one: the bank's public key for sealing follows at once
  const { keyAt } = globalThis as unknown as { keyAt: number }
  return { list: result[1] - keyAt, pin: keyAt - begin, stops: document.querySelectorAll('a.row').length }
}
