import 'fake-indexeddb/auto'
import Dexie from 'dexie'
import { expect, test, vi } from 'vitest'
import { build } from '../domain/commands'
import { uuid7 } from '../domain/ids'
import { StaffDatabase } from '../store/database'
import { FakeBank, problem } from './testing/bank'
import { BANK_KEY, GRID_KEY, household, member, openPhone, PIN, readyPhone, reopen, STAFF_KEY, task, visitOf, type Phone } from './testing/phone'

// Two busy cores must not fail a test that is merely slow.
vi.setConfig({ testTimeout: 60_000 })

async function bankWith(customers: number): Promise<FakeBank> {
  const bank = await FakeBank.open()
  const rows = Array.from({ length: customers }, (_, i) => household(`户${i}`, `138${String(10000000 + i)}`))
  bank.change(GRID_KEY, [...rows, ...rows.map((row) => member(row.id, `人${String(row.values['name'])}`))])
  bank.change(STAFF_KEY, rows.slice(0, 3).map((row) => task(row)))
  bank.change(BANK_KEY, [{ kind: 'policy', id: 'time_zone', values: { value: 'Asia/Shanghai' } }])
  bank.pageRows = 50
  return bank
}

/** The person's database, opened beside the engine. */
async function databaseOf(deviceDatabase: string): Promise<StaffDatabase> {
  const device = await new Dexie(deviceDatabase).open()
  const identity = (await device.table('values').toArray()).find(({ key }: { key: string }) => key.startsWith('identity:')) as { value: { database: string } }
  device.close()
  return (await new StaffDatabase(identity.value.database).open()) as StaffDatabase
}

/** The numbers of the grid's pages that were asked for, one for each time. */
function pagesAsked(bank: FakeBank): number[] {
  const asked = bank.paths.filter((path) => path.includes('/pages') && path.includes(encodeURIComponent(GRID_KEY)))
  return asked.flatMap((path) => {
    const query = new URL(`http://bank${path.slice(path.indexOf('/'))}`).searchParams
    const first = Number(query.get('n'))
    return Array.from({ length: Number(query.get('to') ?? first) - first + 1 }, (_, i) => first + i)
  })
}

test('a snapshot that was cut goes on where it stopped and is shown only when complete', async () => {
  const bank = await bankWith(400)
  bank.pageRows = 10
  const { engine } = await openPhone(bank, uuid7())
  await engine.login('wang', 'right')
  await engine.enrol('phone')
  await engine.setPin(PIN)
  // The two small partitions and two requests of the grid come through.
  let left = 4
  bank.fault = (_, path) => (path.includes('/pages') && --left < 0 ? 'lost' : null)
  await engine.sync()
  expect(engine.status()).toMatchObject({ online: false, syncError: 'offline', progress: null })
  expect(engine.customers()).toEqual([])
  const before = pagesAsked(bank).length
  bank.fault = () => null
  await engine.sync()
  expect(engine.customers()).toHaveLength(400)
  // 80 pages of the grid: none that was stored before the cut is asked for again.
  const again = pagesAsked(bank).slice(before)
  expect(new Set(again).size).toBe(again.length)
  expect(again.length).toBeLessThan(80)
  expect(again.length).toBeGreaterThan(0)
  await engine.close()
})

test('a page damaged on the way is fetched again; a manifest grown old is asked for anew', async () => {
  const bank = await bankWith(60)
  const { engine } = await openPhone(bank, uuid7())
  await engine.login('wang', 'right')
  await engine.enrol('phone')
  await engine.setPin(PIN)
  let damaged = false
  let gone = false
  bank.fault = (_, path) => {
    if (!path.includes('/pages') || !path.includes(encodeURIComponent(GRID_KEY))) return null
    if (!damaged) {
      damaged = true
      return new Response(new Uint8Array([1, 2, 3]))
    }
    // Each page of the damaged answer is asked for by itself.
    if (!gone && path.endsWith('n=1')) {
      gone = true
      return problem(410, 'page_gone')
    }
    return null
  }
  await engine.sync()
  expect([damaged, gone]).toEqual([true, true])
  expect(engine.status().syncError).toBeNull()
  expect(engine.customers()).toHaveLength(60)
  await engine.close()
})

test('changes are appended, never rewritten, with the revision', async () => {
  const bank = await bankWith(120)
  const name = uuid7()
  const { engine } = await readyPhone(bank, name)
  const db = await databaseOf(name)
  const all = engine.customers()
  const first = await db.chunks.toCollection().primaryKeys()
  for (let i = 0; i < 14; i++) {
    const old = all[i]!
    bank.change(GRID_KEY, [{ kind: 'customer', id: old.id, values: { ...household(`新${i}`, '1').values } }, member(old.id, `添丁${i}`)])
  }
  bank.change(GRID_KEY, [], [{ kind: 'customer', id: all[20]!.id }])
  await engine.sync()
  const after = await db.chunks.toCollection().primaryKeys()
  expect(first.every((id) => after.includes(id))).toBe(true)
  expect(after.length - first.length).toBe(15)
  expect((await db.meta.get(`p:${GRID_KEY}`))?.value).toMatchObject({ revision: 16 })
  expect(engine.customers()).toHaveLength(119)
  expect((await engine.customer(all[3]!.id)).members.map((row) => row.name).sort()).toEqual(['人' + all[3]!.name, '添丁3'].sort())

  const shown = engine.customers().map((entry) => [entry.id, entry.name])
  engine.lock()
  await engine.unlock(PIN)
  expect(engine.customers().map((entry) => [entry.id, entry.name])).toEqual(shown)
  db.close()
  await engine.close()
})

test('a household that moved stays, whichever partition says so first', async () => {
  const bank = await FakeBank.open()
  const other = uuid7()
  const otherKey = `grid:${other}/manager@1`
  const row = household('谢金枝', '13812342260')
  bank.change(GRID_KEY, [row, household('吴水清', '13812340000')])
  bank.change(otherKey, [household('廖腊英', '13812340001', { home_book: `grid:${other}` })])
  const { engine } = await readyPhone(bank, uuid7())
  bank.change(otherKey, [{ ...row, values: { ...row.values, address: '新湾', home_book: `grid:${other}` } }])
  await engine.sync()
  expect(engine.customers()).toHaveLength(3)
  expect(engine.search('谢金枝')[0]?.address).toBe('新湾')
  bank.change(GRID_KEY, [], [{ kind: 'customer', id: row.id, movedTo: `grid:${other}` }])
  await engine.sync()
  expect(engine.search('谢金枝')).toHaveLength(1)
  await engine.close()
})

test('an evicted partition goes from memory and disk, the outbox stays', async () => {
  const bank = await bankWith(10)
  const name = uuid7()
  const { engine } = await readyPhone(bank, name)
  await engine.save([visitOf(engine.customers()[0]!.id)])
  bank.books.delete(GRID_KEY)
  bank.judge = () => ({ code: 'out_of_scope' })
  await engine.sync()
  expect(engine.customers()).toEqual([])
  expect(engine.outbox()).toHaveLength(1)
  const db = await databaseOf(name)
  expect((await db.chunks.toCollection().primaryKeys()).filter((id) => id.startsWith(GRID_KEY))).toEqual([])
  db.close()
  await engine.close()
})

test('what is evicted leaves the other tab too, though the pages of another partition do not come', async () => {
  const bank = await bankWith(10)
  const first = await readyPhone(bank, uuid7())
  const second = await openPhone(bank, first.deviceDatabase, first.clock, first.locks)
  await second.engine.unlock(PIN)
  expect(second.engine.customers()).toHaveLength(10)
  const other = uuid7()
  bank.books.delete(GRID_KEY)
  bank.change(`grid:${other}/manager@1`, Array.from({ length: 10 }, (_, n) => household(`别处${n}`, '', { home_book: `grid:${other}` })))
  bank.fault = (_, path) => (path.includes('/pages') ? 'lost' : null)
  await first.engine.sync()
  expect(first.engine.customers()).toEqual([])
  await expect.poll(() => second.engine.customers()).toEqual([])
  await second.engine.close()
  await first.engine.close()
})

test('a book under a new key is swapped when the new one is complete, and shown as it was until then', async () => {
  const bank = await bankWith(100)
  bank.pageRows = 10
  const name = uuid7()
  const { engine } = await readyPhone(bank, name)
  const newKey = GRID_KEY.replace('@1', '@2')
  const old = bank.books.get(GRID_KEY)!
  bank.books.delete(GRID_KEY)
  bank.heirs.set(GRID_KEY, newKey)
  for (const row of old.rows.values()) bank.change(newKey, [{ kind: row.kind, id: row.id, values: row.values! }])
  bank.change(newKey, [household('新来', '1')])
  // Some pages of the new key arrive, then the network goes.
  let left = 1
  bank.fault = (_, path) => (path.includes('/pages') && --left < 0 ? 'lost' : null)
  await engine.sync()
  expect(engine.status()).toMatchObject({ online: false })
  expect(engine.customers()).toHaveLength(100)
  bank.fault = () => null
  await engine.sync()
  expect(engine.customers()).toHaveLength(101)
  const db = await databaseOf(name)
  const keys = (await db.meta.where('key').startsWith('p:').primaryKeys()).map((key) => String(key).slice(2))
  expect(keys).toContain(newKey)
  expect(keys).not.toContain(GRID_KEY)
  expect((await db.chunks.toCollection().primaryKeys()).filter((id) => id.startsWith(`${GRID_KEY}|`))).toEqual([])
  db.close()
  await engine.close()
})

test('a small book under a new key is swapped within one run, too', async () => {
  const bank = await bankWith(8)
  bank.small = true
  const { engine } = await readyPhone(bank, uuid7())
  const newKey = GRID_KEY.replace('manager@1', 'manager@2')
  const old = bank.books.get(GRID_KEY)!
  bank.books.delete(GRID_KEY)
  bank.heirs.set(GRID_KEY, newKey)
  bank.change(
    newKey,
    [...old.rows.values()].slice(2).map((row) => ({ kind: row.kind, id: row.id, values: row.values! })),
  )
  await engine.sync()
  // The rows of the old key are gone: they would still be shown beside the new one's.
  expect(engine.customers()).toHaveLength(6)
  await engine.close()
})

test('where rights shrink the old rows go first, whatever becomes of the new ones', async () => {
  const bank = await bankWith(30)
  const { engine } = await readyPhone(bank, uuid7())
  const newKey = GRID_KEY.replace('manager', 'agent')
  const old = bank.books.get(GRID_KEY)!
  bank.books.delete(GRID_KEY)
  for (const row of old.rows.values()) if (row.kind === 'customer') bank.change(newKey, [{ kind: row.kind, id: row.id, values: row.values! }])
  bank.fault = (_, path) => (path.includes('/pages') ? 'lost' : null)
  await engine.sync()
  expect(engine.customers()).toEqual([])
  bank.fault = () => null
  await engine.sync()
  expect(engine.customers()).toHaveLength(30)
  await engine.close()
})

test('a new epoch replaces all rows and sends again what this phone still keeps', async () => {
  const bank = await bankWith(10)
  const { engine } = await readyPhone(bank, uuid7())
  const customer = engine.customers()[0]!
  await engine.save([visitOf(customer.id)])
  await engine.sync()
  expect(bank.applied).toHaveLength(1)
  // Restored from a backup made before the visit and before revision 1 of today.
  bank.epoch = 'epoch-2'
  bank.streams.clear()
  bank.applied.length = 0
  bank.books.get(STAFF_KEY)!.rows.clear()
  bank.books.get(STAFF_KEY)!.fields = {}
  bank.change(STAFF_KEY, [task(household('别人', '1'))])
  await engine.sync()
  await engine.sync()
  expect(bank.applied).toHaveLength(1)
  expect(engine.status()).toMatchObject({ epoch: 'epoch-2', waiting: 0, syncError: null })
  expect(engine.customers()).toHaveLength(10)
  expect(engine.tasks().map((row) => row.customer_name)).toEqual(['别人'])
  await engine.close()
})

test('two tabs share one stream and see each other', async () => {
  const bank = await bankWith(5)
  const first = await readyPhone(bank, uuid7())
  const second = await openPhone(bank, first.deviceDatabase, first.clock, first.locks)
  await second.engine.unlock(PIN)
  const id = first.engine.customers()[0]!.id
  await Promise.all([first.engine.save([visitOf(id)]), second.engine.save([visitOf(id)]), first.engine.save([visitOf(id)])])
  await Promise.all([first.engine.sync(), second.engine.sync()])
  expect(bank.applied.map((command) => command['seq'])).toEqual([1, 2, 3])
  bank.change(GRID_KEY, [household('后来', '1')])
  await first.engine.sync()
  await expect.poll(() => second.engine.customers().length).toBe(6)
  await expect.poll(() => second.engine.outbox().filter((entry) => entry.state === 'received').length).toBe(3)
  await second.engine.close()
  await first.engine.close()
})

test('what is saved while another tab unlocks, or reads, is shown there at once', async () => {
  const bank = await bankWith(5)
  const first = await readyPhone(bank, uuid7())
  const second = await openPhone(bank, first.deviceDatabase, first.clock, first.locks)
  const id = first.engine.customers()[0]!.id
  const [unlocked] = await Promise.all([
    second.engine.unlock(PIN),
    (async () => {
      for (let n = 0; n < 20; n++) await first.engine.save([visitOf(id)])
    })(),
  ])
  expect(unlocked).toBe('ok')
  await expect.poll(() => second.engine.outbox().length).toBe(20)
  expect((await second.engine.customer(id)).visits).toHaveLength(20)
  for (let n = 0; n < 20; n++) {
    // What the other tab saves makes this one read while it saves, too.
    await Promise.all([first.engine.save([visitOf(id)]), second.engine.save([visitOf(id)])])
    expect(second.engine.outbox().length).toBeGreaterThanOrEqual(21 + n)
  }
  await expect.poll(() => [first, second].map(({ engine }) => engine.outbox().length)).toEqual([60, 60])
  expect((await second.engine.customer(id)).visits).toHaveLength(60)
  await second.engine.close()
  await first.engine.close()
})

test('a copied phone gets a stream of its own and sends what only it has', async () => {
  const bank = await bankWith(3)
  const { engine } = await readyPhone(bank, uuid7())
  const customer = engine.customers()[0]!.id
  const shared = visitOf(customer)
  await engine.save([shared])
  await engine.sync()
  const installation = [...bank.streams.keys()][0]!
  // The other copy of this phone sent a second entry meanwhile.
  const stream = bank.streams.get(installation)!
  stream.known.set('other', { id: 'other', seq: 2, hash: 'x', receipt: {}, command: {} })
  stream.expects = 3
  const mine = visitOf(customer)
  await engine.save([mine])
  await engine.sync()
  await engine.sync()
  expect([...bank.streams.keys()]).toHaveLength(2)
  expect(bank.applied.map((command) => command['id'])).toEqual([shared.id, mine.id])
  expect(engine.status()).toMatchObject({ waiting: 0, attention: 0, syncError: null })
  await engine.close()
})

test('a second tab goes on in the stream that the first one renewed', async () => {
  const bank = await bankWith(3)
  const first = await readyPhone(bank, uuid7())
  const second = await openPhone(bank, first.deviceDatabase, first.clock, first.locks)
  await second.engine.unlock(PIN)
  const customer = first.engine.customers()[0]!.id
  await first.engine.save([visitOf(customer)])
  await first.engine.sync()
  const stream = bank.streams.get([...bank.streams.keys()][0]!)!
  stream.known.set('other', { id: 'other', seq: 2, hash: 'x', receipt: {}, command: {} })
  stream.expects = 3
  const mine = visitOf(customer)
  await first.engine.save([mine])
  await first.engine.sync()
  const renewed = [...bank.streams.keys()][1]!
  await expect.poll(() => second.engine.outbox().find((entry) => entry.id === mine.id)?.state).toBe('received')
  const theirs = visitOf(customer)
  await second.engine.save([theirs])
  const core = (second.engine as unknown as { core: { store: { outbox: { get: (id: string) => Promise<{ stream: string }> } } } }).core
  expect((await core.store.outbox.get(theirs.id)).stream).toBe(renewed)
  await second.engine.close()
  await first.engine.close()
})

test('a small partition comes whole as changes from nothing, and goes on from there', async () => {
  const bank = await bankWith(8)
  bank.small = true
  const phone = await readyPhone(bank, uuid7())
  expect(phone.engine.status().syncError).toBeNull()
  expect(pagesAsked(bank)).toEqual([])
  const row = household('后来', '1')
  bank.change(GRID_KEY, [row, member(row.id, '后来人')])
  await phone.engine.sync()
  const { engine } = await reopen(bank, phone)
  await engine.unlock(PIN)
  expect(engine.customers()).toHaveLength(9)
  expect((await engine.customer(row.id)).members.map((one) => one.name)).toEqual(['后来人'])
  bank.epoch = 'epoch-2'
  await engine.sync()
  expect(engine.status()).toMatchObject({ epoch: 'epoch-2', syncError: null })
  expect(engine.customers()).toHaveLength(9)
  await engine.close()
})

test('an entry stays shown until all pages of changes are here, also through a cut and a restart', async () => {
  const bank = await bankWith(1)
  const own = task(household('晚到', '13900000000'))
  bank.change(STAFF_KEY, [own])
  const phone = await readyPhone(bank, uuid7())
  const submitted = (more: Record<string, unknown>) => [{ ...own, values: { ...own.values, state: 'submitted', ...more } }]
  bank.effect = () => ({ 'staff:staff-1': bank.change(STAFF_KEY, submitted({})) })
  let pulls = 0
  bank.fault = (_, path) => {
    if (!path.endsWith('/sync/pull')) return null
    // The row is changed again before the phone pulls: the page of the awaited revision does not have it.
    if (++pulls === 1) for (const due_on of ['2026-11-21', '2026-11-22']) bank.change(STAFF_KEY, submitted({ due_on }))
    return pulls > 1 ? 'lost' : null
  }
  const shown = (engine: Phone['engine']) => engine.tasks().find(({ id }) => id === own.id)
  await phone.engine.save([build.taskSubmit({ task_id: own.id, visit_id: uuid7() })])
  await phone.engine.sync()
  expect(pulls).toBe(2)
  expect(phone.engine.outbox()).toMatchObject([{ state: 'received' }])
  expect(shown(phone.engine)).toMatchObject({ state: 'submitted', due_on: '2026-11-20', pending: { state: 'received' } })
  const later = await reopen(bank, phone)
  await later.engine.unlock(PIN)
  expect(shown(later.engine)).toMatchObject({ state: 'submitted', pending: { state: 'received' } })
  bank.fault = () => null
  await later.engine.sync()
  expect(shown(later.engine)).toMatchObject({ state: 'submitted', due_on: '2026-11-22' })
  expect(shown(later.engine)?.pending).toBeUndefined()
  await later.engine.close()
})
