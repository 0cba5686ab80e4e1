/**
 * Databases of older apps, opened by today's. `database-N.json` is a dump of every object store of a real one; the test
 * makes today's with TIANGE_WRITE_FIXTURES. From now on each change of a format adds a dump, and none is ever removed.
 */
import 'fake-indexeddb/auto'
import { readFileSync, writeFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import Dexie from 'dexie'
import { expect, test, vi } from 'vitest'
import { build } from '../../domain/commands'
import { uuid7 } from '../../domain/ids'
import { FakeBank } from '../testing/bank'
import { GRID, GRID_KEY, household, member, openPhone, PIN, readyPhone, STAFF_KEY, task, visitOf } from '../testing/phone'
import { sha256Hex, utf8 } from '../../store/bytes'
import { STAFF_FORMAT, StaffDatabase } from '../../store/database'
import { Device } from '../../store/device'

// Two busy cores must not fail a test that is merely slow.
vi.setConfig({ testTimeout: 60_000 })

const FOLDER = fileURLToPath(new URL('.', import.meta.url))

interface Dump {
  /** As IndexedDB counts, ten times the app's own number. */
  version: number
  /** Object stores: their key path and indexes. */
  stores: Record<string, { keyPath: string; indexes: { name: string; keyPath: string | string[]; unique: boolean }[]; rows: unknown[] }>
}

const toJson = (_: string, value: unknown): unknown => (value instanceof Uint8Array ? { $bytes: Buffer.from(value).toString('base64') } : value)
const fromJson = (_: string, value: unknown): unknown => {
  const bytes = (value as { $bytes?: string } | null)?.$bytes
  return typeof bytes === 'string' ? new Uint8Array(Buffer.from(bytes, 'base64')) : value
}

/** Every object store of a database, read without the app's own code. */
async function dump(name: string): Promise<Dump> {
  const db = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(name)
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('no database'))
  })
  const stores: Dump['stores'] = {}
  for (const store of db.objectStoreNames) {
    const table = db.transaction(store).objectStore(store)
    const rows = await new Promise<unknown[]>((resolve) => {
      const request = table.getAll()
      request.onsuccess = () => resolve(request.result as unknown[])
    })
    const indexes = [...table.indexNames].map((index) => {
      const { name: called, keyPath, unique } = table.index(index)
      return { name: called, keyPath, unique }
    })
    stores[store] = { keyPath: table.keyPath as string, indexes, rows }
  }
  const { version } = db
  db.close()
  return { version, stores }
}

async function restore(name: string, { version, stores }: Dump): Promise<void> {
  await Dexie.delete(name)
  const db = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(name, version)
    request.onupgradeneeded = () => {
      for (const [store, { keyPath, indexes }] of Object.entries(stores)) {
        const table = request.result.createObjectStore(store, { keyPath })
        for (const index of indexes) table.createIndex(index.name, index.keyPath, { unique: index.unique })
      }
    }
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('no database'))
  })
  const writing = db.transaction(Object.keys(stores), 'readwrite')
  for (const [store, { rows }] of Object.entries(stores)) for (const row of rows) writing.objectStore(store).put(row)
  await new Promise((resolve) => (writing.oncomplete = resolve))
  db.close()
}

const databaseOf = async (deviceDatabase: string): Promise<string> => {
  const device = await Device.open(deviceDatabase)
  const identity = await device.identity('staff-1')
  device.close()
  return identity!.database
}

test.runIf(process.env['TIANGE_WRITE_FIXTURES'])('writes the dump of the present format', async () => {
  const bank = await FakeBank.open()
  const xie = household('谢金枝', '13812342260')
  bank.change(GRID_KEY, [xie, member(xie.id, '谢大山')])
  bank.change(STAFF_KEY, [task(xie)])
  const phone = await readyPhone(bank, uuid7())
  await phone.engine.save([visitOf(xie.id)])
  await phone.engine.sync()
  bank.change(GRID_KEY, [member(xie.id, '谢小河')])
  await phone.engine.sync()
  const bytes = utf8('not really a jpeg')
  const hash = await sha256Hex(bytes)
  bank.judge = (command) => (command['type'] === 'customer.create' ? { code: 'bad_value' } : null)
  await phone.engine.save([build.customerCreate({ id: uuid7(), kind: 'household', name: '廖腊英', grid_id: GRID, address: '三组', members: [] })])
  await phone.engine.sync()
  await phone.engine.save([visitOf(xie.id, { note: '没送出的', photos: [{ hash, class: 'home', taken_at: 1 }] })], [{ hash, class: 'home', bytes }])
  await phone.engine.drafts.put('form:x', { note: '草稿' })
  phone.engine.lock()
  const name = await databaseOf(phone.deviceDatabase)
  await phone.engine.close()
  writeFileSync(`${FOLDER}database-${STAFF_FORMAT}.json`, JSON.stringify(await dump(name), toJson, 1))
})

test.runIf(process.env['TIANGE_WRITE_FIXTURES'])('writes the dump of entries whose household left the phone', async () => {
  const bank = await FakeBank.open()
  const xie = household('谢金枝', '13812342260')
  const followUp = task(xie)
  bank.change(GRID_KEY, [xie])
  bank.change(STAFF_KEY, [followUp])
  const phone = await readyPhone(bank, uuid7())
  bank.judge = (command) => ((command['body'] as { note?: string }).note === '不收' ? { code: 'bad_value' } : null)
  const visit = visitOf(xie.id)
  await phone.engine.save([visit, build.taskSubmit({ task_id: followUp.id, visit_id: visit.body.id }, { needs: [visit.id] })])
  await phone.engine.save([visitOf(xie.id, { note: '不收' })])
  await phone.engine.sync()
  await phone.engine.save([build.taskWithdraw({ task_id: followUp.id })])
  await phone.engine.sync()
  bank.books.delete(GRID_KEY)
  bank.change(STAFF_KEY, [], [{ kind: 'task', id: followUp.id }])
  await phone.engine.sync()
  const name = await databaseOf(phone.deviceDatabase)
  await phone.engine.close()
  writeFileSync(`${FOLDER}database-2-${process.env['TIANGE_WRITE_FIXTURES']}.json`, JSON.stringify(await dump(name), toJson, 1))
})

test('the present format has its dump', () => {
  const found = JSON.parse(readFileSync(`${FOLDER}database-${STAFF_FORMAT}.json`, 'utf8'), fromJson) as Dump
  expect(found.version).toBe(STAFF_FORMAT * 10)
  const db = new StaffDatabase('shape')
  expect(Object.keys(found.stores).sort()).toEqual(db.tables.map((table) => table.name).sort())
  for (const { name, schema } of db.tables) {
    expect([name, found.stores[name]?.keyPath]).toEqual([name, schema.primKey.keyPath])
    expect([name, found.stores[name]?.indexes.map((index) => index.name).sort()]).toEqual([name, schema.indexes.map((index) => index.name).sort()])
    expect([name, found.stores[name]?.rows.length]).not.toEqual([name, 0])
  }
})

test.each(readdirSync(FOLDER).filter((name) => /^database-\d+\.json$/.test(name)))('%s opens with its PIN: rows, drafts, and every entry that waits', async (name) => {
  const found = JSON.parse(readFileSync(FOLDER + name, 'utf8'), fromJson) as Dump
  const bank = await FakeBank.open()
  const phone = await openPhone(bank, uuid7())
  await phone.engine.login('wang', 'right')
  await phone.engine.close()
  const database = await databaseOf(phone.deviceDatabase)
  await restore(database, found)
  bank.fault = () => 'lost'
  const { engine } = await openPhone(bank, phone.deviceDatabase, phone.clock, phone.locks, phone.ledger)
  expect(engine.status()).toMatchObject({ phase: 'locked', waiting: 1, attention: 1, lost: null })
  expect(await engine.unlock(PIN)).toBe('ok')
  const [xie] = engine.search('xjz')
  const view = await engine.customer(xie!.id)
  expect(view.members.map((one) => one.name).sort()).toEqual(['谢大山', '谢小河'])
  expect(view.visits.map((visit) => visit.note)).toContain('没送出的')
  expect(engine.drafts.get('form:x')).toEqual({ note: '草稿' })
  expect(engine.outbox().map(({ type, state }) => `${type} ${state}`).sort()).toEqual(['customer.create attention', 'visit.log received', 'visit.log saved'])
  await engine.save([visitOf(xie!.id)])
  expect(engine.status().waiting).toBe(2)
  await engine.close()
})

test('assets of an app from before records are shown as such, what waits of them too', async () => {
  const found = JSON.parse(readFileSync(`${FOLDER}database-2-assets.json`, 'utf8'), fromJson) as Dump
  const bank = await FakeBank.open()
  const phone = await openPhone(bank, uuid7())
  await phone.engine.login('wang', 'right')
  await phone.engine.close()
  await restore(await databaseOf(phone.deviceDatabase), found)
  bank.fault = () => 'lost'
  const { engine } = await openPhone(bank, phone.deviceDatabase, phone.clock, phone.locks, phone.ledger)
  expect(await engine.unlock(PIN)).toBe('ok')
  const [xie] = engine.search('xjz')
  const labels = async () => (await engine.customer(xie!.id)).records.map((one) => `${one.kind} ${one.label}`).sort()
  expect(await labels()).toEqual(['machinery 拖拉机', 'vehicle 皮卡'])
  expect(engine.outbox().map(({ type, state }) => `${type} ${state}`)).toContain('record.put saved')
  await engine.close()
})

/** A phone with a dump's database, unlocked without a network, and its list of entries: type, state, and whom each is about. */
async function withEntries(file: string) {
  const found = JSON.parse(readFileSync(FOLDER + file, 'utf8'), fromJson) as Dump
  const bank = await FakeBank.open()
  const phone = await openPhone(bank, uuid7())
  await phone.engine.login('wang', 'right')
  await phone.engine.enrol('test phone')
  await phone.engine.close()
  const database = await databaseOf(phone.deviceDatabase)
  await restore(database, found)
  bank.fault = () => 'lost'
  const { engine } = await openPhone(bank, phone.deviceDatabase, phone.clock, phone.locks, phone.ledger)
  expect(await engine.unlock(PIN)).toBe('ok')
  return { bank, engine, database, entries: () => engine.outbox().map(({ type, state, customerName }) => [type, state, customerName].join(' ')) }
}

test('entries keep whom they are about after the household has left the phone', async () => {
  const { engine, entries } = await withEntries('database-2-about.json')
  expect(engine.customers()).toEqual([])
  expect(entries()).toEqual(['task.withdraw received 谢金枝', 'visit.log attention 谢金枝', 'visit.log received 谢金枝'])
  await engine.close()
})

test('what an app of before had noted of all entries together goes over to each at the next contact', async () => {
  const { bank, engine, database, entries } = await withEntries('database-2-noted.json')
  const named = ['task.withdraw received ', 'visit.log attention 谢金枝', 'visit.log received 谢金枝']
  expect(entries()).toEqual(named)
  bank.fault = () => null
  await engine.sync()
  expect(engine.status().syncError).toBeNull()
  expect(entries()).toEqual(named)
  await engine.close()
  const { stores } = await dump(database)
  expect(stores['meta']?.rows.map((row) => (row as { key: string }).key)).not.toContain('about')
  expect(stores['outbox']?.rows.filter((row) => 'about' in (row as object))).toHaveLength(2)
})
