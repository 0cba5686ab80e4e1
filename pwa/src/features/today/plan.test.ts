import { expect, test } from 'vitest'
import type { TaskRow } from '../../domain/rows'
import type { CustomerEntry } from '../../domain/views'
import { countColumn, withOwnContacts } from '../../domain/duties'
import { planRoute } from './plan'

const task = (id: string, over: Partial<TaskRow> = {}): TaskRow => ({
  id, revision: 1, kind: 'follow_up', duty: 'visit', customer_id: `c${id}`, customer_name: `户${id}`, grid_id: 'g1', due_on: '2026-11-19', state: 'open',
  opened_on: '2026-11-01', submitted_at: null, evidence_id: null, decided_at: null, decided_by: null, reason: null, ...over,
})
const customer = (id: string, lon: number, lat: number, grid_id = 'g1'): [string, CustomerEntry] => [
  id,
  { id, kind: 'household', name: `户${id}`, pinyin: '', initials: '', phone: null, address: '', grid_id, owner_id: null, lon, lat },
]
const TODAY = '2026-11-19' // a Thursday

test('overdue counts in all columns, later days only where they fall, done by when it was sent in', () => {
  const tasks = [
    task('1', { due_on: '2026-11-16' }),
    task('2'),
    task('3', { due_on: '2026-11-22' }),
    task('4', { due_on: '2026-11-30' }),
    task('5', { due_on: '2026-12-05' }),
    task('6', { state: 'submitted', submitted_at: Date.parse('2026-11-19T01:00:00Z') }),
    task('7', { state: 'closed', submitted_at: Date.parse('2026-11-16T01:00:00Z') }),
    task('8', { state: 'approved', submitted_at: Date.parse('2026-11-02T01:00:00Z') }),
    task('9', { state: 'cancelled', due_on: '2026-11-01' }),
  ]
  expect(countColumn(tasks, 'today', TODAY)).toEqual({ done: 1, overdue: 1, todo: 1 })
  expect(countColumn(tasks, 'week', TODAY)).toEqual({ done: 2, overdue: 1, todo: 2 })
  expect(countColumn(tasks, 'month', TODAY)).toEqual({ done: 3, overdue: 1, todo: 3 })
})

test('one stop a household, villages in walking order, legs from stop to stop', () => {
  const customers = new Map([customer('c1', 114.02, 29.5, 'far'), customer('c2', 114.001, 29.5), customer('c3', 114.003, 29.5)])
  const tasks = [task('1'), task('2', { due_on: '2026-11-10' }), task('3'), task('4', { customer_id: 'c3', kind: 'collection' })]
  const plan = planRoute(tasks, customers, 'today', TODAY, { lon: 114, lat: 29.5 })
  expect(plan.map((v) => [v.gridId, v.stops.map((s) => s.id)])).toEqual([['g1', ['c2', 'c3']], ['far', ['c1']]])
  expect(plan[0]?.stops[1]?.tasks.map((t) => t.kind)).toEqual(['follow_up', 'collection'])
  expect(Math.round((plan[0]?.stops[1]?.leg ?? 0) / 10)).toBe(19)
  expect(plan[0]?.stops[0]?.overdue).toBe(true)
})

test('a household that is not on the phone still stands in the list, without a distance', () => {
  const [village] = planRoute([task('1')], new Map(), 'today', TODAY, null)
  expect(village?.stops[0]).toMatchObject({ name: '户1', leg: null, lon: null })
})

test('a contact made on this phone counts before the bank has it; a visit still needs its handing in', () => {
  const at = Date.parse('2026-11-19T02:00:00Z')
  const tasks = [task('1', { duty: 'contact' }), task('2', { customer_id: 'c1' })]
  const met = new Map([['c1', { at, visit: 'v1' }]])
  expect(withOwnContacts(tasks, met).map((t) => [t.state, t.submitted_at, t.evidence_id])).toEqual([['closed', at, 'v1'], ['open', null, null]])
  expect(countColumn(withOwnContacts(tasks, met), 'today', TODAY)).toEqual({ done: 1, overdue: 0, todo: 1 })
})

test('a visit that does two duties is one thing done; a household with two due is one to go to', () => {
  const at = Date.parse('2026-11-19T02:00:00Z')
  const both = [task('1', { duty: 'contact', due_on: '2026-11-18' }), task('2', { customer_id: 'c1' })]
  expect(countColumn(both, 'today', TODAY)).toEqual({ done: 0, overdue: 1, todo: 0 })
  const handedIn = [both[0]!, { ...both[1]!, state: 'submitted' as const, submitted_at: at, evidence_id: 'v1' }]
  expect(countColumn(withOwnContacts(handedIn, new Map([['c1', { at, visit: 'v1' }]])), 'today', TODAY)).toEqual({ done: 1, overdue: 0, todo: 0 })
})

test('from another county the way is counted from the first household on', () => {
  const customers = new Map([customer('c1', 114.001, 29.5), customer('c2', 114.003, 29.5)])
  const [village] = planRoute([task('1'), task('2')], customers, 'today', TODAY, { lon: 118, lat: 29.5 })
  expect(village?.stops[0]?.leg).toBeNull()
  expect(Math.round((village?.metres ?? 0) / 10)).toBe(19)
})

test('what was returned is to be done now, whenever it is due', () => {
  const returned = task('1', { state: 'returned', due_on: '2027-01-16', reason: '位置不对' })
  expect(countColumn([returned], 'today', TODAY)).toEqual({ done: 0, overdue: 0, todo: 1 })
  expect(planRoute([returned], new Map(), 'today', TODAY, null)[0]?.stops[0]?.overdue).toBe(false)
})

test('what was handed in counts on its local day, to the millisecond at midnight', () => {
  const sent = (at: string) => countColumn([task('1', { state: 'closed', submitted_at: Date.parse(at) })], 'today', TODAY).done
  expect(sent('2026-11-18T16:00:00.000Z')).toBe(1)
  expect(sent('2026-11-18T15:59:59.999Z')).toBe(0)
})
