import { expect, test } from 'vitest'
import type { CustomerView } from '../../domain/views'
import { addsUpInWan, isDoneHere, raisePath, splitReasons } from './reasons'

test('lines, ceilings and what would raise it are told apart by their codes', () => {
  const parts = splitReasons([
    ['sum.income_capacity', 17_600_000],
    ['sum.debts_elsewhere', -2_600_000],
    ['raise.completeness', 1_000_000],
    ['cap.grade', 30_000_000],
    ['other', 5],
  ])
  expect(parts.rows.map(([code]) => code)).toEqual(['sum.income_capacity', 'other', 'sum.debts_elsewhere'])
  expect(parts.raises).toEqual([['raise.completeness', 1_000_000]])
  expect(parts.caps).toEqual([['cap.grade', 30_000_000]])
})

test('what raises comes before what lowers, the largest first', () => {
  const lines: [string, number][] = [['sum.veto_age', 0], ['sum.rounding', -17_400], ['sum.debts_elsewhere', -2_600_000], ['sum.income_capacity', 17_600_000], ['raise.consent', 5], ['raise.completeness', 7]]
  const { rows, raises } = splitReasons(lines)
  expect(rows.map(([code]) => code)).toEqual(['sum.income_capacity', 'sum.debts_elsewhere', 'sum.rounding', 'sum.veto_age'])
  expect(raises.map(([code]) => code)).toEqual(['raise.completeness', 'raise.consent'])
})

test('a column is written in 万 only where no figure loses a part of itself', () => {
  expect(addsUpInWan([17_600_000, -2_600_000, 0])).toBe(true)
  expect(addsUpInWan([117_400, -17_400])).toBe(false)
  expect(addsUpInWan([0, 0])).toBe(false)
})

test('what would raise it leads to where it is filled in, and nowhere where it is done elsewhere', () => {
  const view = (over: object = {}) => ({ customer: { kind: 'household' }, file: { open_sections: [] }, members: [{ id: 'm', relation: 'head' }], records: [], ...over }) as unknown as CustomerView
  expect(raisePath('raise.consent', view())).toBe('member/m/consents')
  expect(raisePath('raise.birth_date', view())).toBe('member/m?field=birth_on')
  expect(raisePath('raise.birth_date', view({ members: [] }))).toBe('member')
  expect(raisePath('raise.spending', view())).toBe('spending')
  expect(raisePath('raise.spending', view({ customer: { kind: 'business' } }))).toBe('income?field=costs_year_fen')
  const debts = [{ id: 'p', kind: 'debt', detail: { lender: 'private' } }, { id: 'e', kind: 'debt', detail: { lender: 'elsewhere' } }]
  expect(raisePath('raise.debts', view({ records: debts }))).toBe('record/debt/e')
  expect(['raise.contract', 'raise.debts', 'raise.overdue', 'raise.deposits', 'raise.evaluation'].filter(isDoneHere)).toEqual(['raise.contract', 'raise.debts'])
})
