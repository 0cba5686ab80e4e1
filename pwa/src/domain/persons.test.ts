import { expect, test } from 'vitest'
import { consents, fieldsOf, PURPOSES, purposesFor, signerOf, textOn } from './consents'
import { checkDigit } from './idNumber'
import { mayLead, MOST_MEMBERS, personEdits, personFaults, personValues, relationsOf, yearsOn, type PersonValues } from './persons'
import type { MemberRow } from './rows'

const row = (changes: Partial<MemberRow>): MemberRow => ({
  id: 'm', revision: 1, customer_id: 'c', person_id: 'p', name: '李四', relation: 'head', sex: 'm', birth_on: '1979-03-04', whereabouts: null, occupation: null, education: null, ...changes,
})
const others = [row({}), row({ id: 'w', name: '王五妹', relation: 'spouse', birth_on: '1981-08-09' })]
const around = { kind: 'household' as const, today: '2026-11-29', others, known: true }
const faults = (changes: PersonValues) =>
  personFaults({ ...personValues(undefined), name: '李小妹', relation: 'child', ...changes }, around).map(({ field, code, quiet }) => [field, quiet ? `${code}?` : code])
const stem = '99000119790304001'
const NUMBER = stem + checkDigit(stem)

test.each<[PersonValues, string[][]]>([
  [{}, []],
  [{ birth_on: '2026-11-30' }, [['birth_on', 'future']]],
  [{ birth_on: '1905-11-29' }, [['birth_on', 'old']]],
  [{ birth_on: '1906-11-30' }, []],
  [{ id_number: NUMBER, birth_on: '1979-03-04', sex: 'm' }, []],
  [{ id_number: NUMBER, birth_on: '1979-03-05', sex: 'f' }, [['birth_on', 'id_birth'], ['sex', 'id_sex']]],
  [{ id_number: NUMBER.slice(0, 9) }, [['id_number', 'id?']]],
  [{ id_number: `${stem}${NUMBER.endsWith('0') ? '1' : '0'}` }, [['id_number', 'id']]],
  [{ phone: '1391234' }, [['phone', 'phone?']]],
  [{ phone: '0715-123456' }, [['phone', 'phone']]],
  [{ relation: 'head' }, [['relation', 'second_head']]],
  [{ relation: 'spouse' }, [['relation', 'second_spouse']]],
  [{ name: ' ', relation: null }, [['name', 'name?'], ['relation', 'relation?']]],
  [{ id_from: '2026-01-01', id_until: '2026-01-01' }, [['id_until', 'ends']]],
  [{ id_until: '2036-01-01', id_long: true }, [['id_until', 'long']]],
])('%j', (changes, found) => expect(faults(changes)).toEqual(found))

test('who heads a household is of age, unless nobody is', () => {
  const [grown, child, unknown] = [{ id: 'a', birth_on: '1980-01-01' }, { id: 'b', birth_on: '2020-01-01' }, { id: 'c', birth_on: null }] as MemberRow[]
  expect(mayLead([grown, child, unknown] as MemberRow[], '2026-11-20')).toEqual([grown, unknown])
  expect(mayLead([child] as MemberRow[], '2026-11-20')).toEqual([child])
})

test('a household of sixty is full', () => {
  const many = Array.from({ length: MOST_MEMBERS }, (_, i) => row({ id: `m${i}`, relation: 'other' }))
  const values = { ...personValues(undefined), name: '甲', relation: 'child' }
  expect(personFaults(values, { ...around, others: many, known: false })).toEqual([{ field: 'name', code: 'many' }])
  expect(personFaults(values, { ...around, others: many, known: true })).toEqual([])
})

test('only what differs is an edit, an ID number in one spelling', () => {
  const seen = personValues(row({ employer: '镇茶厂' }))
  expect(personEdits({ ...seen, employer: null, id_number: ' 990001 1979 ', name: '李四 ', id_long: false }, seen)).toEqual([
    { field: 'id_number', seen: null, value: '9900011979' },
    { field: 'id_long', seen: null, value: false },
    { field: 'employer', seen: '镇茶厂', value: null },
  ])
})

test('a business has owners, a household has a family', () => {
  expect(relationsOf('business').map(({ code }) => code)).toEqual(['other', 'owner', 'legal_person'])
  expect(relationsOf('household').map(({ code }) => code)).not.toContain('owner')
})

test('completed years', () => {
  expect([yearsOn('2012-11-29', '2026-11-29'), yearsOn('2012-11-30', '2026-11-29'), yearsOn(null, '2026-11-29')]).toEqual([14, 13, null])
})

test('a guardian signs below fourteen, and nobody offers a minor anything', () => {
  const child = row({ birth_on: '2012-11-30', relation: 'child' })
  expect(signerOf(child, '2026-11-29', 14)).toBe('no_guardian')
  expect(signerOf({ ...child, guardian_id: 'g' }, '2026-11-29', 14)).toEqual({ person: 'g', guardian: true })
  expect(signerOf({ ...child, guardian_id: 'g' }, '2026-11-30', 14)).toEqual({ person: 'p', guardian: false })
  expect(signerOf(row({ birth_on: null }), '2026-11-29', 14)).toBe('no_birth')
  expect(purposesFor(child, '2026-11-29').map(({ code }) => code)).not.toContain('marketing')
  expect(purposesFor(row({}), '2026-11-29').map(({ code }) => code)).toContain('marketing')
})

test('the last word counts, and the newest text of the day is signed', () => {
  const said = row({ consents: [['health', false, null, '2026-02-01', null], ['credit', true, 1, '2026-01-02', 'p']] })
  expect([consents(said, 'health'), consents(said, 'credit'), consents(row({}), 'credit')]).toEqual([false, true, false])
  expect(fieldsOf('whereabouts')).toEqual(['whereabouts', 'work_place'])
  const purpose = { ...PURPOSES[0]!, texts: [{ number: 1, from: '2026-01-01', zh: '', en: '' }, { number: 2, from: '2026-06-01', zh: '', en: '' }] }
  expect([textOn(purpose, '2025-12-31'), textOn(purpose, '2026-05-31')?.number, textOn(purpose, '2026-06-01')?.number]).toEqual([undefined, 1, 2])
})
