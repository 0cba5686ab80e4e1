import { expect, test } from 'vitest'
import type { ApprovalRow } from '../../domain/rows'
import type { Visit } from '../../domain/visitRows'
import { byVillage, inSegment, isOdd } from './sort'

const row = (id: string, over: Partial<ApprovalRow> = {}) =>
  ({ id, staff_id: 's', state: 'submitted', submitted_at: Number(id), grid_name: '佛岭村', flags: [], visit: {} as Visit, decided_at: null, ...over }) as ApprovalRow

test('own work never appears', () => {
  expect(inSegment([row('1'), row('2', { staff_id: 'me' })], 'waiting', 'me').map((a) => a.id)).toEqual(['1'])
})

test('each segment has its states, newest first', () => {
  const rows = [row('1'), row('2'), row('3', { state: 'closed', decided_at: 9 }), row('4', { state: 'returned', decided_at: 8 })]
  expect(inSegment(rows, 'waiting', 'me').map((a) => a.id)).toEqual(['2', '1'])
  expect(inSegment(rows, 'approved', 'me').map((a) => a.id)).toEqual(['3'])
  expect(inSegment(rows, 'returned', 'me').map((a) => a.id)).toEqual(['4'])
})

test('a flag, or evidence that is not here, makes it odd', () => {
  expect(isOdd(row('1'))).toBe(false)
  expect(isOdd(row('1', { flags: ['far'] }))).toBe(true)
  expect(isOdd(row('1', { visit: null }))).toBe(true)
})

test('clean ones stand by village with what was seen', () => {
  const rows = [row('1'), row('2'), row('3', { grid_name: '独石村' }), row('4', { flags: ['far'] })]
  expect(byVillage(rows, new Set(['2', '4'])).map((g) => [g.name, g.rows.length, g.seen])).toEqual([['佛岭村', 2, 1], ['独石村', 1, 0]])
})
