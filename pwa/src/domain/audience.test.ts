import { expect, test } from 'vitest'
import { choiceOf, rowsOf, type Choice, type Row } from './audience'

const ROWS: Row[] = [
  { by: 'tags', of: ['overdue'], not: true },
  { by: 'tags', of: ['never_visited', 'due_soon'], not: false },
  { by: 'tier', of: ['core'], not: false },
  { by: 'grids', of: ['g1', 'g2'], not: false },
  { by: 'limit_fen', least: 5_000_000, most: null, not: false },
  { by: 'score', least: null, most: 60, not: true },
  { by: 'visited', days: 30, not: true },
  { by: 'named', text: '汪', not: false },
]

test('rows become a choice and come back from it', () => {
  for (const joined of ['all', 'any'] as const) {
    const choice = choiceOf(ROWS, joined)
    expect(rowsOf(choice)).toEqual({ rows: ROWS, joined })
  }
  expect(choiceOf(ROWS.slice(0, 2), 'all')).toEqual({
    is: 'all',
    of: [{ is: 'not', of: { is: 'tag', name: 'overdue' } }, { is: 'any', of: [{ is: 'tag', name: 'never_visited' }, { is: 'tag', name: 'due_soon' }] }],
  })
})

test('what asks nothing is left out, and nothing at all is everybody', () => {
  const empty: Row[] = [
    { by: 'tags', of: [], not: false },
    { by: 'limit_fen', least: null, most: null, not: true },
    { by: 'named', text: '  ', not: false },
    { by: 'visited', days: Number.NaN, not: false },
  ]
  expect(choiceOf(empty, 'any')).toEqual({ is: 'all', of: [] })
  expect(choiceOf([...empty, { by: 'kind', of: ['business'], not: false }], 'any')).toEqual({ is: 'any', of: [{ is: 'kind', any_of: ['business'] }] })
})

test('a choice that no rows say is not taken for one', () => {
  const deep: Choice = { is: 'all', of: [{ is: 'all', of: [] }] }
  for (const choice of [deep, { is: 'tag', name: 'overdue' } as Choice, { is: 'all', of: [{ is: 'any', of: [{ is: 'kind', any_of: ['business'] }] }] } as Choice]) expect(rowsOf(choice)).toBeNull()
})
