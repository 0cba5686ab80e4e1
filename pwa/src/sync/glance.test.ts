/** The day at a glance: drawn before the rows, never of another state, and gone with them. */
import 'fake-indexeddb/auto'
import { expect, test, vi } from 'vitest'
import { countsOf, ownContacts, withOwnContacts } from '../domain/duties'
import { uuid7 } from '../domain/ids'
import { branchOn } from '../domain/team'
import { GLANCE, type PartitionRecord } from '../store/chunks'
import { StaffDatabase } from '../store/database'
import { Device } from '../store/device'
import type { Boxed } from '../store/vault'
import { flushOutbox } from './background'
import type { Core } from './core'
import type { Glances } from './glance'
import { FakeBank } from './testing/bank'
import { GRID_KEY, household, member, PIN, readyPhone, reopen, STAFF_KEY, task, visitOf, type Phone } from './testing/phone'
import type { Engine, Glance } from './types'

// Two busy cores must not fail a test that is merely slow.
vi.setConfig({ testTimeout: 60_000 })

const DAY_MS = 86_400_000
const xie = household('谢金枝', '13812342260')
const huang = household('黄满堂', '13611112222')

async function smallBank(): Promise<FakeBank> {
  const bank = await FakeBank.open()
  bank.change(GRID_KEY, [xie, huang, member(xie.id, '谢大山')])
  bank.change(STAFF_KEY, [task(xie, { due_on: '2026-11-20' }), task(huang, { due_on: '2026-11-23', duty: 'contact' }), task(huang, { due_on: '2027-03-01' })])
  return bank
}

interface Inside {
  core: Core
  glances: Glances
}
const inside = (engine: Engine): Inside => engine as unknown as Inside
const keep = (phone: Phone): Promise<void> => inside(phone.engine).glances.keep()

async function closedPhone(bank: FakeBank): Promise<Phone> {
  const phone = await readyPhone(bank, uuid7())
  await keep(phone)
  return reopen(bank, phone)
}

/** Unlocks; returns what was shown of the day before the rows were there, as the screens get to see it. */
async function unlock(phone: Phone): Promise<{ glance: Glance | null; today: string }> {
  const { engine } = phone
  let glance: Glance | null = null
  let today = ''
  const off = engine.subscribe(() => {
    if (glance || !engine.glance()) return
    glance = engine.glance()
    today = engine.today()
    expect(engine.status()).toMatchObject({ phase: 'ready', hasRows: true })
    expect(engine.tasks()).toEqual([])
  })
  expect(await engine.unlock(PIN)).toBe('ok')
  off()
  expect(engine.glance()).toBeNull()
  return { glance, today }
}

async function database(phone: Phone): Promise<StaffDatabase> {
  const device = await Device.open(phone.deviceDatabase)
  const identity = await device.identity('staff-1')
  device.close()
  return new StaffDatabase(identity?.database ?? '')
}

/** Looks into, or changes, what lies on the phone, as another tab or a fault would. */
async function behind<T>(phone: Phone, work: (db: StaffDatabase) => Promise<T>): Promise<T> {
  const db = await database(phone)
  try {
    return await work(db)
  } finally {
    db.close()
  }
}

const kept = (phone: Phone) => behind(phone, (db) => db.meta.get(GLANCE))

/** What the Today screen makes of the rows themselves. */
function whole({ engine }: Phone) {
  const tasks = withOwnContacts(engine.tasks(), ownContacts(engine.outbox()))
  const due = tasks.filter((one) => one.state === 'open' && one.due_on <= engine.today())
  return { due, columns: countsOf(tasks, engine.today()), customers: engine.customers().filter(({ id }) => due.some((one) => one.customer_id === id)) }
}

function expectSame(glance: Glance | null, phone: Phone): void {
  const { due, columns, customers } = whole(phone)
  const today = phone.engine.today()
  expect(glance?.columns).toEqual(columns)
  expect(glance?.branch).toEqual(branchOn(phone.engine.team().people, today))
  expect(glance?.tasks.filter((one) => one.due_on <= today)).toEqual(due)
  for (const one of customers) expect(glance?.customers).toContainEqual(one)
  expect(glance?.grids).toEqual(phone.engine.grids())
}

test('what is shown first is what the rows then say', async () => {
  const bank = await smallBank()
  const phone = await closedPhone(bank)
  const { glance } = await unlock(phone)
  expect(glance?.tasks.map((one) => one.customer_name)).toEqual(['谢金枝', '黄满堂'])
  expectSame(glance, phone)
  await phone.engine.close()
})

test('a tap on what was drawn early waits for the rows and then opens', async () => {
  const bank = await smallBank()
  const phone = await closedPhone(bank)
  let opened: Promise<unknown> | null = null
  phone.engine.subscribe(() => {
    if (phone.engine.glance()) opened ??= Promise.all([phone.engine.customer(xie.id), phone.engine.whole()])
  })
  await phone.engine.unlock(PIN)
  expect(await opened).toMatchObject([{ customer: { name: '谢金枝' }, members: [{ name: '谢大山' }] }, undefined])
  await phone.engine.close()
})

test('the next morning it counts anew; of a day that it was not made for nothing is shown', async () => {
  const bank = await smallBank()
  let phone = await closedPhone(bank)
  phone.clock.now += 2 * DAY_MS
  const next = await unlock(phone)
  expect(next.today).toBe(phone.engine.today())
  expect(next.glance?.columns.today).toMatchObject({ overdue: 1, todo: 1 })
  expectSame(next.glance, phone)
  phone = await reopen(bank, phone)
  // A bank that lets phones read for longer than it was made for.
  Object.assign(inside(phone.engine).core.current ?? {}, { offlineHours: 24 * 30 })
  phone.clock.now += 6 * DAY_MS
  expect((await unlock(phone)).glance).toBeNull()
  expect(phone.engine.tasks()).toHaveLength(3)
  await phone.engine.close()
})

test('a head’s says how the branch stands, on the days after too', async () => {
  const bank = await smallBank()
  const counts = { overdue: 2, ahead: [3, 1, 0, 4, 0, 0, 0, 0], done_today: 5, done_week: 5 }
  bank.change('team:b1/head@4', ['p1', 'p2'].map((id) => ({ kind: 'workload', id, values: { as_of: '2026-11-21', ...counts } })))
  let phone = await closedPhone(bank)
  expect(phone.engine.today()).toBe('2026-11-21')
  const { glance } = await unlock(phone)
  expect(glance?.branch).toEqual({ done: 10, overdue: 4, todo: 6 })
  expectSame(glance, phone)
  phone = await reopen(bank, phone)
  phone.clock.now += DAY_MS
  const next = await unlock(phone)
  expect(next.glance?.branch).toEqual({ done: 0, overdue: 10, todo: 2 })
  expectSame(next.glance, phone)
  await phone.engine.close()
})

test('it is made of the rows with the entries of this phone over them, and is out of date with the next one', async () => {
  const bank = await smallBank()
  let phone = await closedPhone(bank)
  await unlock(phone)
  await phone.engine.save([visitOf(huang.id)])
  phone = await reopen(bank, phone)
  expect((await unlock(phone)).glance).toBeNull()
  await keep(phone)
  phone = await reopen(bank, phone)
  phone.clock.now += DAY_MS
  const { glance } = await unlock(phone)
  expect(glance?.tasks.map((one) => one.customer_name)).toEqual(['谢金枝'])
  expectSame(glance, phone)
  // The service worker sends it while the phone is locked.
  phone = await reopen(bank, phone)
  expect(await flushOutbox({ fetch: bank.fetch as typeof fetch, baseUrl: 'http://bank', now: () => phone.clock.now, locks: phone.locks, deviceDatabase: phone.deviceDatabase })).toBe(1)
  expect((await unlock(phone)).glance).toBeNull()
  await phone.engine.close()
})

test('sent by the service worker under a locked screen that was open all the time, it is out of date too', async () => {
  const bank = await smallBank()
  const phone = await readyPhone(bank, uuid7())
  await phone.engine.save([visitOf(huang.id)])
  phone.engine.lock()
  await vi.waitFor(async () => expect(await kept(phone)).toBeDefined())
  await behind(phone, (db) => db.outbox.toCollection().modify((entry) => void (entry.state = 'rejected')))
  expect((await unlock(phone)).glance).toBeNull()
  await phone.engine.close()
})

test('whatever moves rows takes it away in the same transaction', async () => {
  const bank = await smallBank()
  const phone = await readyPhone(bank, uuid7())
  await keep(phone)
  expect(await kept(phone)).toBeDefined()
  bank.change(STAFF_KEY, [], [{ kind: 'task', id: phone.engine.tasks()[0]?.id ?? '' }])
  await phone.engine.sync()
  expect(await kept(phone)).toBeUndefined()
  await keep(phone)
  expect(await kept(phone)).toBeDefined()
  bank.books.delete(GRID_KEY)
  await phone.engine.sync()
  expect(phone.engine.customers()).toEqual([])
  expect(await kept(phone)).toBeUndefined()
  await phone.engine.close()
})

test('one that outlived its rows, a damaged one, and one over damaged rows are passed over', async () => {
  const bank = await smallBank()
  let phone = await closedPhone(bank)
  const faults: ((db: StaffDatabase) => Promise<unknown>)[] = [
    (db) => db.meta.where('key').startsWith('p:').modify((record) => void (record.value = { ...(record.value as PartitionRecord), revision: (record.value as PartitionRecord).revision + 1 })),
    (db) =>
      db.meta.where('key').equals(GLANCE).modify((record) => {
        const { data } = record.value as Boxed
        data[20] = (data[20] ?? 0) ^ 1
      }),
    (db) => db.meta.where('key').startsWith('p:').modify((record) => void (record.value = { ...(record.value as PartitionRecord), stale: true })),
  ]
  for (const fault of faults) {
    const before = await behind(phone, (db) => db.meta.toArray())
    await behind(phone, fault)
    expect((await unlock(phone)).glance).toBeNull()
    expect(phone.engine.tasks()).toHaveLength(3)
    phone = await reopen(bank, phone)
    await behind(phone, (db) => db.meta.bulkPut(before))
    expect((await unlock(phone)).glance).not.toBeNull()
    phone = await reopen(bank, phone)
  }
  await phone.engine.close()
})

test('a withdrawn phone wipes it, and one that is just being written does not come back', async () => {
  const bank = await smallBank()
  const phone = await readyPhone(bank, uuid7())
  await keep(phone)
  expect(await kept(phone)).toBeDefined()
  await phone.engine.save([visitOf(xie.id)])
  const late = { ...inside(phone.engine).core.open }
  for (const id of bank.devices.keys()) bank.revoked.add(id)
  await phone.engine.sync()
  expect(await kept(phone)).toBeUndefined()
  inside(phone.engine).core.unlocked = late
  await keep(phone)
  expect(await kept(phone)).toBeUndefined()
  await phone.engine.close()
})

test('locked again while the rows were still being unpacked, it stays locked', async () => {
  const bank = await smallBank()
  const phone = await closedPhone(bank)
  const { engine } = phone
  const off = engine.subscribe(() => engine.glance() && engine.lock())
  await engine.unlock(PIN)
  off()
  expect(engine.status().phase).toBe('locked')
  expect(engine.tasks()).toEqual([])
  await expect(engine.customer(xie.id)).rejects.toMatchObject({ code: 'locked' })
  expect((await unlock(phone)).glance).not.toBeNull()
  await engine.close()
})

test('past the offline limit nothing is shown of it', async () => {
  const bank = await smallBank()
  const phone = await closedPhone(bank)
  phone.clock.now += 4 * DAY_MS
  expect((await unlock(phone)).glance).toBeNull()
  expect(phone.engine.status().readLocked).toBe(true)
  await phone.engine.close()
})
