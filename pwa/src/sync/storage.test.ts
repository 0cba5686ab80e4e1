import 'fake-indexeddb/auto'
import Dexie from 'dexie'
import { expect, test, vi } from 'vitest'
import { uuid7 } from '../domain/ids'
import { StaffDatabase } from '../store/database'
import { Device } from '../store/device'
import { FakeBank } from './testing/bank'
import { GRID_KEY, household, member, openPhone, PIN, readyPhone, reopen, STAFF_KEY, task, visitOf, type Phone } from './testing/phone'

// Two busy cores must not fail a test that is merely slow.
vi.setConfig({ testTimeout: 60_000 })

const homes = Array.from({ length: 6 }, (_, i) => household(`户主${i}`, `1381234226${i}`))
const xie = homes[0]!

async function bankOfPages(): Promise<FakeBank> {
  const bank = await FakeBank.open()
  bank.pageRows = 2
  bank.change(GRID_KEY, [...homes, ...homes.map((home) => member(home.id, '谢大山'))])
  bank.change(STAFF_KEY, [task(xie)])
  return bank
}

/** The database of the phone's person, as another program sees it. */
async function databaseOf(phone: Phone): Promise<string> {
  const device = await Device.open(phone.deviceDatabase)
  const identity = await device.identity('staff-1')
  device.close()
  return identity!.database
}

async function under<T>(phone: Phone, work: (db: StaffDatabase) => Promise<T>): Promise<T> {
  const db = new StaffDatabase(await databaseOf(phone))
  try {
    return await work(db)
  } finally {
    db.close()
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 120))

test.each([
  ['a damaged page of customers', 'customer', 'damage', 4],
  ['a missing page of customers', 'customer', 'delete', 4],
  ['a damaged page of members', 'member', 'damage', 6],
  ['a missing page of members', 'member', 'delete', 6],
])('%s costs what is on it until the bank has sent it again, and nothing else', async (_name, kind, what, left) => {
  const bank = await bankOfPages()
  let phone = await readyPhone(bank, uuid7())
  await phone.engine.save([visitOf(xie.id)])
  await under(phone, async (db) => {
    const chunk = (await db.chunks.toArray()).find((one) => one.id.startsWith(GRID_KEY) && one.id.endsWith(kind))!
    if (what === 'delete') await db.chunks.delete(chunk.id)
    else await db.chunks.put({ ...chunk, data: chunk.data.map((byte, i) => (i === 7 ? byte ^ 1 : byte)) as typeof chunk.data })
  })
  bank.fault = () => 'lost'
  phone = await reopen(bank, phone)
  expect(await phone.engine.unlock(PIN)).toBe('ok')
  const { engine } = phone
  expect(engine.customers()).toHaveLength(left)
  const shown = await Promise.all(engine.customers().map(async ({ id }) => (await engine.customer(id)).members.length))
  expect(shown.filter((count) => count === 0)).toHaveLength(kind === 'member' ? 2 : 0)
  expect(engine.status()).toMatchObject({ damaged: true, waiting: 1, storageFailed: false })
  await engine.sync()
  expect(engine.customers()).toHaveLength(left)
  bank.fault = () => null
  await engine.sync()
  expect(engine.status()).toMatchObject({ damaged: false, waiting: 0, syncError: null })
  expect(engine.customers()).toHaveLength(6)
  for (const home of homes) expect((await engine.customer(home.id)).members).toHaveLength(1)
  // And for good: changes go on, another unlock finds it whole.
  bank.change(GRID_KEY, [{ ...xie, values: { ...xie.values, name: '改了名' } }])
  await engine.sync()
  phone = await reopen(bank, phone)
  await phone.engine.unlock(PIN)
  expect(phone.engine.status().damaged).toBe(false)
  expect((await phone.engine.customer(xie.id)).customer.name).toBe('改了名')
  await phone.engine.close()
})

test.each([
  ['at once where the bank said whose rows a page holds', true],
  ['after a quiet moment where it did not', false],
])('a customer is shown without a look at the pages of others: %s', async (_name, told) => {
  const bank = await bankOfPages()
  bank.tellsSpans = told
  const phone = await readyPhone(bank, uuid7())
  await under(phone, async (db) => {
    const members = (await db.chunks.toArray()).filter((one) => one.id.startsWith(GRID_KEY) && one.id.endsWith('member'))
    const last = members.at(-1)!
    await db.chunks.put({ ...last, data: last.data.map((byte) => byte ^ 1) as typeof last.data })
  })
  expect((await phone.engine.customer(xie.id)).members).toHaveLength(1)
  // Whoever opens the damaged page notices it.
  expect(phone.engine.status().damaged).toBe(!told)
  for (const home of homes) await phone.engine.customer(home.id)
  expect(phone.engine.status().damaged).toBe(true)
  await phone.engine.close()
})

test('a page damaged while a first synchronisation was cut does not stop the next one', async () => {
  const bank = await bankOfPages()
  let pages = 0
  bank.fault = (_, path) => (path.includes('/pages') && path.includes('grid') && ++pages > 0 ? 'lost' : null)
  const phone = await openPhone(bank, uuid7())
  await phone.engine.login('wang', 'right')
  await phone.engine.enrol('phone')
  await phone.engine.setPin(PIN)
  await phone.engine.sync()
  // A page of it came and went bad.
  const [key, gen] = [GRID_KEY, `${bank.epoch}.1`]
  await under(phone, (db) => db.chunks.put({ id: `${key}|${gen}|000000|customer`, key, gen, iv: new Uint8Array(12), data: new Uint8Array(40) }))
  bank.fault = () => null
  await phone.engine.sync()
  expect(phone.engine.status().syncError).toBeNull()
  expect(phone.engine.customers()).toHaveLength(6)
  await phone.engine.close()
})

test('an entry whose own copy is damaged still goes to the bank by its sealed one', async () => {
  const bank = await bankOfPages()
  let phone = await readyPhone(bank, uuid7())
  const visit = visitOf(xie.id)
  await phone.engine.save([visit])
  await under(phone, (db) => db.outbox.toCollection().modify((entry) => void (entry.local.data[3]! ^= 1)))
  phone = await reopen(bank, phone)
  expect(await phone.engine.unlock(PIN)).toBe('ok')
  expect(phone.engine.outbox()).toMatchObject([{ id: visit.id, type: null, state: 'saved' }])
  await phone.engine.sync()
  expect(bank.applied.map((command) => command['id'])).toEqual([visit.id])
  await phone.engine.close()
})

test('a database deleted under an open phone is written again: nothing that was recorded is lost', async () => {
  const bank = await bankOfPages()
  let phone = await readyPhone(bank, uuid7())
  const visits = [visitOf(xie.id), visitOf(homes[1]!.id)]
  await phone.engine.save([visits[0]!])
  await phone.engine.sync()
  await phone.engine.save([visits[1]!])
  await phone.engine.drafts.put('form', { note: '草稿' })
  await Dexie.delete(await databaseOf(phone))
  await expect.poll(() => under(phone, async (db) => (await db.meta.get('pin')) !== undefined)).toBe(true)
  await settled()
  expect(phone.engine.status()).toMatchObject({ waiting: 1, lost: null, storageFailed: false })
  const late = visitOf(homes[2]!.id)
  await phone.engine.save([late])
  phone = await reopen(bank, phone)
  expect(phone.engine.status()).toMatchObject({ phase: 'locked', waiting: 2, lost: null })
  expect(await phone.engine.unlock(PIN)).toBe('ok')
  expect(phone.engine.drafts.get('form')).toEqual({ note: '草稿' })
  await phone.engine.sync()
  expect(bank.applied.map((command) => [command['id'], command['seq']])).toEqual([[visits[0]!.id, 1], [visits[1]!.id, 2], [late.id, 3]])
  expect(phone.engine.customers()).toHaveLength(6)
  expect(phone.engine.status()).toMatchObject({ waiting: 0, attention: 0 })
  await phone.engine.close()
})

test.each([
  ['the person database', false],
  ['every database', true],
])('%s deleted while the app was closed: what was lost is said, to the bank too, and work goes on', async (_name, all) => {
  const bank = await bankOfPages()
  let phone = await readyPhone(bank, uuid7())
  await phone.engine.save([visitOf(xie.id)])
  await phone.engine.sync()
  phone.clock.now += 60_000
  await phone.engine.save([visitOf(xie.id)])
  const at = phone.clock.now
  await phone.engine.save([visitOf(homes[1]!.id)])
  await settled()
  await phone.engine.close()
  await Dexie.delete(await databaseOf(phone))
  if (all) await Dexie.delete(phone.deviceDatabase)
  phone = await openPhone(bank, phone.deviceDatabase, phone.clock, phone.locks, phone.ledger)
  expect(phone.engine.status()).toMatchObject({ phase: all ? 'signed_out' : 'not_enrolled', lost: { unsent: 2, oldest: at } })
  await phone.engine.login('wang', 'right')
  await phone.engine.enrol('again')
  await phone.engine.setPin(PIN)
  expect(phone.engine.status().lost).toEqual({ unsent: 2, oldest: at })
  // The bank is told at once, and once, that something was lost …
  await phone.engine.sync()
  await phone.engine.sync()
  const [stream] = [...bank.streams.keys()].slice(-1)
  const said = { stream, first: all ? 1 : 2, last: null }
  expect(bank.lost).toEqual([said])
  await phone.engine.save([visitOf(xie.id)])
  await phone.engine.sync()
  // … and with the next command, of the same installation, which places are empty.
  expect(bank.lost).toEqual(all ? [said] : [said, { stream, first: 2, last: 3 }])
  expect(bank.applied.map((command) => command['seq'])).toEqual(all ? [1, 1] : [1, 4])
  expect(bank.streams.size).toBe(all ? 2 : 1)
  expect(phone.engine.customers()).toHaveLength(6)
  // Said until it was read, over restarts too; then not again.
  phone = await reopen(bank, phone)
  expect(phone.engine.status().lost).toMatchObject({ unsent: 2 })
  await phone.engine.lossSeen()
  phone = await reopen(bank, phone)
  expect(phone.engine.status().lost).toBeNull()
  await phone.engine.close()
})

test('what was in it is known from the moment at which it is called saved: the phone may die then', async () => {
  const bank = await bankOfPages()
  let phone = await readyPhone(bank, uuid7())
  await phone.engine.save([visitOf(xie.id)])
  await phone.engine.sync()
  await phone.engine.save([visitOf(homes[1]!.id)])
  // no timer has run since
  const mark = JSON.parse(phone.ledger.getItem(phone.ledger.key(0) ?? '') ?? '{}') as Record<string, unknown>
  expect(mark).toMatchObject({ last: 2, unsent: 1 })
  // a copy of the phone has filled the place meanwhile
  const stream = [...bank.streams.values()].at(-1)!
  const id = uuid7()
  stream.known.set(id, { id, seq: stream.expects, hash: '0'.repeat(64), receipt: { result: 'applied' }, command: { needs: [] } })
  stream.expects++
  await settled()
  await phone.engine.close()
  await Dexie.delete(await databaseOf(phone))
  phone = await openPhone(bank, phone.deviceDatabase, phone.clock, phone.locks, phone.ledger)
  await phone.engine.login('wang', 'right')
  await phone.engine.enrol('again')
  await phone.engine.setPin(PIN)
  // the first that the bank hears of it comes with a command, and the places are not empty
  await phone.engine.save([visitOf(xie.id)])
  await phone.engine.sync()
  expect(bank.lost).toEqual([{ stream: [...bank.streams.keys()].at(-1), first: 2, last: null }])
  await phone.engine.close()
})

test('a database deleted before anything was saved in it took nothing: the next visit goes to the bank', async () => {
  const bank = await bankOfPages()
  let phone = await readyPhone(bank, uuid7())
  await phone.engine.sync()
  await phone.engine.close()
  await Dexie.delete(await databaseOf(phone))
  phone = await openPhone(bank, phone.deviceDatabase, phone.clock, phone.locks, phone.ledger)
  expect(phone.engine.status()).toMatchObject({ phase: 'not_enrolled', lost: null })
  await phone.engine.login('wang', 'right')
  await phone.engine.enrol('again')
  await phone.engine.setPin(PIN)
  await phone.engine.save([visitOf(xie.id)])
  await phone.engine.sync()
  expect(bank.lost).toEqual([])
  expect(bank.applied).toHaveLength(1)
  expect(phone.engine.status()).toMatchObject({ waiting: 0, lost: null })
  await phone.engine.close()
})

test('a full phone is looked at again when asked, and by each run', async () => {
  const bank = await bankOfPages()
  const { engine } = await readyPhone(bank, uuid7())
  const full = [vi.spyOn(IDBObjectStore.prototype, 'add'), vi.spyOn(IDBObjectStore.prototype, 'put')]
  for (const spy of full) {
    spy.mockImplementation(() => {
      throw new DOMException('no room', 'QuotaExceededError')
    })
  }
  await expect(engine.save([visitOf(xie.id)])).rejects.toMatchObject({ code: 'storage_failed' })
  expect(engine.status()).toMatchObject({ storageFailed: true, storage: 'full' })
  await engine.checkStore()
  expect(engine.status().storage).toBe('full')
  for (const spy of full) spy.mockRestore()
  await engine.checkStore()
  expect(engine.status()).toMatchObject({ storageFailed: false, storage: null, waiting: 0 })
  await engine.close()
})

test('an update in one tab while fifty entries wait: the other tab says so, saves nothing, and nothing is lost', async () => {
  const bank = await bankOfPages()
  const old = await readyPhone(bank, uuid7())
  for (let i = 0; i < 5; i++) await old.engine.save(Array.from({ length: 10 }, () => visitOf(xie.id)))
  class NextDatabase extends StaffDatabase {
    constructor(name: string) {
      super(name)
      this.version(3).stores({ more: 'id' })
    }
  }
  const next = new NextDatabase(await databaseOf(old))
  await next.open()
  expect(await next.outbox.count()).toBe(50)
  await settled()
  expect(old.engine.status()).toMatchObject({ superseded: true, storageFailed: true })
  await expect(old.engine.save([visitOf(xie.id)])).rejects.toMatchObject({ code: 'storage_failed' })
  await old.engine.sync()
  expect(bank.applied).toHaveLength(0)
  expect(await next.outbox.count()).toBe(50)
  expect((await next.outbox.orderBy('seq').keys()).at(-1)).toBe(50)
  next.close()
  await old.engine.close()
})
