import { expect, test } from 'vitest'
import { expected, featuresOf, type Known } from './provisional'
import type { FileRow, MemberRow, PhotoRow, ProfileRow, RecordRow } from './rows'
import { calculation, gathered, goals, outcome, type Rules, type Tree, type Value, type Values } from './rules'

const rulesOf = (tree: Tree): Rules => ({
  inputs: [], features: [], reasons: [], most_reasons: 6, given: [], amounts: [], score: [],
  steps: [['limit_fen', tree], ...['tier', 'stage', 'grade', 'score_points', 'rate_bp', 'contact_days', 'visit_days'].map((name): [string, Tree] => [name, null])],
})
const worth = (tree: Tree, values: Values = {}): Value => outcome(rulesOf(tree), values, '2026-11-30').limit_fen

test('what is not known stays unknown, unless one side settles it', () => {
  expect(worth(['AND', false, null])).toBe(false)
  expect(worth(['AND', true, null])).toBe(null)
  expect(worth(['OR', true, null])).toBe(true)
  expect(worth(['OR', false, null])).toBe(null)
  expect(worth(['NOT', null])).toBe(null)
  expect(worth(['>', null, 1])).toBe(null)
  expect(worth(['IN', 1, 2, null])).toBe(null)
  expect(worth(['IN', 1, 1, null])).toBe(true)
  expect(worth(['BETWEEN', 5, 6, null])).toBe(false)
  expect(worth(['case', null, 1, 2])).toBe(2)
  expect(worth(['LEAST', null, 7, 3])).toBe(3)
  expect(worth(['GREATEST', null, null])).toBe(null)
  expect(worth(['COALESCE', null, 4])).toBe(4)
  expect(worth(['ratio', 1, 0])).toBe(null)
})

test('whole numbers are cut towards zero, exactly', () => {
  expect(worth(['share', -150, 1])).toBe(-1)
  expect(worth(['floor_to', 17_612_345, 100_000])).toBe(17_600_000)
  expect(worth(['share', -50, 1])).toBe(0)
  expect(worth(['share', 9_007_199_254_740_991, 1])).toBe(90_071_992_547_409)
  expect(worth(['years_between', ["'", '2004-02-29'], ["'", '2026-02-28']])).toBe(21)
  expect(worth(['months_between', ["'", '2026-01-31'], ["'", '2026-03-01']])).toBe(2)
  expect(worth(['days_between', ["'", '2026-02-27'], ['as_of']])).toBe(276)
})

test('a name without a value, and an operator of a later form, are refused rather than guessed', () => {
  expect(() => worth('nothing')).toThrow('no value of nothing')
  expect(() => worth(['median', 1])).toThrow('no operator median')
})

test('aggregates: of no rows what the bank says, of unknown values nothing', () => {
  const rows = [{ n: 2 }, { n: 5 }, { n: null }]
  expect(gathered(['SUM', 'n'], rows, '2026-11-30', 0)).toBe(7)
  expect(gathered(['COUNT', 'n'], rows, '2026-11-30', 0)).toBe(2)
  expect(gathered(['MAX', 'n', ['<', 'n', 5]], rows, '2026-11-30', null)).toBe(2)
  expect(gathered(['SUM', 'n'], [{ n: null }], '2026-11-30', null)).toBe(null)
  expect(gathered(['COUNT', 1], [], '2026-11-30', 0)).toBe(0)
})

const rules: Rules = {
  inputs: ['income_year_fen', 'overdue_days'],
  features: [['income_year_fen', 'value', ['SUM', 'amount', ['=', 'field', ["'", 'income_wages_fen']]], 0]],
  steps: [
    ['limit_fen', ['case', ['>', 'overdue_days', 0], 0, ['share', 'income_year_fen', 50]]],
    ['tier', ["'", 'basic']], ['stage', ["'", 'new']], ['grade', ["'", 'A']], ['score_points', 60], ['rate_bp', 435], ['contact_days', 30], ['visit_days', 90],
    ['why', true],
  ],
  reasons: [['sum.income_capacity', 'why', 'limit_fen']],
  most_reasons: 6,
  given: [], amounts: [],
  score: [],
}
const profile = {
  id: 'c', revision: 7, tier: 'basic', stage: 'new', tags: [], limit_fen: 500, rate_bp: 435, grade: 'A', score: 60, reasons: [['sum.income_capacity', 500]], decision_id: 'd', version: 1,
  as_of: '2026-11-29', inputs: [1000, 0],
} as unknown as ProfileRow
const file = (amount: number, row: Partial<FileRow> = {}): FileRow => ({ id: 'c', revision: 5, open_sections: [], values: { income_wages_fen: [amount, 'collected', '2026-11-30', null] }, ...row })
const known = (over: Partial<Known> = {}): Known => ({ file: file(1000), members: [], records: [], photos: [], profile, ...over })
const pending = { command: 'x', state: 'saved' as const }

test('an entry of this phone shows what it will change; nothing entered, nothing to say', () => {
  expect(expected(rules, known(), '2026-11-30')).toBe(null)
  expect(expected(rules, known({ file: file(3000, { pending }) }), '2026-11-30')).toMatchObject({ limit_fen: 1500, reasons: [['sum.income_capacity', 1500]], asOf: '2026-11-30' })
  // the same value again changes nothing
  expect(expected(rules, known({ file: file(1000, { pending }) }), '2026-11-30')).toBe(null)
})

test('it stands until the result that follows from it has come', () => {
  expect(expected(rules, known({ file: file(3000, { revision: 8 }) }), '2026-11-30')).toMatchObject({ limit_fen: 1500 })
  expect(expected(rules, known({ file: file(3000, { revision: 8 }), profile: { ...profile, revision: 9, limit_fen: 1500, inputs: [3000, 0], reasons: [['sum.income_capacity', 1500]] } }), '2026-11-30')).toBe(null)
})

test('a phone that cannot follow the bank says nothing', () => {
  const entered = { file: file(3000, { pending }) }
  expect(expected(undefined, known(entered), '2026-11-30')).toBe(null)
  expect(expected(rules, known({ ...entered, profile: { ...profile, inputs: null } }), '2026-11-30')).toBe(null)
  // rules that do not give the result in force from its own feature row are not the ones it came from
  expect(expected(rules, known({ ...entered, profile: { ...profile, limit_fen: 499 } }), '2026-11-30')).toBe(null)
  // what only the bank knows stays as it said
  expect(expected(rules, known({ ...entered, profile: { ...profile, limit_fen: 0, inputs: [1000, 3], reasons: [['sum.income_capacity', 0]] } }), '2026-11-30')).toBe(null)
})

test('a figure over many says whose it is and of which day; one that stands in says that', () => {
  const counted: Rules = { ...rules, given: [['income_year_fen', '收入', 'Income', 'fen'], ['place_fen', '当地', 'Local', 'fen', true]] }
  const told = (more: object) => calculation(counted, { income_year_fen: 1000, overdue_days: 0, place_fen: 900, ...more }, '2026-12-01').given
  expect(told({ place_fen_level: 'village', frozen_on: '2026-12-01' })).toEqual([
    { name: 'income_year_fen', zh: '收入', en: 'Income', unit: 'fen', value: 1000 },
    { name: 'place_fen', zh: '当地', en: 'Local', unit: 'fen', value: 900, counted: { level: 'village', on: '2026-12-01' } },
  ])
  expect(told({})[1]?.counted).toEqual({ level: null, on: null })
})

test('what would raise it stands beside the others, with what must be reached; the sheet has those too that are not told', () => {
  const more: Rules = {
    ...rules,
    steps: [...rules.steps, ['a_fen', 300], ['b_fen', 900], ['none_fen', 0], ['holds', true], ['not', false], ['goal_fen', 42]],
    ranked: [
      ['raise.a', 'holds', 'a_fen', 'holds', 'goal_fen', '到', 'up to'],
      ['raise.b', 'not', 'b_fen', 'holds', null, null, null],
      ['raise.none', 'not', 'none_fen', 'not', 'goal_fen', '到', 'up to'],
    ],
  }
  const values = { income_year_fen: 1000, overdue_days: 0 }
  expect(outcome(more, values, '2026-11-30').reasons).toEqual([['sum.income_capacity', 500], ['raise.a', 300]])
  expect(outcome({ ...more, most_reasons: 0 }, values, '2026-11-30').reasons).toEqual([['raise.a', 300]])
  expect(goals(more, values, '2026-11-30')).toEqual({ 'raise.a': { zh: '到', en: 'up to', fen: 42 } })
  expect(calculation(more, values, '2026-11-30').raises).toEqual([['raise.b', 900], ['raise.a', 300]])
  // rules from before
  expect(calculation(rules, values, '2026-11-30').raises).toEqual([])
})

test('rows become the rows of the bank’s views', () => {
  const one: Rules = {
    ...rules,
    features: [
      ['cars', 'asset', ['SUM', 'value_fen', ['=', 'asset_kind', ["'", 'vehicle']]], 0],
      ['owed', 'debt', ['SUM', 'balance_fen', ['=', 'lender', ["'", 'elsewhere']]], 0],
      ['agreed', 'person', ['COUNT', 1, ['AND', 'is_head', 'consents_credit']], 0],
      ['said', 'value', ['COUNT', 1], 0],
      ['rented', 'record', ['SUM', 'area_m2', ['=', 'tenure', ["'", 'rented_in']]], 0],
      ['contracts', 'photo', ['COUNT', 1, ['=', 'photo_class', ["'", 'contract']]], 0],
      ['shown', 'photo', ['COUNT', 1], 0],
      ['poor', 'value', ['COUNT', 1, ['=', 'choice', ["'", 'yes']]], 0],
    ],
  }
  const record = (kind: string, value_fen: number, detail: RecordRow['detail'] = null) => ({ id: kind, revision: 1, customer_id: 'c', kind, label: '', value_fen, area_m2: null, quantity: null, observed_on: null, source: 'collected', detail }) as RecordRow
  const photo = (shows: PhotoRow['class']) => ({ id: shows, revision: 1, class: shows }) as PhotoRow
  const member = { id: 'm', revision: 1, customer_id: 'c', relation: 'head', birth_on: null, consents: [['credit', true, 1, '2026-11-30', 'p']] } as unknown as MemberRow
  const said = featuresOf(one, { file: { id: 'c', revision: 1, open_sections: [], values: { minimum_living: [true, 'collected', null, null], gone: [null, 'collected', null, null] } }, members: [member], records: [record('vehicle', 5), record('debt', 9, { lender: 'elsewhere' }), { ...record('farmland', 0, { tenure: 'rented_in' }), area_m2: 70 }], photos: [photo('contract'), photo('land'), photo('id')], profile: null }, '2026-11-30')
  expect(said).toEqual({ cars: 5, owed: 9, agreed: 1, said: 1, poor: 1, rented: 70, contracts: 1, shown: 2 })
})
