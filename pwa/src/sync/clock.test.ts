/** A phone whose clock was set years back or ahead: what it saves is dated right, and it says what is wrong. */
import 'fake-indexeddb/auto'
import { expect, test, vi } from 'vitest'
import { uuid7 } from '../domain/ids'
import { elapsed, type Contact } from './contact'
import type { Core } from './core'
import { AutoLock } from './lock'
import { FakeBank } from './testing/bank'
import { GRID_KEY, STAFF_KEY, household, readyPhone, reopen, visitOf, PIN, type Phone } from './testing/phone'

// Two busy cores must not fail a test that is merely slow.
vi.setConfig({ testTimeout: 60_000 })

const HOUR = 3_600_000
const TEN_YEARS = 10 * 365 * 24 * HOUR
const xie = household('谢金枝', '13800001234')

async function ready(): Promise<{ bank: FakeBank; phone: Phone }> {
  const bank = await FakeBank.open()
  bank.change(GRID_KEY, [xie])
  bank.change(STAFF_KEY, [])
  return { bank, phone: await readyPhone(bank, uuid7()) }
}

const pass = (bank: FakeBank, phone: Phone, ms: number): void => {
  bank.now += ms
  phone.clock.now += ms
}

const savedAt = async (phone: Phone): Promise<number[]> => (await phone.engine.customer(xie.id)).visits.map(({ at }) => at)

test('a visit saved with the clock ten years behind is dated from the last contact on, also after the clock was set right', async () => {
  const { bank, phone } = await ready()
  const heard = bank.now
  pass(bank, phone, HOUR)
  phone.clock.now -= TEN_YEARS
  expect(phone.engine.status()).toMatchObject({ clock: 'behind', readLocked: false })
  expect(phone.engine.today()).toBe('2026-11-21')
  await phone.engine.save([visitOf(xie.id)])
  await phone.engine.save([visitOf(xie.id)])
  const [second, first] = await savedAt(phone)
  expect(first).toBeGreaterThanOrEqual(heard)
  expect(second).toBeGreaterThan(first!)
  expect(second).toBeLessThanOrEqual(bank.now)
  expect(phone.engine.outbox().map((entry) => entry.savedAt)).toEqual([second, first])
  pass(bank, phone, HOUR)
  phone.clock.now += TEN_YEARS
  await phone.engine.sync()
  expect(phone.engine.status().clock).toBeNull()
  expect(bank.applied).toHaveLength(2)
  expect(bank.applied.map((command) => command['heard_at'])).toEqual([heard, heard])
  expect(bank.applied.map((command) => command['reckoned_at'])).toEqual([first, second])
  expect(bank.applied[0]!['at']).toBeLessThan(heard - TEN_YEARS + 2 * HOUR)
  await phone.engine.close()
})

test('a clock that is ten years off all the time dates by the difference that the bank saw', async () => {
  const { bank, phone } = await ready()
  phone.clock.now -= TEN_YEARS
  await phone.engine.sync()
  pass(bank, phone, HOUR)
  expect(phone.engine.status().clock).toBeNull()
  await phone.engine.save([visitOf(xie.id)])
  expect(await savedAt(phone)).toEqual([bank.now])
  await phone.engine.close()
})

test('a clock turned far ahead and right again locks for reading until the next contact, and says so', async () => {
  const { bank, phone } = await ready()
  phone.clock.now += TEN_YEARS
  expect(phone.engine.status()).toMatchObject({ readLocked: true, clock: 'ahead' })
  // The phone's look every half a minute.
  phone.engine.lock()
  const again = await reopen(bank, phone)
  again.clock.now -= TEN_YEARS
  expect(again.engine.status()).toMatchObject({ readLocked: true, clock: 'was_ahead' })
  expect(await again.engine.unlock(PIN)).toBe('ok')
  expect(again.engine.customers()).toEqual([])
  // Capture stays open, and is not dated ten years ahead.
  await again.engine.save([visitOf(xie.id)])
  await again.engine.sync()
  expect(again.engine.status()).toMatchObject({ readLocked: false, clock: null })
  expect(again.engine.customers()).toHaveLength(1)
  expect(bank.applied[0]).toMatchObject({ at: bank.now, reckoned_at: bank.now })
  await again.engine.close()
})

test('a record sent again after the clock was set right keeps the time at which it was made', async () => {
  const { bank, phone } = await ready()
  pass(bank, phone, HOUR)
  phone.clock.now -= TEN_YEARS
  bank.judge = (command) => (command['replaces'] ? null : { code: 'bad_value' })
  const { ids } = await phone.engine.save([visitOf(xie.id)])
  const [made] = await savedAt(phone)
  phone.clock.now += TEN_YEARS
  await phone.engine.sync()
  pass(bank, phone, HOUR)
  await phone.engine.resend(ids[0]!)
  expect(await savedAt(phone)).toEqual([made])
  await phone.engine.sync()
  expect(bank.applied[0]).toMatchObject({ replaces: ids[0], observed_at: made, at: bank.now })
  await phone.engine.close()
})

test('a clock turned back does not stand still for the offline limit', () => {
  const contact: Contact = { server: 1_000, device: 1_000, highest: 5_000, durableThrough: 0, epoch: null }
  expect(elapsed(contact, 2_000, 300).highest).toBe(5_300)
  expect(elapsed(contact, 4_900, 300).highest).toBe(5_000)
  expect(elapsed(contact, 6_000, 300).highest).toBe(6_000)
})

test('a clock set back while the app lies open or in the background keeps nobody from being locked out of it', () => {
  vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }))
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    let now = TEN_YEARS
    let locked = 0
    const core = { options: { now: () => now, lockAfterMinutes: 5 }, unlocked: {}, db: null, contact: { device: 0 } } as unknown as Core
    const auto = new AutoLock(core, () => void locked++)
    auto.start()
    now -= TEN_YEARS
    vi.advanceTimersByTime(30_000)
    now += 9 * 60_000
    vi.advanceTimersByTime(30_000)
    expect(locked).toBe(0)
    now += 2 * 60_000
    vi.advanceTimersByTime(30_000)
    expect(locked).toBeGreaterThan(0)
    auto.close()
  } finally {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  }
})
