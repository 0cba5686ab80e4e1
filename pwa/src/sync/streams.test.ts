/** What the model of a page found about tabs, streams and lives of the bank: each its own plain test. */
import 'fake-indexeddb/auto'
import { expect, test, vi } from 'vitest'
import { build } from '../domain/commands'
import { uuid7 } from '../domain/ids'
import { Device } from '../store/device'
import { flushOutbox } from './background'
import { syncLock } from './locks'
import { databaseOf } from './testing/page'
import { FakeBank } from './testing/bank'
import { GRID_KEY, household, openPhone, PIN, readyPhone, visitOf, type Phone } from './testing/phone'

// Two busy cores must not fail a test that is merely slow.
vi.setConfig({ testTimeout: 60_000 })

const xie = household('谢金枝', '13812342260')
const file = { kind: 'file', id: xie.id, values: { values: {}, open_sections: [], points: 0 } }
const HOUR_MS = 3_600_000

async function oneHousehold(): Promise<{ bank: FakeBank; phone: Phone }> {
  const bank = await FakeBank.open()
  bank.change(GRID_KEY, [xie, file])
  return { bank, phone: await readyPhone(bank, uuid7()) }
}

async function secondTab(bank: FakeBank, phone: Phone): Promise<Phone> {
  const tab = await openPhone(bank, phone.deviceDatabase, phone.clock, phone.locks, phone.ledger)
  await tab.engine.unlock(PIN)
  return tab
}

/** Somebody used a copy of the phone: the next place of its stream is taken. */
function useCopy(bank: FakeBank): void {
  const stream = [...bank.streams.values()].at(-1)
  if (!stream) throw new Error('no stream yet')
  const id = uuid7()
  stream.known.set(id, { id, seq: stream.expects, hash: '0'.repeat(64), receipt: { result: 'applied' }, command: { needs: [] } })
  stream.expects++
}

const wages = (value: number) => build.setValues({ customer_id: xie.id, edits: [{ field: 'income_wages_fen', seen: null, value }] })
const shown = async ({ engine }: Phone): Promise<unknown> => (await engine.customer(xie.id)).file?.values?.['income_wages_fen']?.[0]

test('a tab beyond the offline limit opens when another tab has reached the bank', async () => {
  const { bank, phone } = await oneHousehold()
  const other = await secondTab(bank, phone)
  phone.clock.now += 80 * HOUR_MS
  expect(other.engine.status().readLocked).toBe(true)
  await phone.engine.sync()
  await vi.waitFor(() => expect(other.engine.status().readLocked).toBe(false))
  for (const { engine } of [phone, other]) await engine.close()
})

test('an older entry does not come back over a newer one because the clock was turned back', async () => {
  const { phone } = await oneHousehold()
  await phone.engine.save([wages(500)])
  phone.clock.now -= HOUR_MS
  await phone.engine.save([wages(700)])
  expect(await shown(phone)).toBe(700)
  await phone.engine.close()
})

test('what a tab takes back leaves no hole before what another tab saves', async () => {
  const { bank, phone } = await oneHousehold()
  const other = await secondTab(bank, phone)
  const taken = visitOf(xie.id)
  await other.engine.save([visitOf(xie.id)])
  await other.engine.save([taken])
  await vi.waitFor(() => expect(phone.engine.outbox()).toHaveLength(2))
  expect(await phone.engine.undo([taken.id])).toBe(true)
  await vi.waitFor(() => expect(other.engine.outbox()).toHaveLength(1))
  await other.engine.save([visitOf(xie.id)])
  await other.engine.sync()
  expect(bank.applied.map((command) => command['seq'])).toEqual([1, 2])
  expect(bank.devices.size).toBe(1)
  for (const { engine } of [phone, other]) await engine.close()
})

test('a copied phone goes on in its new stream, whichever tab sends', async () => {
  const { bank, phone } = await oneHousehold()
  const other = await secondTab(bank, phone)
  await phone.engine.save([visitOf(xie.id)])
  await phone.engine.sync()
  useCopy(bank)
  const waits = build.visitLog(visitOf(xie.id).body, { needs: [uuid7()] })
  await phone.engine.save([waits, visitOf(xie.id)])
  const place = async () => {
    const entry = await databaseOf(phone.engine).outbox.get(waits.id)
    return [entry?.stream, entry?.seq]
  }
  const before = await place()
  await other.engine.sync()
  const renewed = await place()
  expect(renewed).not.toEqual(before)
  await phone.engine.sync()
  expect(await place()).toEqual(renewed)
  for (const { engine } of [phone, other]) await engine.close()
})

test('another life of the bank that only the pull meets is answered in the same run', async () => {
  const { bank, phone } = await oneHousehold()
  await phone.engine.save([wages(500)])
  await phone.engine.sync()
  bank.epoch = 'epoch-2'
  bank.streams.clear()
  bank.applied.length = 0
  await phone.engine.sync()
  expect(bank.applied).toHaveLength(1)
  expect(phone.engine.status().waiting).toBe(0)
  await phone.engine.close()
})

/** The bank is restored from a backup of before the first entry. */
function restoreFromNothing(bank: FakeBank): void {
  bank.epoch = 'epoch-2'
  bank.streams.clear()
  bank.applied.length = 0
}

const taken = (bank: FakeBank): unknown[] => bank.applied.map((command) => (command['body'] as { edits: { value: number }[] }).edits[0]?.value)

test.each(['pull', 'push'])('after a copy and a restore that the %s meets, all entries come in their order', async (meets) => {
  const { bank, phone } = await oneHousehold()
  await phone.engine.save([wages(500)])
  await phone.engine.sync()
  useCopy(bank)
  await phone.engine.save([wages(700)])
  await phone.engine.sync()
  if (meets === 'push') await phone.engine.save([wages(900)])
  restoreFromNothing(bank)
  await phone.engine.sync()
  expect(taken(bank)).toEqual(meets === 'push' ? [500, 700, 900] : [500, 700])
  expect(phone.engine.status().waiting).toBe(0)
  await phone.engine.close()
})

test('an entry that is only too early for the bank asks for nobody', async () => {
  const { bank, phone } = await oneHousehold()
  await phone.engine.save([wages(500)])
  await phone.engine.sync()
  restoreFromNothing(bank)
  await phone.engine.save([wages(700)])
  // The bank says that it lacks what came before; then the network goes.
  let pushes = 0
  bank.fault = (_, path) => (path.endsWith('/sync/push') && ++pushes > 1 ? 'lost' : null)
  await phone.engine.sync()
  expect(phone.engine.outbox().map(({ state, result }) => [state, result])).toEqual([['saved', null], ['saved', 'applied']])
  await phone.engine.close()
})

test('what was saved since waits, in the background too, for what has no place in the new stream yet', async () => {
  const { bank, phone } = await oneHousehold()
  await phone.engine.save([wages(500)])
  await phone.engine.sync()
  useCopy(bank)
  await phone.engine.save([wages(700)])
  // The bank says that the phone was copied; the new installation is made, and the bank does not hear of it.
  bank.fault = (_, path) => (path.endsWith('/devices') ? 'lost' : null)
  await phone.engine.sync()
  bank.fault = () => null
  await phone.engine.login('wang', 'right')
  await phone.engine.save([wages(900)])
  const { deviceDatabase, clock, locks } = phone
  expect(await flushOutbox({ fetch: bank.fetch as typeof fetch, baseUrl: 'http://bank', now: () => clock.now, locks, deviceDatabase })).toBe(0)
  await phone.engine.sync()
  expect(taken(bank)).toEqual([500, 700, 900])
  await phone.engine.close()
})

test('a phone that dies the moment its new installation is on disk still brings in order what was saved before', async () => {
  const { bank, phone } = await oneHousehold()
  await phone.engine.save([wages(500)])
  await phone.engine.sync()
  const databaseName = databaseOf(phone.engine).name
  useCopy(bank)
  await phone.engine.save([wages(700)])
  const former = [...bank.streams.keys()].at(-1)
  // which stream follows which is on disk before the new installation is
  let noted: unknown
  const put = Reflect.get(Device.prototype, 'put') as Device['put']
  const dies = vi.spyOn(Device.prototype, 'put').mockImplementation(async function (this: Device, key: string, value: unknown) {
    if (key.startsWith('identity:')) noted = (await databaseOf(phone.engine).meta.get('streams'))?.value
    await put.call(this, key, value)
    if (key.startsWith('identity:')) throw new Error('the battery is empty')
  })
  await phone.engine.sync()
  await phone.engine.close()
  dies.mockRestore()
  expect(noted).toEqual([former, expect.not.stringMatching(former ?? '')])
  // saved before the app gets to look at what waits: its place is the first of the new stream
  let looks = (): void => undefined
  const busy = phone.locks.run(syncLock(databaseName), () => new Promise<void>((resolve) => (looks = resolve)))
  const again = await secondTab(bank, phone)
  again.clock.now -= HOUR_MS
  await again.engine.save([wages(900)])
  looks()
  await busy
  await again.engine.login('wang', 'right')
  await again.engine.sync()
  expect(taken(bank)).toEqual([500, 700, 900])
  await again.engine.close()
})

test('what was sent in the former stream cannot be taken back in the present one', async () => {
  const { bank, phone } = await oneHousehold()
  await phone.engine.save([wages(500)])
  await phone.engine.sync()
  useCopy(bank)
  await phone.engine.save([wages(700)])
  // The bank says that the phone was copied; the app is closed before all goes up anew.
  bank.fault = (_, path) => {
    if (path.endsWith('/sync/pull')) void phone.engine.close()
    return null
  }
  await phone.engine.sync()
  bank.fault = () => null
  const again = await secondTab(bank, phone)
  const entries = await databaseOf(again.engine).outbox.orderBy('seq').toArray()
  expect(entries.map(({ state, seq }) => [state, seq])).toEqual([['received', 1], ['saved', 2]])
  expect(again.engine.outbox().map(({ canUndo }) => canUndo)).toEqual([false, false])
  expect(await again.engine.undo([entries[1]?.id ?? ''])).toBe(false)
  // A file for support has every place of the new stream, or the bank would hold what stands behind the missing one.
  expect((await again.engine.exportOutbox()).commands).toBe(2)
  await again.engine.sync()
  expect((await again.engine.exportOutbox()).commands).toBe(0)
  expect(taken(bank)).toEqual([500, 700])
  await again.engine.close()
})

test('what the bank took before the phone was copied is received, though numbered anew since', async () => {
  const { bank, phone } = await oneHousehold()
  const visit = visitOf(xie.id)
  await phone.engine.save([visit])
  // The bank takes it and the answer is lost; then, in its place, a restored database has somebody else's.
  bank.fault = (_, path) => (path.endsWith('/sync/push') ? 'cut' : null)
  await phone.engine.sync()
  bank.fault = () => null
  const stream = [...bank.streams.values()].at(-1)
  const known = stream?.known.get(visit.id)
  if (!stream || !known) throw new Error('the bank did not take it')
  bank.streams.set(uuid7(), { expects: 2, known: new Map([[visit.id, known]]) })
  stream.known.clear()
  useCopy(bank)
  await phone.engine.save([visitOf(xie.id)])
  await phone.engine.sync()
  expect(bank.applied.filter(({ id }) => id === visit.id)).toHaveLength(1)
  expect(phone.engine.outbox().map(({ state, code }) => [state, code])).toEqual([['received', null], ['received', null]])
  await phone.engine.close()
})
