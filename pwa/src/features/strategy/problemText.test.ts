import { expect, test } from 'vitest'
import { understood } from './problemText'

/** As backend/strategy says them. */
const SAID: [string, string, Record<string, string>][] = [
  ['limit_stp_fen is not known here', 'unknown', { name: 'limit_stp_fen' }],
  ['dimension valu is not known', 'unknown', { name: 'valu' }],
  ['income is no number known here', 'unknown', { name: 'income' }],
  ['points is none of fen, bp, days', 'unknown', { name: 'points' }],
  ['there is no key wen here', 'key', { name: 'wen' }],
  ['the key when is missing', 'missing', { name: 'when' }],
  ['the expression gives text, bigint is wanted here', 'gives', { a: 'text', b: 'bigint' }],
  ['>= cannot compare bigint with text', 'compare', { a: 'bigint', b: 'text' }],
  ['share takes 2 arguments, not 1', 'arguments', { name: 'share', n: '2', m: '1' }],
  ['share wants bigint here, not text', 'wants', { name: 'share', a: 'bigint', b: 'text' }],
  ['there is no function shar', 'function', { name: 'shar' }],
  ['this is not YAML: mapping values are not allowed here', 'yaml', { why: 'mapping values are not allowed here' }],
  ['loan_fen has many rows; put it inside SUM, COUNT, MIN or MAX', 'rows', { name: 'loan_fen' }],
  ["kind is never 'farm'", 'never', { name: 'kind', value: "'farm'" }],
  ['nothing equals NULL; write IS NULL', 'null', {}],
  ["these need each other's result: a, b", 'cycle', { names: 'a, b' }],
]

test.each(SAID)('%s', (message, key, values) => {
  expect(understood(message)).toEqual({ key, values })
})

test('an example is told with what it says and what came of it', () => {
  expect(understood('the example says 15000000, limit_fen gives null')).toEqual({ key: 'example', values: { said: '15000000', name: 'limit_fen', given: 'null' } })
})

test('what is new to the page is told as the bank says it', () => {
  expect(understood('a bit of 4096 is too far')).toEqual({ key: 'other', values: { why: 'a bit of 4096 is too far' } })
})
