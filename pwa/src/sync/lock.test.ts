import 'fake-indexeddb/auto'
import Dexie from 'dexie'
import { expect, test, vi } from 'vitest'
import { build } from '../domain/commands'
import { uuid7 } from '../domain/ids'
import { sha256Hex, utf8 } from '../store/bytes'
import { StaffDatabase } from '../store/database'
import { Device } from '../store/device'
import type { Core } from './core'
import type { Glances } from './glance'
import { AutoLock } from './lock'
import { FakeBank } from './testing/bank'
import { GRID, GRID_KEY, household, member, PIN, readyPhone, reopen, STAFF_KEY, task, visitOf } from './testing/phone'

// Two busy cores must not fail a test that is merely slow.
vi.setConfig({ testTimeout: 60_000 })

const HOUR = 3_600_000
const xie = household('谢金枝', '13812342260')

async function smallBank(): Promise<FakeBank> {
  const bank = await FakeBank.open()
  bank.change(GRID_KEY, [xie, member(xie.id, '谢大山')])
  bank.change(STAFF_KEY, [task(xie)])
  return bank
}

/** Every byte and key of every database, as one text per encoding. */
async function dump(): Promise<{ latin: string; rest: string }> {
  const parts: Uint8Array[] = []
  const rest: string[] = []
  const visit = (value: unknown): void => {
    if (value instanceof Uint8Array) parts.push(value)
    else if (value instanceof ArrayBuffer) parts.push(new Uint8Array(value))
    else if (typeof value === 'string') {
      rest.push(value)
      parts.push(utf8(value))
    } else if (Array.isArray(value)) value.forEach(visit)
    else if (value && typeof value === 'object' && !(value instanceof CryptoKey)) Object.entries(value).forEach(([key, one]) => (visit(key), visit(one)))
  }
  for (const name of await Dexie.getDatabaseNames()) {
    const db = await new Dexie(name).open()
    rest.push(name)
    for (const table of db.tables) visit(await table.toArray())
    db.close()
  }
  return { latin: parts.map((part) => Buffer.from(part).toString('latin1')).join('\n'), rest: rest.join('\n') }
}

test('nothing about customers can be read in the databases', async () => {
  const bank = await smallBank()
  const { engine } = await readyPhone(bank, uuid7())
  const bytes = utf8('photo of 谢金枝')
  const hash = await sha256Hex(bytes)
  await engine.drafts.put(`visit:${xie.id}`, { note: '谢金枝想买拖拉机' })
  await engine.save([visitOf(xie.id, { photos: [{ hash, class: 'home', taken_at: 1 }] })], [{ hash, class: 'home', bytes }])
  await engine.save([build.customerCreate({ id: uuid7(), kind: 'household', name: '廖腊英', phone: '13712345678', grid_id: GRID, address: '五组', members: [] })])
  bank.change(GRID_KEY, [household('黄满堂', '13611112222')])
  await engine.sync()
  await (engine as unknown as { glances: Glances }).glances.keep()
  await engine.close()
  const { latin, rest } = await dump()
  for (const secret of ['谢金枝', '谢大山', '廖腊英', '黄满堂', '13812342260', '13712345678', '13611112222', '拖拉机', 'xiejinzhi', '铜钟镇', xie.id, 'visit.log', 'customer.create']) {
    expect(rest.includes(secret), secret).toBe(false)
    expect(latin.includes(Buffer.from(utf8(secret)).toString('latin1')), secret).toBe(false)
  }
  // The search above can fail: what is in the clear on purpose is found.
  expect(rest).toContain(GRID_KEY)
  expect(latin).toContain(Buffer.from(utf8('王建国')).toString('latin1'))
})

test('five wrong PINs lock the phone across restarts until an online login', async () => {
  const bank = await smallBank()
  let phone = await readyPhone(bank, uuid7())
  await phone.engine.save([visitOf(xie.id)])
  phone = await reopen(bank, phone)
  expect(await phone.engine.unlock('000000')).toEqual({ wrong: 4 })
  expect(await phone.engine.unlock('000001')).toEqual({ wrong: 3 })
  phone = await reopen(bank, phone)
  expect(phone.engine.status().pinTriesLeft).toBe(3)
  for (const pin of ['000002', '000003']) await phone.engine.unlock(pin)
  expect(await phone.engine.unlock('000004')).toBe('locked_out')
  phone = await reopen(bank, phone)
  expect(await phone.engine.unlock(PIN)).toBe('locked_out')
  expect(phone.engine.status()).toMatchObject({ phase: 'locked', lockedOut: true, waiting: 1 })
  await phone.engine.login('wang', 'right')
  expect(await phone.engine.unlock(PIN)).toBe('ok')
  expect((await phone.engine.customer(xie.id)).visits).toHaveLength(1)
  await phone.engine.close()
})

test('a right PIN clears the wrong tries, and a PIN can be changed', async () => {
  const bank = await smallBank()
  const { engine } = await readyPhone(bank, uuid7())
  engine.lock()
  await engine.unlock('000000')
  expect(await engine.unlock(PIN)).toBe('ok')
  expect(engine.status().pinTriesLeft).toBe(5)
  expect(await engine.changePin('111111', '246802')).toEqual({ wrong: 4 })
  expect(await engine.changePin(PIN, '246802')).toBe('ok')
  engine.lock()
  expect(await engine.unlock(PIN)).toEqual({ wrong: 4 })
  expect(await engine.unlock('246802')).toBe('ok')
  await engine.close()
})

test('a forgotten PIN costs a password and no data', async () => {
  const bank = await smallBank()
  let phone = await readyPhone(bank, uuid7())
  expect(bank.escrow.size).toBe(1)
  await phone.engine.save([visitOf(xie.id)])
  await phone.engine.drafts.put('k', 1)
  phone = await reopen(bank, phone)
  await expect(phone.engine.forgotPin('wrong')).rejects.toMatchObject({ code: 'wrong_password' })
  bank.fault = () => 'lost'
  await expect(phone.engine.forgotPin('right')).rejects.toMatchObject({ code: 'offline' })
  bank.fault = () => null
  await phone.engine.forgotPin('right')
  expect(phone.engine.status().phase).toBe('no_pin')
  await phone.engine.setPin('864209')
  expect((await phone.engine.customer(xie.id)).visits[0]).toMatchObject({ note: '谈到买拖拉机' })
  expect(phone.engine.drafts.get('k')).toBe(1)
  phone = await reopen(bank, phone)
  expect(await phone.engine.unlock('864209')).toBe('ok')
  await phone.engine.close()
})

test('past the offline limit reading is closed, capture stays open, and turning the clock back does not help', async () => {
  const bank = await smallBank()
  let phone = await readyPhone(bank, uuid7())
  phone.clock.now += 71 * HOUR
  expect(phone.engine.customers()).toHaveLength(1)
  phone.clock.now += 2 * HOUR
  expect(phone.engine.status().readLocked).toBe(true)
  expect(phone.engine.customers()).toEqual([])
  expect(phone.engine.tasks()).toEqual([])
  await expect(phone.engine.customer(xie.id)).rejects.toMatchObject({ code: 'read_locked' })
  await phone.engine.save([visitOf(xie.id)])
  phone.engine.lock()
  await new Promise((resolve) => setTimeout(resolve, 50))
  phone.clock.now -= 70 * HOUR
  phone = await reopen(bank, phone)
  await phone.engine.unlock(PIN)
  expect(phone.engine.status()).toMatchObject({ readLocked: true, waiting: 1 })
  await phone.engine.sync()
  expect(phone.engine.status().readLocked).toBe(false)
  expect(phone.engine.customers()).toHaveLength(1)
  expect(bank.applied).toHaveLength(1)
  await phone.engine.close()
})

test('a clock ten years off works, and the bank time is still known', async () => {
  const bank = await smallBank()
  const phone = await readyPhone(bank, uuid7())
  phone.clock.now += 10 * 365 * 24 * HOUR
  await phone.engine.sync()
  expect(phone.engine.status().readLocked).toBe(false)
  expect(phone.engine.today()).toBe('2026-11-21')
  await phone.engine.close()
})

test('a withdrawn phone wipes its rows, keeps the outbox, and can be enrolled again with the password', async () => {
  const bank = await smallBank()
  let phone = await readyPhone(bank, uuid7())
  await phone.engine.save([visitOf(xie.id)])
  for (const id of bank.devices.keys()) bank.revoked.add(id)
  await phone.engine.sync()
  expect(phone.engine.status()).toMatchObject({ revoked: true, phase: 'not_enrolled', waiting: 1 })
  expect(phone.engine.customers()).toEqual([])
  phone = await reopen(bank, phone)
  expect(phone.engine.status()).toMatchObject({ revoked: true, waiting: 1 })
  await phone.engine.login('wang', 'right')
  await phone.engine.enrol('again')
  expect(await phone.engine.unlock(PIN)).toBe('ok')
  await phone.engine.sync()
  expect(bank.applied.map((command) => command['seq'])).toEqual([1])
  expect(phone.engine.customers()).toHaveLength(1)
  await phone.engine.close()
})

test('a withdrawn phone that could not deliver at once does it later, what the bank holds back too, and says when that is all', async () => {
  const bank = await smallBank()
  let phone = await readyPhone(bank, uuid7())
  bank.judge = (command) => (command['type'] === 'customer.create' ? { code: 'bad_value' } : null)
  const made = build.customerCreate({ id: uuid7(), kind: 'household', name: '廖腊英', grid_id: GRID, address: '三组', members: [] })
  await phone.engine.save([made, visitOf(made.body.id, {})].map((command, i) => (i ? { ...command, needs: [made.id] } : command)))
  for (const id of bank.devices.keys()) bank.revoked.add(id)
  bank.takesDeliveries = true
  bank.fault = (_method, path) => (path.startsWith('/api/v1/sync/push') ? 'lost' : null)
  await phone.engine.sync()
  bank.fault = (_method, path) => (path.startsWith('/api/v1/sync/push') ? 'cut' : null)
  phone = await reopen(bank, phone)
  expect(await phone.engine.unlock(PIN)).toBe('ok')
  await phone.engine.sync()
  expect(bank.delivered.size).toBe(0)
  expect(phone.engine.outbox().length).toBeGreaterThan(0)
  bank.fault = () => null
  await phone.engine.sync()
  await phone.engine.sync()
  expect(bank.delivered.size).toBe(1)
  expect(phone.engine.status()).toMatchObject({ revoked: true, waiting: 0, phase: 'not_enrolled' })
  const seen = bank.paths.length
  await phone.engine.sync()
  expect(bank.paths.slice(seen).filter((path) => path.includes('/sync/'))).toEqual([])
  await phone.engine.close()
})

test('a bank that has all it wants tells a withdrawn phone to forget the rest', async () => {
  const bank = await smallBank()
  const phone = await readyPhone(bank, uuid7())
  for (const id of bank.devices.keys()) {
    bank.revoked.add(id)
    bank.delivered.add(id)
  }
  bank.takesDeliveries = true
  await phone.engine.save([visitOf(xie.id)])
  await phone.engine.sync()
  expect(phone.engine.outbox()).toEqual([])
  expect(bank.applied).toEqual([])
  await phone.engine.close()
})

test('a photo that was looked at cannot be looked at any more once the phone was withdrawn', async () => {
  const bank = await smallBank()
  const phone = await readyPhone(bank, uuid7())
  const bytes = utf8('photo')
  const hash = await sha256Hex(bytes)
  await phone.engine.save([visitOf(xie.id, { photos: [{ hash, class: 'home', taken_at: 1 }] })], [{ hash, class: 'home', bytes }])
  const url = await phone.engine.fileUrl(hash, 'full')
  expect(await (await fetch(url)).text()).toBe('photo')
  for (const id of bank.devices.keys()) bank.revoked.add(id)
  await phone.engine.sync()
  expect(phone.engine.status().revoked).toBe(true)
  await expect(fetch(url)).rejects.toThrow()
  await phone.engine.close()
})

test('a withdrawn phone delivers, photos too, then wipes: nothing of it is left that a key could open', async () => {
  const bank = await smallBank()
  const phone = await readyPhone(bank, uuid7())
  const bytes = utf8('photo')
  const hash = await sha256Hex(bytes)
  await phone.engine.save([visitOf(xie.id, { photos: [{ hash, class: 'home', taken_at: 1 }] })], [{ hash, class: 'home', bytes }])
  for (const id of bank.devices.keys()) bank.revoked.add(id)
  bank.takesDeliveries = true
  await phone.engine.sync()
  expect(bank.applied).toHaveLength(1)
  expect([...bank.files.keys()]).toEqual([hash])
  expect(bank.delivered.size).toBe(1)
  expect(phone.engine.status()).toMatchObject({ revoked: true, phase: 'not_enrolled', waiting: 0 })
  const device = await Device.open(phone.deviceDatabase)
  const db = new StaffDatabase((await device.identity('staff-1'))!.database)
  expect([await db.chunks.count(), await db.outbox.count(), await db.blobs.count(), await db.drafts.count()]).toEqual([0, 0, 0, 0])
  expect(await db.meta.bulkGet(['pin', 'escrow'])).toEqual([undefined, undefined])
  db.close()
  device.close()
  await phone.engine.close()
})

test('locks by itself in the background, and when nobody touches it', async () => {
  const page = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  vi.stubGlobal('document', page)
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    let now = 0
    let locked = 0
    const core = { options: { now: () => now, lockAfterMinutes: 5 }, unlocked: {}, db: null, contact: { device: 0 } } as unknown as Core
    const auto = new AutoLock(core, () => void locked++)
    auto.start()
    const pass = (minutes: number): void => {
      now += minutes * 60_000
      vi.advanceTimersByTime(minutes * 60_000)
    }
    pass(9)
    page.dispatchEvent(new Event('pointerdown'))
    pass(9)
    expect(locked).toBe(0)
    pass(2)
    expect(locked).toBeGreaterThan(0)
    page.dispatchEvent(new Event('keydown'))
    locked = 0
    // In the background sooner; a phone that slept through its timers locks before it shows anything.
    page.visibilityState = 'hidden'
    page.dispatchEvent(new Event('visibilitychange'))
    now += 6 * 60_000
    page.visibilityState = 'visible'
    page.dispatchEvent(new Event('visibilitychange'))
    expect(locked).toBe(1)
    auto.close()
  } finally {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  }
})

test('a passphrase unlocks as a PIN does', async () => {
  const bank = await smallBank()
  let phone = await readyPhone(bank, uuid7())
  expect(await phone.engine.changePin(PIN, '铜钟 水库 拖拉机 七号')).toBe('ok')
  await expect(phone.engine.changePin('铜钟 水库 拖拉机 七号', 'short')).rejects.toMatchObject({ code: 'pin_too_short' })
  phone = await reopen(bank, phone)
  expect(await phone.engine.unlock('铜钟 水库 拖拉机 七')).toEqual({ wrong: 4 })
  expect(await phone.engine.unlock('铜钟 水库 拖拉机 七号')).toBe('ok')
  await phone.engine.close()
})

test('signing out keeps everything for the next sign-in; without a network the bank is told later', async () => {
  const bank = await smallBank()
  const phone = await readyPhone(bank, uuid7())
  await phone.engine.save([visitOf(xie.id)])
  bank.fault = () => 'lost'
  await phone.engine.logout()
  expect(phone.engine.status()).toMatchObject({ phase: 'signed_out', staff: null })
  bank.fault = () => null
  await phone.engine.sync()
  expect(bank.paths.filter((path) => path.endsWith('/logout'))).toHaveLength(2)
  expect(bank.applied).toHaveLength(0)
  await phone.engine.login('wang', 'right')
  expect(phone.engine.status()).toMatchObject({ phase: 'locked', waiting: 1 })
  await phone.engine.close()
})
