import 'fake-indexeddb/auto'
import { expect, test, vi } from 'vitest'
import { build } from '../domain/commands'
import { uuid7 } from '../domain/ids'
import { sha256Hex, utf8 } from '../store/bytes'
import { FakeBank } from './testing/bank'
import { BANK_KEY, GRID_KEY, household, PIN, readyPhone, reopen, STAFF_KEY } from './testing/phone'

vi.setConfig({ testTimeout: 60_000 })

const HOUR = 3_600_000
const xie = household('谢金枝', '13812342260')
const loan = { kind: 'product', id: 'loan', values: { zh: '贷款', en: 'Loan', need: true, order: 1 } }

const unplaced = (more: object = {}) =>
  build.visitLogUnplaced({
    id: uuid7(), name: '老谢家', place: '大湾二组', channel: 'onsite', purpose: 'follow_up', outcome: 'met', needs: ['loan'], presented: [], photos: [], note: '谈到买拖拉机', ...more,
  })

test('past the offline limit a visit is taken by name: forms have their words, lists stay shut, the photo goes along', async () => {
  const bank = await FakeBank.open()
  bank.change(GRID_KEY, [xie])
  bank.change(BANK_KEY, [loan])
  let phone = await readyPhone(bank, uuid7())
  phone.clock.now += 80 * HOUR
  bank.fault = () => 'lost'
  expect(phone.engine.status().readLocked).toBe(true)
  expect(phone.engine.products().map((one) => one.zh)).toEqual(['贷款'])
  expect([phone.engine.customers(), phone.engine.search('xjz'), phone.engine.unplaced(), phone.engine.tasks()]).toEqual([[], [], [], []])
  const bytes = utf8('photo')
  const hash = await sha256Hex(bytes)
  const command = unplaced({ photos: [{ hash, class: 'home', taken_at: 1 }] })
  await phone.engine.save([command], [{ hash, class: 'home', bytes }])
  phone = await reopen(bank, phone)
  expect(await phone.engine.unlock(PIN)).toBe('ok')
  expect(phone.engine.status()).toMatchObject({ readLocked: true, waiting: 1 })
  bank.fault = () => null
  await phone.engine.sync()
  expect(bank.applied.map((one) => [one['type'], (one['body'] as { name: string }).name])).toEqual([['visit.log_unplaced', '老谢家']])
  expect([...bank.files.keys()]).toEqual([hash])
  expect(phone.engine.status().readLocked).toBe(false)
  await phone.engine.close()
})

test('one that waits for its household is shown, and placed without a network', async () => {
  const bank = await FakeBank.open()
  bank.change(GRID_KEY, [xie])
  const phone = await readyPhone(bank, uuid7())
  const mine = unplaced()
  await phone.engine.save([mine])
  expect(phone.engine.unplaced()).toMatchObject([{ id: mine.body.id, name: '老谢家', staff_id: 'staff-1', pending: { state: 'saved' } }])
  expect(phone.engine.outbox()[0]).toMatchObject({ type: 'visit.log_unplaced', customerName: '老谢家' })
  await phone.engine.sync()
  const { id: _id, files: _files, ...said } = mine.body as typeof mine.body & { files?: unknown }
  const values = { ...said, staff_id: 'staff-1', at: 1, photos: 0, offered: [xie.id], lon: null, lat: null, accuracy_m: null, wanted_fen: null, wanted_for: null, next_on: null, next_purpose: null }
  bank.change(STAFF_KEY, [{ kind: 'unplaced', id: mine.body.id, values }])
  await phone.engine.sync()
  expect(phone.engine.unplaced()).toMatchObject([{ offered: [xie.id] }])
  await phone.engine.save([build.visitPlace({ visit_id: mine.body.id, customer_id: xie.id })])
  expect(phone.engine.unplaced()).toEqual([])
  expect((await phone.engine.customer(xie.id)).visits).toMatchObject([{ id: mine.body.id, note: '谈到买拖拉机', staff_id: 'staff-1' }])
  await phone.engine.close()
})

test('a name is needed, and no longer than the bank takes', () => {
  expect(() => unplaced({ name: ' ' })).toThrow('name: required')
  expect(() => unplaced({ name: '谢'.repeat(61) })).toThrow('name: too_long')
  expect(() => unplaced({ place: '湾'.repeat(201) })).toThrow('place: too_long')
})
