/** A customer whom the phone does not hold: shown while the page is open, and gone with it or with the lock. */
import 'fake-indexeddb/auto'
import { encode } from '@msgpack/msgpack'
import { expect, test, vi } from 'vitest'
import { uuid7 } from '../domain/ids'
import { FakeBank, type BankRow } from './testing/bank'
import { GRID_KEY, household, member, PIN, readyPhone, reopen, STAFF_KEY, task, visitOf, type Phone } from './testing/phone'

// Two busy cores must not fail a test that is merely slow.
vi.setConfig({ testTimeout: 60_000 })

const mine = household('谢金枝', '13800002260')
const far = household('汪德海', '13800002261')
const HASH = 'a'.repeat(64)
const photo: BankRow = { kind: 'photo', id: uuid7(), values: { customer_id: far.id, person_id: null, hash: HASH, class: 'home', arrived: true, taken_on: '2026-11-01', staff_id: 'staff-2' } }
const rows = [far, member(far.id, '汪小妹'), photo, task(far, { staff_id: 'staff-2' })]

const groups = () => rows.map(({ kind, id, values }) => ({ kind, fields: Object.keys(values), rows: [[id, 0, ...Object.values(values)]], gone: [] }))
const answer = () => new Response(encode({ customer_id: far.id, now: 1_700_000_000_000, groups: groups() }))

/** A head's phone; `shows` answers a look. */
async function phoneOf(shows: () => Response = answer): Promise<{ bank: FakeBank; phone: Phone }> {
  const bank = await FakeBank.open()
  bank.change(GRID_KEY, [mine])
  bank.change(STAFF_KEY, [])
  const phone = await readyPhone(bank, uuid7())
  bank.fault = (method, path) => {
    if (path === '/api/v1/sync/customer') return shows()
    return method === 'GET' && path.startsWith(`/api/v1/files/${HASH}`) ? new Response(new Uint8Array([255, 216])) : null
  }
  return { bank, phone }
}

test('is shown with all that the bank told, and is in no list', async () => {
  const { phone } = await phoneOf()
  const { engine } = phone
  await expect(engine.customer(far.id)).rejects.toMatchObject({ code: 'not_found' })
  const heard = vi.fn()
  engine.subscribe(heard)
  expect(await engine.look(far.id)).toBe(far.id)
  expect(heard).toHaveBeenCalledWith('rows')
  const view = await engine.customer(far.id)
  expect(view.customer.name).toBe('汪德海')
  expect(view.members.map(({ name }) => name)).toEqual(['汪小妹'])
  expect(view.photos.map(({ hash }) => hash)).toEqual([HASH])
  expect(view.tasks.map(({ staff_id }) => staff_id)).toEqual(['staff-2'])
  expect(view.online).toEqual({ at: 1_700_000_000_000, evaluations: [] })
  expect(engine.customers().map(({ id }) => id)).toEqual([mine.id])
  expect(engine.search('汪德海')).toEqual([])
  expect(engine.tasks()).toEqual([])
  expect((await engine.customer(mine.id)).online).toBeUndefined()
  await engine.close()
})

test('what she has written of it meanwhile lies over what the bank showed', async () => {
  const { bank, phone } = await phoneOf()
  const shows = bank.fault
  await phone.engine.look(far.id)
  bank.fault = () => 'lost'
  const visit = visitOf(far.id)
  await phone.engine.save([visit])
  bank.fault = shows
  expect((await phone.engine.customer(far.id)).visits.map(({ id, pending }) => [id, pending?.state])).toEqual([[visit.body.id, 'saved']])
  await phone.engine.close()
})

test('is gone when the page is left, when the phone is locked, and when the app is killed', async () => {
  const { bank, phone } = await phoneOf()
  const { engine } = phone
  const gone = () => expect(engine.customer(far.id)).rejects.toMatchObject({ code: 'not_found' })
  const fetched = () => bank.paths.filter((path) => path.includes(HASH)).length
  await engine.look(far.id)
  const url = await engine.fileUrl(HASH, 'thumb')
  expect(await engine.fileUrl(HASH, 'thumb')).toBe(url)
  expect(fetched()).toBe(1)
  engine.forgetLook(far.id)
  await gone()
  await engine.fileUrl(HASH, 'thumb')
  expect(fetched()).toBe(2)
  await engine.look(far.id)
  engine.lock()
  expect(await engine.unlock(PIN)).toBe('ok')
  await gone()
  await engine.look(far.id)
  const again = await reopen(bank, phone)
  expect(await again.engine.unlock(PIN)).toBe('ok')
  await expect(again.engine.customer(far.id)).rejects.toMatchObject({ code: 'not_found' })
  await again.engine.close()
})

test('an answer that comes when the phone is locked is thrown away', async () => {
  const { phone } = await phoneOf(() => {
    phone.engine.lock()
    return answer()
  })
  await expect(phone.engine.look(far.id)).rejects.toMatchObject({ code: 'locked' })
  expect(await phone.engine.unlock(PIN)).toBe('ok')
  await expect(phone.engine.customer(far.id)).rejects.toMatchObject({ code: 'not_found' })
  await phone.engine.close()
})

test('one that has become part of another is shown as that one, and both are forgotten', async () => {
  const { phone } = await phoneOf()
  const { engine } = phone
  const former = uuid7()
  expect(await engine.look(former)).toBe(far.id)
  for (const id of [former, far.id]) expect((await engine.customer(id)).customer.id).toBe(far.id)
  engine.forgetLook(former)
  for (const id of [former, far.id]) await expect(engine.customer(id)).rejects.toMatchObject({ code: 'not_found' })
  await engine.close()
})

test('what head office says it is for goes along with its photos', async () => {
  const { bank, phone } = await phoneOf()
  const shows = bank.fault
  bank.fault = (method, path) => (method === 'POST' && path === `/api/v1/files/${HASH}/look` ? new Response(new Uint8Array([255, 216])) : shows(method, path))
  await phone.engine.look(far.id, '客户申诉')
  await phone.engine.fileUrl(HASH, 'thumb')
  expect(bank.paths.filter((path) => path.includes(HASH))).toEqual([`POST /api/v1/files/${HASH}/look`])
  await phone.engine.close()
})
