/** Photos of a customer's file come by themselves, like everything that hangs on a customer. */
import 'fake-indexeddb/auto'
import { expect, test, vi } from 'vitest'
import { uuid7 } from '../domain/ids'
import { FakeBank } from './testing/bank'
import { GRID_KEY, household, PIN, readyPhone, reopen, STAFF_KEY } from './testing/phone'

// Two busy cores must not fail a test that is merely slow.
vi.setConfig({ testTimeout: 60_000 })

test('a photo that comes while the phone is there is on the customer’s page, also after the app was killed, until it is over', async () => {
  const mine = household('谢金枝', '13800002260')
  const bank = await FakeBank.open()
  bank.change(GRID_KEY, [mine])
  bank.change(STAFF_KEY, [])
  let phone = await readyPhone(bank, uuid7())
  const shown = async () => (await phone.engine.customer(mine.id)).photos.map(({ id }) => id)
  expect(await shown()).toEqual([])
  const id = uuid7()
  const values = { customer_id: mine.id, person_id: null, hash: 'a'.repeat(64), class: 'home', arrived: true, taken_on: '2026-11-01', staff_id: 'staff-2' }
  bank.change(GRID_KEY, [{ kind: 'photo', id, values }])
  await phone.engine.sync()
  expect(await shown()).toEqual([id])
  phone = await reopen(bank, phone)
  expect(await phone.engine.unlock(PIN)).toBe('ok')
  expect(await shown()).toEqual([id])
  bank.change(GRID_KEY, [], [{ kind: 'photo', id }])
  await phone.engine.sync()
  expect(await shown()).toEqual([])
  await phone.engine.close()
})
