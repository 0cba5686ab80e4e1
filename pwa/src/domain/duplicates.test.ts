import { expect, test } from 'vitest'
import { build } from './commands'
import { likelySame } from './duplicates'
import { uuid7 } from './ids'

const one = (id: string, name: string) => ({ id, name })

test('who goes is the one whom the bank found, else the one of the same name, each once', () => {
  const going = [one('a', '秦越秀'), one('b', '田大山'), one('c', '田大山'), one('d', '秦老太')]
  const staying = [one('x', '覃月秀'), one('y', '田大山'), one('z', '田小宝')]
  expect(likelySame(going, staying, [['a', 'x']])).toEqual({ a: 'x', b: 'y', c: null, d: null })
  // what the bank found goes first, and nobody is two people
  expect(likelySame(going, staying, [['c', 'y'], ['a', 'y']])).toEqual({ a: 'y', b: null, c: null, d: null })
})

test('a merge in which two are one and the same third is refused before it is saved', () => {
  const [member, other, into] = [uuid7(), uuid7(), uuid7()]
  const merge = (same: { member_id: string; into_member_id: string }[]) => build.customerMerge({ customer_id: uuid7(), into_id: uuid7(), reason: '同一户', same })
  expect(merge([{ member_id: member, into_member_id: into }])).toMatchObject({ type: 'customer.merge', version: 2 })
  expect(() => merge([{ member_id: member, into_member_id: into }, { member_id: other, into_member_id: into }])).toThrow('same')
  expect(() => build.customerUnmerge({ customer_id: member, reason: ' ' })).toThrow('reason')
})
