/** What stays laid over the rows, and over which: duplicates that the bank knew, and a bank that was restored. */
import 'fake-indexeddb/auto'
import { expect, test, vi } from 'vitest'
import { build } from '../domain/commands'
import { uuid7 } from '../domain/ids'
import { FakeBank } from './testing/bank'
import { GRID, GRID_KEY, household, readyPhone, STAFF_KEY, visitOf } from './testing/phone'

// Two busy cores must not fail a test that is merely slow.
vi.setConfig({ testTimeout: 60_000 })
const known = household('谢金枝', '13800001234')

async function bank(): Promise<FakeBank> {
  const made = await FakeBank.open()
  made.change(GRID_KEY, [known])
  made.change(STAFF_KEY, [])
  return made
}

test('a visit that waits on a duplicate customer is shown with the customer whom the bank knew', async () => {
  const at = await bank()
  const { engine } = await readyPhone(at, uuid7())
  const create = build.customerCreate({ id: uuid7(), kind: 'household', name: '谢金枝', grid_id: GRID, address: '三组', members: [] })
  const visit = visitOf(create.body.id)
  await engine.save([create])
  expect(engine.customers()).toHaveLength(2)
  at.alias = { [create.body.id]: known.id }
  // The bank's row of the household comes later than its answer.
  at.effect = () => ({ [`grid:${GRID}`]: 99 })
  await engine.sync()
  at.alias = null
  at.fault = () => 'lost'
  await engine.save([{ ...visit, needs: [create.id] }, build.setValues({ customer_id: create.body.id, edits: [{ field: 'income_wages_fen', seen: null, value: 500 }] })])
  expect(engine.customers().map(({ id }) => id)).toEqual([known.id])
  for (const asked of [known.id, create.body.id]) {
    const view = await engine.customer(asked)
    expect(view.customer.id).toBe(known.id)
    expect(view.visits.map(({ id }) => id)).toEqual([visit.body.id])
  }
  expect((await engine.lastVisit(known.id))?.id).toBe(visit.body.id)
  await engine.close()
})

test('after a restore a received visit stays shown until the restored rows are here, however high the former ones counted', async () => {
  const at = await bank()
  const { engine } = await readyPhone(at, uuid7())
  for (let i = 0; i < 5; i++) at.change(GRID_KEY, [{ ...known, values: { ...known.values, address: `${i} 组` } }])
  await engine.sync()
  const before = at.books.get(GRID_KEY)!.revision
  at.epoch = 'epoch-2'
  at.books.get(GRID_KEY)!.revision = before - 3
  at.effect = () => ({ [`grid:${GRID}`]: before - 3 })
  const visit = visitOf(known.id)
  await engine.save([visit])
  // The push goes through, the pull behind it does not.
  at.fault = (_method, path) => (path.startsWith('/api/v1/sync/pull') ? 'lost' : null)
  await engine.sync()
  expect(at.applied).toHaveLength(1)
  expect(engine.status()).toMatchObject({ epoch: 'epoch-2', waiting: 0 })
  expect((await engine.customer(known.id)).visits.map(({ id, pending }) => [id, pending?.state])).toEqual([[visit.body.id, 'received']])
  at.fault = () => null
  await engine.sync()
  expect((await engine.customer(known.id)).visits).toEqual([])
  await engine.close()
})
