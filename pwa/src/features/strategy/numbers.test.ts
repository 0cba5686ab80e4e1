import { expect, test } from 'vitest'
import { fieldText, typedNumber } from './numbers'

test.each([
  ['1,000', 'fen', 100_000],
  ['0.5', 'fen', 50],
  ['-3', 'fen', -300],
  [' 90 ', 'days', 90],
  ['4.5', 'days', undefined],
  ['', 'days', undefined],
  ['12x', 'days', undefined],
  ['1e5', 'fen', undefined],
  ['99999999999999', 'count', undefined],
])('%s in %s', (text, unit, value) => {
  expect(typedNumber(text, unit)).toBe(value)
})

test('what stands in a field is what was typed', () => {
  for (const [value, unit] of [[100_050, 'fen'], [-7, 'points']] as const) expect(typedNumber(fieldText(value, unit), unit)).toBe(value)
})
