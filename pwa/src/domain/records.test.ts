import { expect, test } from 'vitest'
import { asStored, asTyped, bodyOf, isChanged, RECORD_KINDS, recordKinds, removalsOf, valuesOf } from './records'
import type { RecordRow } from './rows'

const area = RECORD_KINDS.farmland.fields.find(({ name }) => name === 'area_m2')!
const heads = RECORD_KINDS.livestock.fields.find(({ name }) => name === 'quantity')!
const year = RECORD_KINDS.honour.fields.find(({ name }) => name === 'year')!

test('land is typed in mu and kept in square metres', () => {
  expect(asStored(area, '3.5')).toBe(2333)
  expect(asTyped('mu', 2333)).toBe(3.5)
  expect(asStored(area, ' 12，5 ')).toBe(8333)
  expect(asStored(area, '')).toBeNull()
})

test.each([
  [area, 'abc', 'number'],
  [area, '-1', 'less'],
  // 22,000 hectares
  [area, '330000', 'more'],
  [heads, '2.5', 'whole'],
  [heads, '1000001', 'more'],
  [year, '1850', 'less'],
  [heads, 'Infinity', 'number'],
])('%o refuses %s: %s', (field, typed, why) => {
  expect(() => asStored(field, typed)).toThrow(new RangeError(why))
})

test('a change keeps what the form does not ask for, and says what was seen', () => {
  const row = { kind: 'vehicle', label: '皮卡', value_fen: 5, area_m2: null, quantity: 1, detail: { plate: '鄂L1', colour: 'red' } } as unknown as RecordRow
  const seen = { kind: row.kind, label: row.label, value_fen: 5, area_m2: null, quantity: 1, detail: row.detail ?? {} }
  const body = bodyOf('vehicle', 'r', 'c', '皮卡', { type: 'pickup', value_fen: 9, quantity: 1, plate: '' }, seen)
  expect(body).toEqual({ id: 'r', customer_id: 'c', kind: 'vehicle', label: '皮卡', value_fen: 9, area_m2: null, quantity: 1, detail: { type: 'pickup', colour: 'red' }, seen })
  expect(valuesOf(row)).toEqual({ plate: '鄂L1', colour: 'red', value_fen: 5, area_m2: null, quantity: 1 })
})

test('a form that was opened and left as it was changes nothing, one with another figure, name or detail does', () => {
  const seen = { kind: 'livestock' as const, label: '猪', value_fen: null, area_m2: null, quantity: 12, detail: { animal: 'pig' } }
  const changed = (label: string, values: Record<string, string | number | null>, from: typeof seen | null = seen) => isChanged(bodyOf('livestock', 'r', 'c', label, values, from))
  expect(changed('猪', { animal: 'pig', quantity: 12, value_fen: null })).toBe(false)
  expect(changed('猪', { animal: 'pig', quantity: 15 })).toBe(true)
  expect(changed('母猪', { animal: 'pig', quantity: 12 })).toBe(true)
  expect(changed('猪', { animal: null, quantity: 12 })).toBe(true)
  expect(changed('猪', {}, null)).toBe(true)
})

test('every kind has words in both languages, fields that can be limited, and a reason for its end', () => {
  for (const kind of recordKinds) {
    const { zh, en, names, fields } = RECORD_KINDS[kind]
    expect([zh, en].every(Boolean), kind).toBe(true)
    expect(names === null || fields.some((one) => one.name === names && one.choices.length > 1), kind).toBe(true)
    for (const one of fields) expect([one.zh, one.en, ...one.choices.flatMap((c) => [c.zh, c.en])].every(Boolean), `${kind}.${one.name}`).toBe(true)
    expect(removalsOf(kind), kind).toContain('mistake')
  }
})
