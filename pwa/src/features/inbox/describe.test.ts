import { expect, test } from 'vitest'
import type { InboxRow, TaskRow } from '../../domain/rows'
import { describe } from './describe'

const row = (kind: string, params: InboxRow['params']): InboxRow => ({ id: 'i', revision: 1, kind, params, at: 0, read_at: null })
const task = { id: 't', customer_id: 'c', customer_name: '汪德海', reason: '照片看不清' } as TaskRow
const tasks = (id: string) => (id === 't' ? task : undefined)
const names = (id: string) => (id === 'c' ? '汪德海' : undefined)

test('a returned task leads to its household and says why', () => {
  expect(describe(row('task_returned', { task_id: 't' }), tasks, names)).toEqual({ name: '汪德海', count: 0, overdue: 0, reason: '照片看不清', who: '', before: '', after: '', file: '', day: '', event: '', icon: 'returned', to: '/customers/c' })
})

test('a household that is not on this phone is named from the task, and not linked', () => {
  expect(describe(row('task_approved', { task_id: 't' }), tasks, () => undefined)).toMatchObject({ name: '汪德海', to: undefined })
})

test('a digest counts what is due and overdue and leads to today', () => {
  expect(describe(row('digest', { due: 5, overdue: 2 }), tasks, names)).toMatchObject({ count: 5, overdue: 2, to: '/today' })
})

test('an unknown kind still shows', () => {
  expect(describe(row('something_new', {}), tasks, names)).toMatchObject({ icon: 'inbox', name: '', to: undefined })
})

test('what waits for a word leads to the customer; what became of mine to the sync page', () => {
  const at = (kind: string, params: InboxRow['params']) => describe({ id: 'i', revision: 1, kind, params, at: 1, read_at: null }, () => undefined, (id) => (id === 'c' ? '吴家' : undefined))
  expect(at('suggestion', { suggestion_id: 's', customer_id: 'c' })).toMatchObject({ name: '吴家', to: '/customers/c' })
  expect(at('dispute', { dispute_id: 'd', customer_id: 'c' })).toMatchObject({ name: '吴家', to: '/customers/c' })
  expect(at('dispute', { dispute_id: 'd', customer_id: 'elsewhere' }).to).toBeUndefined()
  expect(at('number_contested', { customer_id: 'c', member_id: 'm' }).to).toBe('/customers/c/member/m?field=id_number')
  expect(at('suggestion_accepted', { suggestion_id: 's' }).to).toBe('/sync')
})

test('what a phone does not hold leads to the page that the bank shows to who may look, and no others', () => {
  const to = (kind: string, looks: boolean) => describe(row(kind, { customer_id: 'elsewhere', member_id: 'm' }), tasks, names, (id) => (id === 'nobodys' ? '无主家' : undefined), looks).to
  expect([to('number_contested', true), to('dispute', true)]).toEqual(['/customers/elsewhere', '/customers/elsewhere'])
  expect([to('number_contested', false), to('dispute', false)]).toEqual([undefined, undefined])
  expect(describe(row('dispute', { customer_id: 'nobodys' }), tasks, names, () => '无主家', true).to).toBe('/decisions')
})

test('a fall names both tiers and leads to the customer, for a head by way of the bank', () => {
  expect(describe(row('tier_fell', { customer_id: 'c', before: 'core', after: 'basic' }), tasks, names)).toMatchObject({ name: '汪德海', before: 'core', after: 'basic', icon: 'alert', to: '/customers/c' })
  expect(describe(row('tier_fell', { customer_id: 'elsewhere', before: 'core', after: 'basic' }), tasks, names, () => undefined, true)).toMatchObject({ name: '', to: '/customers/elsewhere' })
})

test('an opportunity of a head names the event and leads to the customer by way of the bank', () => {
  expect(describe(row('opportunity', { customer_id: 'elsewhere', event: 'big_inflow', opportunity_id: 'o' }), tasks, names, () => undefined, true)).toMatchObject({ event: 'big_inflow', icon: 'walk', to: '/customers/elsewhere' })
})

test('a recalculation that waits leads to where it is released', () => {
  expect(describe(row('strategy_run_held', { tiers: 900, zeroed: 4 }), tasks, names)).toMatchObject({ icon: 'alert', to: '/strategy/runs' })
  const stale = (strategist: boolean) => describe(row('strategy_source_stale', { file: 'accounts', day: '2026-03-01', days: 7 }), tasks, names, () => undefined, false, strategist)
  expect(stale(true)).toMatchObject({ icon: 'alert', file: 'accounts', day: '2026-03-01', to: '/strategy/runs' })
  expect(stale(false).to).toBeUndefined()
})
