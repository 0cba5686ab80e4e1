import { expect, test } from 'vitest'
import type { Band, DiffLine } from '../../api/strategy'
import { barsOf, gateBar, matrixOf, shownLines } from './board'

const tiers = ['high_end', 'core', 'basic'].map((code) => ({ code, zh: code, en: code }))

test('rows are the tier now, columns the draft; above the diagonal they fall', () => {
  const { rows, sums, all } = matrixOf({
    tiers,
    matrix: [
      { before: 'high_end', after: 'high_end', customers: 10 },
      { before: 'high_end', after: 'core', customers: 3 },
      { before: 'basic', after: 'core', customers: 40 },
      { before: 'basic', after: 'high_end', customers: 5 },
    ],
  })
  const kinds = rows.map(({ cells }) => cells.map(({ kind, weight, customers }) => `${kind} ${customers} ${weight}`))
  expect(kinds).toEqual([
    ['same 10 0', 'fall 3 1', 'fall 0 0'],
    ['rise 0 0', 'same 0 0', 'fall 0 0'],
    ['rise 5 2', 'rise 40 3', 'same 0 0'],
  ])
  expect(rows.map(({ sum }) => sum)).toEqual([13, 0, 45])
  expect(sums).toEqual([15, 43, 0])
  expect(all).toBe(58)
})

test('the mark of a gate lies on its bar, before or behind its end', () => {
  const within = gateBar({ count: 10, known: 1000, per_mille: 30, is_passed: false })
  expect(within.done).toBeLessThan(within.mark)
  expect(within.mark).toBeCloseTo(60)
  const over = gateBar({ count: 900, known: 1000, per_mille: 30, is_passed: true })
  expect(over.done).toBeGreaterThan(over.mark)
  expect(over.done).toBeLessThanOrEqual(100)
  expect(gateBar({ count: 0, known: 0, per_mille: 0, is_passed: false })).toEqual({ done: 0, mark: 0 })
})

test('bands that nobody is in are left out, the largest is full', () => {
  const bands: Band[] = [
    { over: null, up_to: 0, before: 50, after: 100 },
    { over: 0, up_to: 3, before: 0, after: 0 },
    { over: 3, up_to: null, before: 25, after: 0 },
  ]
  expect(barsOf(bands).map(({ before, after }) => [before, after])).toEqual([[50, 100], [25, 0]])
})

test('of a long rule the changed lines and their neighbours are shown', () => {
  const lines: DiffLine[] = [...'aaaa'].map((text) => ({ sign: ' ' as const, text }))
  lines.splice(2, 0, { sign: '-', text: 'old' }, { sign: '+', text: 'new' })
  expect(shownLines(lines).map((one) => one && `${one.sign}${one.text}`)).toEqual([' a', '-old', '+new', ' a', null])
  expect(shownLines([{ sign: ' ', text: 'a' }])).toEqual([])
  const deep: DiffLine[] = [{ sign: '-', text: '    a:' }, { sign: '+', text: '      b' }]
  expect(shownLines(deep).map((one) => one?.text)).toEqual(['a:', '  b'])
})
