import { expect, test } from 'vitest'
import type { AssetRow, FileRow } from '../../domain/rows'
import { amountOf, editsOf, incomeOf, newestOf, worthOf } from './fields'

const file: FileRow = {
  id: 'c',
  revision: 3,
  open_sections: [],
  points: 71,
  values: {
    income_planting_fen: [5_000_000, 'collected', '2026-09-17', 's'],
    income_wages_fen: [9_200_000, 'core', '2026-11-18'],
    hukou: ['local', 'collected', '2026-01-01', 's'],
  },
}

test('income adds up what is known, and is unknown while nothing is', () => {
  expect(incomeOf(file)).toBe(14_200_000)
  expect(incomeOf({ ...file, values: {} })).toBeNull()
  expect(incomeOf(null)).toBeNull()
  expect(amountOf(file, 'hukou')).toBeNull()
})

test('the newest field dates the card', () => {
  expect(newestOf(file, ['income_planting_fen', 'income_wages_fen'])).toEqual({ day: '2026-11-18', source: 'core' })
  expect(newestOf(file, ['income_trade_fen'])).toBeNull()
})

test('only what changed is an edit, with the value that was seen', () => {
  expect(editsOf(file, { income_planting_fen: 6_000_000, income_wages_fen: 9_200_000, income_trade_fen: 100, income_breeding_fen: null })).toEqual([
    { field: 'income_planting_fen', seen: 5_000_000, value: 6_000_000 },
    { field: 'income_trade_fen', seen: null, value: 100 },
  ])
})

test('worth leaves out what has no value', () => {
  const asset = (value_fen: number | null) => ({ value_fen }) as AssetRow
  expect(worthOf([asset(100), asset(null), asset(23)])).toBe(123)
  expect(worthOf([asset(null)])).toBeNull()
})
