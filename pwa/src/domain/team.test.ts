import { describe, expect, test } from 'vitest'
import { branchOn, branchWeek, byNextDue, byUrgency, countedOn, countsOn, weekOn, type DueRow, type HighEndRow, type TeamCounts } from './team'

// a Wednesday
const ROW: TeamCounts = { id: 'a', revision: 1, as_of: '2026-11-25', overdue: 2, ahead: [3, 1, 0, 4, 0, 6, 0, 9], done_today: 5, done_week: 8 }

describe('counts of a person or a grid', () => {
  test('on their own day they stand as the bank said them', () => {
    expect(countsOn(ROW, '2026-11-25')).toEqual({ done: 5, overdue: 2, todo: 3 })
    expect(weekOn(ROW, '2026-11-25')).toEqual({ done: 8, overdue: 2, todo: 3 + 1 + 0 + 4 + 0 })
  })

  test('a phone that heard nothing since counts on by itself', () => {
    expect(countsOn(ROW, '2026-11-26')).toEqual({ done: 0, overdue: 5, todo: 1 })
    expect(countsOn(ROW, '2026-11-28')).toEqual({ done: 0, overdue: 6, todo: 4 })
    expect(weekOn(ROW, '2026-11-28')).toEqual({ done: 8, overdue: 6, todo: 4 })
    // another week
    expect(weekOn(ROW, '2026-11-30')).toEqual({ done: 0, overdue: 10, todo: 6 + 0 + 9 })
    expect(countsOn(ROW, '2027-01-01')).toEqual({ done: 0, overdue: 25, todo: 0 })
  })

  test('a clock that runs behind takes nothing back', () => {
    expect(countsOn(ROW, '2026-11-20')).toEqual({ done: 5, overdue: 2, todo: 3 })
  })

  test('the branch is the sum of its people, and unknown where nothing was told', () => {
    const other = { ...ROW, id: 'b', as_of: '2026-11-26', overdue: 1, ahead: [1, 0, 0, 0, 0, 0, 0, 0], done_today: 1, done_week: 1 }
    expect(branchOn([ROW, other], '2026-11-26')).toEqual({ done: 1, overdue: 6, todo: 2 })
    expect(branchWeek([ROW, other], '2026-11-26')).toEqual({ done: 9, overdue: 6, todo: 6 })
    expect(branchOn([], '2026-11-26')).toBeNull()
    expect(countedOn([ROW, other])).toBe('2026-11-26')
    expect(countedOn([])).toBeNull()
  })
})

const due = (id: string, given: Partial<DueRow>): DueRow => ({
  id, revision: 1, customer_id: id, customer_name: id, grid_name: null, tier: null, staff_id: 's', kind: 'follow_up', duty: 'visit', due_on: '2026-11-20', state: 'open', ...given,
})

test('what is overdue comes first, of it high-end and core before the others, then the longest due', () => {
  const rows = [due('e', { tier: 'basic', due_on: '2026-11-01' }), due('d', {}), due('c', { tier: 'core', due_on: '2026-11-24' }), due('b', { tier: 'core' }), due('a', { tier: 'high_end', due_on: '2026-11-25' })]
  expect(rows.sort(byUrgency('2026-11-25')).map((row) => row.id)).toEqual(['b', 'c', 'e', 'd', 'a'])
})

test('high-end customers stand in the order of their next duty', () => {
  const of = (id: string, next_due_on: string | null): HighEndRow => ({
    id, revision: 1, name: id, grid_name: null, tier: 'high_end', owner_id: null, last_contact_on: null, next_kind: null, next_duty: null, next_due_on, next_staff_id: null,
  })
  expect([of('none', null), of('late', '2026-12-09'), of('soon', '2026-11-26')].sort(byNextDue).map((row) => row.id)).toEqual(['soon', 'late', 'none'])
})
