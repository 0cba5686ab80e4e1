import { expect, test } from 'vitest'
import { RECORD_KINDS } from './records'
import { FILE_FIELDS } from './sections'
import { inYuan, isUnusual } from './unusual'

const land = { unit: 'mu', unusual: 333_333 }
const income = { unit: 'fen', unusual: 50_000_000 }

test.each([
  [land, 333_333, null, undefined, true],
  [land, 333_332, null, undefined, false],
  // on record already: whoever entered it was asked
  [land, 400_000, 400_000, undefined, false],
  [land, 500_000, 400_000, undefined, true],
  // said to be meant; another figure is another question
  [land, 400_000, null, 400_000, false],
  [land, 500_000, null, 400_000, true],
  [land, null, null, undefined, false],
  [{ unit: 'text' }, 'tea', null, undefined, false],
  [{ unit: 'count', unusual: null }, 9_999, null, undefined, false],
])('%j: %j after %j, sure of %j', (field, value, seen, sure, asked) => {
  expect(isUnusual(field, value, seen, sure)).toBe(asked)
})

test('yuan typed for ten thousands of them are told by what they would be', () => {
  // 80,000 typed where 万元 are asked for: 8 亿元, meant 8 万元
  expect(inYuan(income, 80_000_000_000)).toBe(8_000_000)
  // 600,000 yuan are many, and 60 yuan make no better sense
  expect(inYuan(income, 60_000_000)).toBeNull()
  expect(inYuan(land, 80_000_000_000)).toBeNull()
})

test('what the bank declares unusual lies within its limits', () => {
  const all = [...FILE_FIELDS, ...Object.values(RECORD_KINDS).flatMap(({ fields }) => fields)]
  const asked = all.filter(({ unusual }) => unusual !== null)
  expect(asked.length).toBeGreaterThan(40)
  for (const one of asked) expect(one.most, one.name).toBeGreaterThan(one.unusual as number)
  // amounts without one could be off by ten thousand, and nobody would ask
  expect(all.filter(({ unit, unusual }) => ['fen', 'mu', 'm2'].includes(unit) && unusual === null)).toEqual([])
})
