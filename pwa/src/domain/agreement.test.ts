/**
 * The phone's rules against the bank's: a file, made by `tests/backend/demo/test_phone_rules.py` of a whole county, with
 * the rows that a manager's phone holds of each customer, and what the bank's database says of them.
 */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { expected, featuresOf, type Known } from './provisional'
import { outcome, type Outcome, type Rules, type Value, type Values } from './rules'
import type { ProfileRow } from './rows'

interface Case {
  id: string
  known: Omit<Known, 'profile'>
  inputs: Value[]
  result: Outcome
}
interface County {
  asOf: string
  rules: Rules
  cases: Case[]
}

const path = process.env['TIANGE_AGREEMENT']

it.skipIf(!path)('says of every customer of a county what the bank says', () => {
  const { asOf, rules, cases } = JSON.parse(readFileSync(path as string, 'utf8')) as County
  expect(cases.length).toBeGreaterThan(2_400)
  const wrong: unknown[] = []
  for (const { id, known, inputs, result } of cases) {
    const values: Values = Object.fromEntries(rules.inputs.map((name, i) => [name, inputs[i] ?? null]))
    const own = featuresOf(rules, { ...known, profile: null }, asOf)
    const others = Object.entries(own).filter(([name, value]) => values[name] !== value)
    const said = outcome(rules, { ...values, ...own }, asOf)
    if (others.length || JSON.stringify(said) !== JSON.stringify(result)) wrong.push({ id, others: others.map(([name, value]) => [name, value, values[name]]), said, result })
    // and so it has nothing to announce
    const profile = { ...result, inputs, as_of: asOf, revision: -1 } as unknown as ProfileRow
    if (expected(rules, { ...known, profile }, asOf) !== null) wrong.push({ id, announced: true })
  }
  expect(wrong.slice(0, 5)).toEqual([])
}, 120_000)
