/** Files in chunks: cut anywhere, they go on; they never hold commands up; a copy goes only when the bank's is safe. */
import 'fake-indexeddb/auto'
import { expect, test, vi } from 'vitest'
import { uuid7 } from '../domain/ids'
import type { BankRow } from './testing/bank'
import { sha256Hex, type Bytes } from '../store/bytes'
import { StaffDatabase } from '../store/database'
import { Device } from '../store/device'
import { flushOutbox } from './background'
import { FakeBank, problem } from './testing/bank'
import { BANK_KEY, GRID_KEY, household, PIN, readyPhone, reopen, STAFF_KEY, visitOf, type Phone } from './testing/phone'
import { heldBy, networkKind } from './network'

// Two busy cores must not fail a test that is merely slow.
vi.setConfig({ testTimeout: 60_000 })

const DAY_MS = 86_400_000
const xie: BankRow = household('谢金枝', '13800002260')

async function bankOf(): Promise<FakeBank> {
  const bank = await FakeBank.open()
  bank.small = true
  bank.change(GRID_KEY, [xie])
  bank.change(STAFF_KEY, [])
  bank.change(BANK_KEY, [])
  return bank
}

/** Bytes of a file, told apart by a seed. */
function bytesOf(size: number, seed = 1): Bytes {
  const bytes = new Uint8Array(size)
  for (let i = 0, x = seed; i < size; i++) bytes[i] = x = (x * 1103515245 + 12345) & 0xff ^ (i >> 8)
  return bytes
}

async function saveWith(phone: Phone, files: Bytes[]): Promise<string[]> {
  const hashes = await Promise.all(files.map((bytes) => sha256Hex(bytes)))
  const photos = hashes.map((hash) => ({ hash, class: 'home' as const, taken_at: 1 }))
  await phone.engine.save([visitOf(xie.id, { photos })], files.map((bytes, i) => ({ hash: hashes[i] as string, class: 'home' as const, bytes })))
  return hashes
}

const patches = (bank: FakeBank): number[] =>
  bank.paths.filter((path) => path.startsWith('PATCH')).map((path) => Number(new URL(`http://bank${path.slice(6)}`).searchParams.get('offset')))

async function database(phone: Phone): Promise<StaffDatabase> {
  const device = await Device.open(phone.deviceDatabase)
  const db = new StaffDatabase((await device.identity('staff-1'))!.database)
  device.close()
  return db
}

/** Two seeds of the six where FC_RUNS asks for fewer runs than usual. */
const SEEDS = [1, 2, 3, 4, 5, 6].slice(0, Number(process.env['FC_RUNS'] ?? 25) < 25 ? 2 : 6)

test.each(SEEDS)('cut at random (seed %i), a file arrives as it is, once, and goes on where it stopped', async (seed) => {
  const bank = await bankOf()
  const phone = await readyPhone(bank, uuid7())
  let x = seed * 7919
  const random = (): number => (x = (x * 48271) % 2147483647) / 2147483647
  let faults = 14
  bank.fault = (method) => {
    if ((method !== 'PATCH' && method !== 'GET') || faults === 0 || random() < 0.4) return null
    faults--
    return random() < 0.5 ? 'cut' : 'lost'
  }
  const file = bytesOf(900_000, seed)
  const [hash] = await saveWith(phone, [file])
  for (let i = 0; i < 20 && !phone.engine.outbox()[0]?.photos[0]?.sent; i++) await phone.engine.sync()
  expect(bank.files.has(hash as string)).toBe(true)
  expect(bank.filesTaken).toEqual([hash])
  expect(phone.engine.outbox()[0]).toMatchObject({ state: 'received', photos: [{ hash, sent: true, progress: null, receipt: 'f'.repeat(16) }] })
  expect(phone.engine.status()).toMatchObject({ filesWaiting: 0, waiting: 0 })
  await phone.engine.close()
})

test('killed in the middle and locked, the service worker goes on where the bank stands', async () => {
  const bank = await bankOf()
  let phone = await readyPhone(bank, uuid7())
  const file = bytesOf(700_000)
  const [hash] = await saveWith(phone, [file])
  let chunks = 0
  bank.fault = (method) => (method === 'PATCH' && ++chunks > 1 ? 'lost' : null)
  await phone.engine.sync()
  const progress = phone.engine.outbox()[0]?.photos[0]?.progress as number
  expect(progress).toBeGreaterThan(0.15)
  expect(progress).toBeLessThan(0.25)
  phone = await reopen(bank, phone)
  expect(phone.engine.status()).toMatchObject({ phase: 'locked', filesWaiting: 1 })
  bank.fault = () => null
  bank.paths.length = 0
  await flushOutbox({ fetch: bank.fetch as typeof fetch, baseUrl: 'http://bank', now: () => phone.clock.now, locks: phone.locks, deviceDatabase: phone.deviceDatabase })
  expect(patches(bank)[0]).toBe(128 * 1024)
  expect(bank.files.has(hash as string)).toBe(true)
  expect(bank.filesTaken).toEqual([hash])
  await phone.engine.close()
})

test('a command saved while a file is on its way goes before the rest of the file', async () => {
  const bank = await bankOf()
  const phone = await readyPhone(bank, uuid7())
  await saveWith(phone, [bytesOf(2_000_000)])
  bank.paths.length = 0
  let later: Promise<unknown> | null = null
  bank.fault = (method) => {
    if (method === 'PATCH' && !later) later = phone.engine.save([visitOf(xie.id)]).then(() => void phone.engine.sync())
    return null
  }
  await phone.engine.sync()
  await later
  await phone.engine.sync()
  const order = bank.paths.filter((path) => /^(PATCH|POST .*push)/.test(path)).map((path) => path.slice(0, 5))
  expect(order.indexOf('POST ', 1)).toBeGreaterThan(0)
  expect(order.indexOf('POST ', 1)).toBeLessThan(order.lastIndexOf('PATCH'))
  expect(bank.applied).toHaveLength(2)
  expect(bank.filesTaken).toHaveLength(1)
  await phone.engine.close()
})

test('a file goes after its record, and not at all while that waits or was refused', async () => {
  const bank = await bankOf()
  const phone = await readyPhone(bank, uuid7())
  bank.judge = () => ({ result: 'rejected', code: 'bad_value' })
  await saveWith(phone, [bytesOf(100_000)])
  await phone.engine.sync()
  expect(bank.paths.some((path) => path.includes('/files/'))).toBe(false)
  await phone.engine.close()
})

test('Wi-Fi only: files wait while commands go, until there is Wi-Fi or the person says now', async () => {
  const bank = await bankOf()
  let phone = await readyPhone(bank, uuid7())
  phone.network.kind = 'metered'
  await phone.engine.setFilesOver('wifi')
  const [first] = await saveWith(phone, [bytesOf(60_000, 1)])
  await phone.engine.sync()
  expect(bank.applied).toHaveLength(1)
  expect(bank.filesTaken).toEqual([])
  expect(phone.engine.status()).toMatchObject({ waiting: 0, filesWaiting: 1, filesHeld: 'metered', filesOver: 'wifi' })
  // The choice is the phone's: it holds after a restart, and for the locked service worker.
  phone = await reopen(bank, phone)
  await flushOutbox({ fetch: bank.fetch as typeof fetch, baseUrl: 'http://bank', now: () => phone.clock.now, locks: phone.locks, deviceDatabase: phone.deviceDatabase })
  expect(bank.filesTaken).toEqual([])
  await phone.engine.unlock(PIN)
  phone.network.kind = 'unknown'
  await phone.engine.sync()
  expect(phone.engine.status()).toMatchObject({ filesHeld: 'unknown' })
  await phone.engine.sendFilesNow()
  expect(bank.filesTaken).toEqual([first])
  // That was for those files; the next ones wait again.
  const [second] = await saveWith(phone, [bytesOf(60_000, 2)])
  await phone.engine.sync()
  expect(bank.filesTaken).toEqual([first])
  phone.network.kind = 'free'
  await phone.engine.sync()
  expect(bank.filesTaken).toEqual([first, second])
  expect(phone.engine.status()).toMatchObject({ filesWaiting: 0, filesHeld: null })
  await phone.engine.close()
})

test('what a browser says of its network', () => {
  expect(networkKind(undefined)).toBe('unknown')
  expect(networkKind({})).toBe('unknown')
  expect(networkKind({ type: 'none' })).toBe('unknown')
  expect(networkKind({ type: 'wifi' })).toBe('free')
  expect(networkKind({ type: 'wifi', saveData: true })).toBe('metered')
  expect(networkKind({ type: 'cellular' })).toBe('metered')
  expect([heldBy('any', 'metered'), heldBy('wifi', 'free'), heldBy('wifi', 'unknown')]).toEqual([null, null, 'unknown'])
})

test('a file that makes the bank stumble does not hold up the next one; one that it refuses is said', async () => {
  const bank = await bankOf()
  const phone = await readyPhone(bank, uuid7())
  const [odd, bad, good] = await saveWith(phone, [bytesOf(20_000, 1), bytesOf(20_000, 2), bytesOf(20_000, 3)])
  bank.fault = (_method, path) => (path.includes(odd as string) ? problem(500, 'internal') : null)
  bank.judgeFile = (hash) => (hash === bad ? 'not_an_image' : null)
  await phone.engine.sync()
  expect(bank.filesTaken).toEqual([good])
  expect(phone.engine.status()).toMatchObject({ syncError: 'internal', filesWaiting: 1, attention: 1 })
  expect(phone.engine.outbox()[0]?.photos.map(({ sent, refused }) => [sent, refused])).toEqual([[false, null], [false, 'not_an_image'], [true, null]])
  bank.fault = () => null
  await phone.engine.sync()
  expect(bank.filesTaken).toEqual([good, odd])
  await phone.engine.close()
})

test('damaged at the bank, a file is sent from its beginning', async () => {
  const bank = await bankOf()
  const phone = await readyPhone(bank, uuid7())
  const file = bytesOf(600_000)
  const [hash] = await saveWith(phone, [file])
  let damaged = false
  bank.fault = (method) => {
    const [name] = [...bank.parts.keys()]
    if (method === 'PATCH' && name && !damaged) {
      damaged = true
      bank.parts.set(name, new Uint8Array((bank.parts.get(name) as Bytes).length))
    }
    return null
  }
  await phone.engine.sync()
  expect(damaged).toBe(true)
  expect(patches(bank).filter((offset) => offset === 0)).toHaveLength(2)
  expect(bank.files.has(hash as string)).toBe(true)
  await phone.engine.close()
})

test("the phone's copy goes only past durable_through, and a week after the file's own receipt", async () => {
  const bank = await bankOf()
  const phone = await readyPhone(bank, uuid7())
  const db = await database(phone)
  const pass = (days: number): void => {
    bank.now += days * DAY_MS
    phone.clock.now += days * DAY_MS
  }
  const kept = async (): Promise<number[]> => [await db.outbox.count(), await db.blobs.count()]
  bank.fault = (method) => (method === 'PATCH' || method === 'PUT' ? 'lost' : null)
  await saveWith(phone, [bytesOf(60_000)])
  await phone.engine.sync()
  // The record is a week old and in a backup; its file was not received at all.
  pass(10)
  bank.durableThrough = bank.now - 1000
  await phone.engine.sync()
  expect(await kept()).toEqual([1, 1])
  bank.fault = () => null
  await phone.engine.sync()
  expect(bank.filesTaken).toHaveLength(1)
  expect(await kept()).toEqual([1, 1])
  // In a backup, but young.
  pass(3)
  bank.durableThrough = bank.now - 1000
  await phone.engine.sync()
  expect(await kept()).toEqual([1, 1])
  pass(5)
  await phone.engine.sync()
  expect(await kept()).toEqual([0, 0])
  db.close()
  await phone.engine.close()
})

test('old enough, but in no backup: the copy stays', async () => {
  const bank = await bankOf()
  const phone = await readyPhone(bank, uuid7())
  const db = await database(phone)
  await saveWith(phone, [bytesOf(60_000)])
  await phone.engine.sync()
  bank.now += 400 * DAY_MS
  phone.clock.now += 400 * DAY_MS
  bank.durableThrough = 1000
  await phone.engine.sync()
  expect([await db.outbox.count(), await db.blobs.count()]).toEqual([1, 1])
  db.close()
  await phone.engine.close()
})

test('a refused file stays until the person has read of it', async () => {
  const bank = await bankOf()
  const phone = await readyPhone(bank, uuid7())
  const db = await database(phone)
  bank.judgeFile = () => 'not_an_image'
  await saveWith(phone, [bytesOf(60_000)])
  await phone.engine.sync()
  bank.now += 30 * DAY_MS
  phone.clock.now += 30 * DAY_MS
  bank.durableThrough = bank.now
  await phone.engine.sync()
  expect(await db.blobs.count()).toBe(1)
  await phone.engine.acknowledge(phone.engine.outbox().map(({ id }) => id))
  await phone.engine.sync()
  expect(await db.blobs.count()).toBe(0)
  db.close()
  await phone.engine.close()
})

test('one photo in two entries: taking the second back leaves the first its photo', async () => {
  const bank = await bankOf()
  const phone = await readyPhone(bank, uuid7())
  const file = bytesOf(60_000)
  await saveWith(phone, [file])
  const [hash] = await saveWith(phone, [file])
  const newest = phone.engine.outbox()[0]!.id
  expect(await phone.engine.undo([newest])).toBe(true)
  await phone.engine.sync()
  expect(bank.files.has(hash as string)).toBe(true)
  expect(phone.engine.outbox()).toHaveLength(1)
  await phone.engine.close()
})
