import { expect, test } from 'vitest'
import type { RecordRow, FileRow } from '../../domain/rows'
import { amountOf, besideLabel, editsOf, incomeOf, newestOf, worthOf } from './fields'
import { yearFields } from '../../domain/sections'

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
  const record = (value_fen: number | null) => ({ value_fen }) as RecordRow
  expect(worthOf([record(100), record(null), record(23)])).toBe(123)
  expect(worthOf([record(null)])).toBeNull()
})

test('beside its label an asset says only what the label does not', () => {
  const texts = { pieces: '1 件', area: '95 平方米', value: '9.2 万元' }
  expect(besideLabel('超市 95 平方米', { quantity: 1 }, texts)).toEqual(['9.2 万元'])
  expect(besideLabel('超市 95 平方米', { quantity: 1 }, { ...texts, area: '95 m²' })).toEqual(['9.2 万元'])
  expect(besideLabel('鸡 106 只', { quantity: 106 }, { pieces: '106 件', area: '', value: '3,180 元' })).toEqual(['3,180 元'])
  expect(besideLabel('仓库', { quantity: 2 }, { pieces: '2 件', area: '80 平方米', value: '' })).toEqual(['2 件', '80 平方米'])
})

test('a business is asked for turnover and costs, and its year is its turnover', () => {
  expect(yearFields('business')).toEqual(['turnover_year_fen', 'costs_year_fen'])
  expect(yearFields('household')).toContain('income_wages_fen')
  expect(incomeOf({ ...file, values: { turnover_year_fen: [400, 'collected', '2026-01-01'], costs_year_fen: [300, 'collected', '2026-01-01'] } }, 'business')).toBe(400)
})
