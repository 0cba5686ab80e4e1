import { expect, test } from 'vitest'
import type { AcrossHouseholds, DuplicateHouseholds, DuplicatePeople } from '../../api/duplicates'
import { build } from '../../domain/commands'
import { uuid7 } from '../../domain/ids'
import type { OutboxEntry } from '../../sync/types'
import { decidedOf, isDecided, isDecidedAcross } from './decidedPairs'

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

test('a pair with another branch is asked about until the household is handed over or everybody is said to be two', () => {
  const across = { household: { id: one }, grid_id: other, people: [{ person_id: people[0], other_id: people[1] }, { person_id: people[2], other_id: people[3] }] } as AcrossHouseholds
  const decided = (...commands: unknown[]) => isDecidedAcross(across, decidedOf(commands.map((each) => entry(each))))
  expect(decided()).toBe(false)
  expect(decided(declines[0])).toBe(false)
  expect(decided(...declines)).toBe(true)
  expect(decided(build.customerMove({ customer_id: one, grid_id: people[0], reason: '迁居' }))).toBe(false)
  expect(decided(build.customerMove({ customer_id: one, grid_id: other, reason: '同一人' }))).toBe(true)
  expect(isDecidedAcross({ ...across, grid_id: null }, decidedOf([]))).toBe(false)
})

test('two businesses are asked about until they are made one or said to be two', () => {
  const shops = { one: { id: one }, other: { id: other }, people: [], business: { per_mille: 970, reasons: ['point'] } } as unknown as DuplicateHouseholds
  expect(isDecided(shops, decidedOf([]))).toBe(false)
  expect(isDecided(shops, decidedOf([entry(declines[0])]))).toBe(false)
  expect(isDecided(shops, decidedOf([entry(build.duplicateDeclineBusiness({ customer_id: other, other_id: one }))]))).toBe(true)
  expect(isDecided(shops, decidedOf([entry(merge)]))).toBe(true)
})
