import { expect, test } from 'vitest'
import type { Names } from '../../../api/strategy'
import { fitting, meantAt, offersOf } from './names'

const name = (one: Partial<Names['names'][number]>) => ({ name: '', kind: 'feature' as const, type: 'bigint', unit: 'fen', zh: '', en: '', explain_zh: '', explain_en: '', codes: [], source: null, ...one })
const names: Names = {
  is_whole: true,
  names: [
    name({ name: 'income_year_fen', zh: '年收入', en: 'Income a year', explain_zh: '采集的。', explain_en: 'As collected.' }),
    name({ name: 'stale_income_days', kind: 'figure', unit: 'days', zh: '收入过期', en: 'Stale income' }),
    name({ name: 'kind', kind: 'choice', type: 'text', unit: null, zh: '类别', en: 'Kind', codes: ['household'] }),
    name({ name: 'income_fen', kind: 'column', unit: null, source: 'income' }),
  ],
  functions: [{ name: 'share', sign: 'share(a, percent)', zh: '百分之几', en: 'so many percent', only: null }],
}
const offers = offersOf(names, true, (code) => `<${code}>`)
const found = (typed: string, columns = false) => fitting(offers, typed, columns).map(({ text }) => text)

test('a name is found by its beginning, a part, or what it is called; what begins so first', () => {
  expect(found('income')).toEqual(['income_year_fen', 'stale_income_days'])
  expect(found('收入')).toEqual(['stale_income_days', 'income_year_fen'])
  expect(found('house')).toEqual(['household'])
  expect(found('shar')).toEqual(['share'])
  expect(found('nothing')).toEqual([])
})

test('columns stand in features alone', () => {
  expect(found('income_f')).toEqual([])
  expect(found('income_f', true)).toEqual(['income_fen'])
})

test('each says its unit and sentence in the language of the reader', () => {
  expect(offers[0]).toMatchObject({ called: '年收入', unit: '<fen>', sentence: '采集的。' })
  expect(offersOf(names, false, String)[0]).toMatchObject({ called: 'Income a year', sentence: 'As collected.' })
})

test('the wrong name is found in its line; nothing where none is like the one that is meant', () => {
  const line = '    value: floor_to(a_fen, limit_stp_fen)'
  expect(line.slice(...Object.values(meantAt(line, 'limit_step_fen') ?? {}) as [number, number])).toBe('limit_stp_fen')
  expect(meantAt('    when: x > 3', 'deposits_fen')).toBeNull()
})
