import { expect, test } from 'vitest'
import type { DuplicateHouseholds, DuplicatePeople } from '../../api/duplicates'
import { build } from '../../domain/commands'
import { uuid7 } from '../../domain/ids'
import type { OutboxEntry } from '../../sync/types'
import { decidedOf, isDecided } from './decidedPairs'

const [one, other, ...people] = Array.from({ length: 6 }, () => uuid7()) as [string, string, string, string, string, string]
const two = (person_id: string, other_person_id: string) => ({ person_id, other_person_id, member_id: `m${person_id}`, other_member_id: `m${other_person_id}` }) as DuplicatePeople
const group = { one: { id: one }, other: { id: other }, people: [two(people[0], people[1]), two(people[2], people[3])] } as DuplicateHouseholds
const entry = (command: unknown, result?: string) => ({ command, result }) as unknown as OutboxEntry
const merge = build.customerMerge({ customer_id: other, into_id: one, reason: '同一户', same: [] })
const declines = [build.duplicateDecline({ person_id: people[1], other_id: people[0] }), build.duplicateDecline({ person_id: people[2], other_id: people[3] })]

test('a pair is asked about until this phone has said everything about it, and again where the bank refused that', () => {
  const decided = (...entries: OutboxEntry[]) => isDecided(group, decidedOf(entries))
  expect(decided()).toBe(false)
  expect(decided(entry(merge))).toBe(true)
  expect(decided(entry(merge, 'rejected'))).toBe(false)
  expect(decided(entry(declines[0]))).toBe(false)
  expect(decided(...declines.map((each) => entry(each)))).toBe(true)
  const unite = { type: 'member.unite', body: { id: `m${people[1]}`, into_member_id: `m${people[0]}` } }
  expect(decided(entry(unite))).toBe(false)
  expect(decided(entry(unite), entry(declines[1]))).toBe(true)
  expect(decidedOf([entry({ type: 'member.part', body: { id: 'm' } })]).undone.has('m')).toBe(true)
  expect(decidedOf([entry(build.customerUnmerge({ customer_id: other, reason: '错' }))]).undone.has(other)).toBe(true)
})
