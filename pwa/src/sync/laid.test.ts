/** What stays laid over the rows, and over which: duplicates that the bank knew, and a bank that was restored. */
import 'fake-indexeddb/auto'
import { expect, test, vi } from 'vitest'
import { build } from '../domain/commands'
import { uuid7 } from '../domain/ids'
import { FakeBank } from './testing/bank'
import { GRID, GRID_KEY, household, member, readyPhone, STAFF_KEY, visitOf } from './testing/phone'

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

test('a household that split off on this phone shows who and what went, though those rows still hang on the other', async () => {
  const at = await bank()
  const [head, child] = [member(known.id, '谢大山'), member(known.id, '谢小山')]
  const car = { kind: 'record', id: uuid7(), values: { customer_id: known.id, kind: 'vehicle', label: '轿车', value_fen: 1, area_m2: null, quantity: 1, observed_on: null, source: 'collected', detail: {} } }
  at.change(GRID_KEY, [head, child, car])
  const { engine } = await readyPhone(at, uuid7())
  at.fault = () => 'lost'
  const split = build.customerSplit({ id: uuid7(), customer_id: known.id, name: '谢小山', address: '四组', member_ids: [child.id], head_id: child.id, record_ids: [car.id] })
  await engine.save([split, build.memberPut({ id: child.id, customer_id: split.body.id, person_id: String(child.values['person_id']), edits: [{ field: 'occupation', seen: null, value: '木匠' }] }, { needs: [split.id] })])
  const [fresh, old] = [await engine.customer(split.body.id), await engine.customer(known.id)]
  expect(fresh.members).toMatchObject([{ name: '谢小山', relation: 'head', occupation: '木匠' }])
  expect(fresh.records).toMatchObject([{ label: '轿车' }])
  expect(old.members.map(({ name }) => name)).toEqual(['谢大山'])
  expect(old.records).toEqual([])
  expect(engine.customers().map(({ name }) => name).sort()).toEqual(['谢小山', '谢金枝'])
  await engine.close()
})
