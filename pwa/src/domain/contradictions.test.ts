import { expect, test } from 'vitest'
import cases from '../../../tests/backend/customers/contradictions.json'
import { contradictions } from './contradictions'
import { codeFault, normalCode } from './creditCode'
import type { FieldValue } from './rows'

test.each(cases.codes)('a credit code has its form and its check character: %s, %s', (code, fault) => {
  expect(codeFault(code as string)).toBe(fault)
})

test('a code is typed as it comes and kept in one spelling', () => {
  expect(normalCode(' 92429000 ma4a1b2c31')).toBe('92429000MA4A1B2C31')
})

test.each(cases.values.map(([values, faults]) => [values as Record<string, FieldValue>, faults] as const))('%o: %o', (values, faults) => {
  expect(contradictions((field) => values[field] ?? null, cases.today)).toEqual(faults)
})
