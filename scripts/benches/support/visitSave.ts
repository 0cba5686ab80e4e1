/**
 * How long a person waits for a visit to be safe on the phone: from save() of the built app's engine to its answer, which
 * comes when IndexedDB has written both commands (the visit, and the task that it does), sealed for the bank and for the
 * phone, and the draft is gone, in one transaction of strict durability.
 *
 * The phone holds all that a manager of 3,000 households holds and has lost the network, as in the field. Between two
 * saves it comes to rest, as it does between two visits; what the screens draw after a save is not counted.
 *
 * In detail also the limit, measured in the same minutes by turns with the saves: the browser's own strict write of two
 * records of that size into a database that holds nothing else (`bare_write`).
 */
import type { Engine } from '../../../pwa/src/sync/types'
import { Bank } from './bank'
import { Phone } from './phone'
import { load, option, quantile, rounded, say, type Result } from './result'

const BAR_MS = 16
const SLOWER = 4
const HOUSEHOLDS = 3000
const REST_MS = 300
const PHOTO_BYTES = 300_000
/** So many saves, then so many bare writes, and again. */
const TURN = 20

interface Plan {
  visits: number
  photoBytes: number
  rest: number
  /** Where in the list of open tasks to begin. */
  from: number
}

export async function measure(args: readonly string[]): Promise<Result> {
  const visits = option(args, 'visits', 240)
  const bank = await Bank.open(['--households', String(HOUSEHOLDS), '--seed', String(option(args, 'seed', 1))])
  const phone = await Phone.on()
  try {
    const page = await phone.app(bank)
    await page.evaluate(async () => {
      const { engine } = globalThis as unknown as { engine: Engine }
      await engine.setPin('730214')
      history.pushState(null, '', '/today')
      dispatchEvent(new PopStateEvent('popstate'))
      await engine.sync()
      if (engine.tasks().length === 0) throw new Error('the phone has no tasks')
    })
    // after a first synchronisation the phone learns what its chunks hold, bit by bit
    await page.evaluate(comeToRest)
    await phone.context.setOffline(true)
    await phone.slow(page, SLOWER)
    const loads = [load()]
    say(`saving ${visits} visits …`)
    const took: number[] = []
    const bare: number[] = []
    for (let from = 0; from < visits; from += TURN) {
      const some = Math.min(TURN, visits - from)
      took.push(...(await page.evaluate(saveVisits, { visits: some, photoBytes: 0, rest: REST_MS, from })))
      bare.push(...(await page.evaluate(writeBare, { writes: some, rest: REST_MS })))
    }
    loads.push(load())
    const photos = await page.evaluate(saveVisits, { visits: 20, photoBytes: PHOTO_BYTES, rest: REST_MS, from: visits })
    await phone.slow(page, 1)
    const full = await page.evaluate(saveVisits, { visits: 40, photoBytes: 0, rest: REST_MS, from: visits + 20 })
    const figure = rounded(quantile(took, 0.95))
    return {
      bench: 'visit_save',
      figure,
      unit: 'ms, 95th percentile',
      bar: BAR_MS,
      holds: figure <= BAR_MS,
      detail: {
        visits,
        slowed: SLOWER,
        p50: rounded(quantile(took, 0.5)),
        p90: rounded(quantile(took, 0.9)),
        p99: rounded(quantile(took, 0.99)),
        most: rounded(Math.max(...took)),
        first: rounded(took[0] ?? NaN),
        bare_write: { writes: bare.length, p50: rounded(quantile(bare, 0.5)), p95: rounded(quantile(bare, 0.95)) },
        with_photo_of_300_kB: { visits: photos.length, p50: rounded(quantile(photos, 0.5)), p95: rounded(quantile(photos, 0.95)) },
        full_speed: { visits: full.length, p50: rounded(quantile(full, 0.5)), p95: rounded(quantile(full, 0.95)) },
        rows_on_phone: Object.values(bank.county.counts).reduce((sum, count) => sum + count, 0),
        load: loads,
      },
    }
  } finally {
    await phone.off()
    await bank.close()
  }
}

/** Runs in the page: waits until nothing was done for two seconds, a minute at most. */
export async function comeToRest(): Promise<void> {
  const patience = performance.now() + 60_000
  let since = performance.now()
  while (performance.now() - since < 2_000 && performance.now() < patience) {
    const asked = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 20))
    if (performance.now() - asked > 60) since = performance.now()
  }
}

/** Runs in the page: milliseconds of each strict write, two records of about what the two commands of a visit take. */
export async function writeBare({ writes, rest }: { writes: number; rest: number }): Promise<number[]> {
  const db = await new Promise<IDBDatabase>((resolve, reject) => {
    const asked = indexedDB.open('bare', 1)
    asked.onupgradeneeded = () => asked.result.createObjectStore('records')
    asked.onsuccess = () => resolve(asked.result)
    asked.onerror = () => reject(asked.error ?? new Error('no database'))
  })
  const took: number[] = []
  for (let i = 0; i < writes; i++) {
    const records = [1700, 700].map((size) => crypto.getRandomValues(new Uint8Array(size)))
    await new Promise((resolve) => setTimeout(resolve, rest))
    await new Promise((resolve) => requestIdleCallback(resolve, { timeout: 10_000 }))
    const begin = performance.now()
    await new Promise<void>((resolve, reject) => {
      const transaction = db.transaction('records', 'readwrite', { durability: 'strict' })
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(transaction.error ?? new Error('aborted'))
      records.forEach((bytes, n) => transaction.objectStore('records').put({ bytes }, `${begin} ${n}`))
      transaction.commit()
    })
    took.push(performance.now() - begin)
  }
  db.close()
  return took
}

/** Runs in the page: milliseconds of each save. */
export async function saveVisits({ visits, photoBytes, rest, from }: Plan): Promise<number[]> {
  const { engine } = globalThis as unknown as { engine: Engine }
  // UUIDs of version 7, as the app makes them
  const newId = (): string => {
    const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
    const time = Date.now().toString(16).padStart(12, '0')
    const random = hex(crypto.getRandomValues(new Uint8Array(9)))
    return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-8${random.slice(3, 6)}-${random.slice(6)}`
  }
  const tasks = engine.tasks().filter((task) => task.kind === 'follow_up' && (task.state === 'open' || task.state === 'submitted'))
  const took: number[] = []
  for (let i = 0; i < visits; i++) {
    const task = tasks[(from + i) % tasks.length]
    if (!task) throw new Error('the phone has no tasks')
    const visitId = newId()
    const files = []
    if (photoBytes) {
      const bytes = new Uint8Array(photoBytes)
      for (let at = 0; at < photoBytes; at += 65_536) crypto.getRandomValues(bytes.subarray(at, Math.min(at + 65_536, photoBytes)))
      files.push({ hash: await engine.hashFile(bytes), class: 'home' as const, bytes })
    }
    const visit = {
      id: newId(),
      type: 'visit.log' as const,
      version: 1,
      needs: [],
      body: {
        id: visitId,
        customer_id: task.customer_id,
        channel: 'onsite' as const,
        purpose: 'follow_up',
        outcome: 'met' as const,
        needs: ['loan', 'deposit'],
        wanted_fen: 8_000_000,
        wanted_for: '春耕买化肥和一台旋耕机',
        presented: [],
        note: '两口子都在家。儿子在县城买房，年底要周转，问了利率和手续；约好下月带身份证和土地证来网点。',
        point: { lon: 118.1768 + i / 10_000, lat: 29.7761, accuracy_m: 12, at: Date.now() },
        photos: files.map((file) => ({ hash: file.hash, class: file.class, taken_at: Date.now() })),
        next_on: '2027-01-15',
        next_purpose: 'follow_up',
      },
    }
    const submit = { id: newId(), type: 'task.submit' as const, version: 1, needs: [visit.id], body: { task_id: task.id, visit_id: visitId } }
    const draft = `visit:${task.customer_id}`
    await engine.drafts.put(draft, visit.body)
    await new Promise((resolve) => setTimeout(resolve, rest))
    await new Promise((resolve) => requestIdleCallback(resolve, { timeout: 10_000 }))
    const begin = performance.now()
    await engine.save([visit, submit], files, { draft })
    took.push(performance.now() - begin)
  }
  return took
}
