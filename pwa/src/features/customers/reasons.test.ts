import { expect, test } from 'vitest'
import { addsUpInWan, splitReasons } from './reasons'

test('lines, ceilings and what would raise it are told apart by their codes', () => {
  const parts = splitReasons([
    ['sum.income_capacity', 17_600_000],
    ['sum.debts_elsewhere', -2_600_000],
    ['raise.completeness', 1_000_000],
    ['cap.grade', 30_000_000],
    ['other', 5],
  ])
  expect(parts.rows.map(([code]) => code)).toEqual(['sum.income_capacity', 'sum.debts_elsewhere', 'other'])
  expect(parts.raises).toEqual([['raise.completeness', 1_000_000]])
  expect(parts.caps).toEqual([['cap.grade', 30_000_000]])
})

test('a column is written in 万 only where no figure loses a part of itself', () => {
  expect(addsUpInWan([17_600_000, -2_600_000, 0])).toBe(true)
  expect(addsUpInWan([117_400, -17_400])).toBe(false)
  expect(addsUpInWan([0, 0])).toBe(false)
})
