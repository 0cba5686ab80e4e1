import { expect, test } from 'vitest'
import { copyable, likeBefore, neighbours } from './copying'
import { recordKinds } from './records'
import type { FileValue, RecordKind, RecordRow } from './rows'
import { FILE_FIELDS } from './sections'
import type { CustomerEntry, CustomerView } from './views'

const entry = (id: string, more: Partial<CustomerEntry> = {}) => ({ id, kind: 'household', name: id, pinyin: id, grid_id: 'g1', lon: 114, lat: 29.5, ...more }) as CustomerEntry
const row = (id: string, kind: RecordKind, more: Partial<RecordRow> = {}) =>
  ({ id, kind, label: kind, value_fen: 5, area_m2: null, quantity: 2, observed_on: '2026-01-01', detail: { plate: '鄂L1', mortgaged: true, type: 'car' }, ...more }) as RecordRow
const view = (values: Record<string, FileValue>, records: RecordRow[] = [], kind = 'household') => ({ customer: { id: 'c', kind }, file: { values, open_sections: [] }, members: [], records }) as unknown as CustomerView
const said = (value: number | string): FileValue => [value, 'collected', '2026-01-01', 's1']

test('neighbours are of the same grid and kind, the nearest first', () => {
  const me = entry('me')
  const list = [me, entry('far', { lon: 114.01 }), entry('near', { lon: 114.001 }), entry('elsewhere', { grid_id: 'g2' }), entry('shop', { kind: 'business' }), entry('unplaced', { lon: null }), entry('nowhere', { grid_id: null })]
  expect(neighbours(list, me).map(({ entry: { id } }) => id)).toEqual(['near', 'far', 'unplaced'])
  expect(neighbours([entry('nowhere', { grid_id: null })], entry('me', { grid_id: null }))).toEqual([])
})

test('what is owed, put away, planned or said of people is never copied, whatever a file has', () => {
  const everything = view(Object.fromEntries(FILE_FIELDS.map(({ name, choices }) => [name, said(choices[0] ?? 7)])), recordKinds.map((kind) => row(kind, kind)))
  const copied = copyable(everything, view({}))
  const records = copied.flatMap((one) => (one.what === 'record' ? [one.kind] : []))
  expect(records.sort()).toEqual(['farmland', 'livestock', 'machinery', 'premises', 'real_estate', 'vehicle'])
  for (const one of copied) if (one.what === 'record') expect(Object.keys(one.values)).not.toEqual(expect.arrayContaining(['plate']))
  const fields = copied.flatMap((one) => (one.what === 'value' ? [one.field] : []))
  expect(fields).toContain('income_planting_fen')
  for (const own of ['harmony', 'residents_count', 'residence_years', 'deposits_elsewhere_fen', 'turnover_year_fen']) expect(fields).not.toContain(own)
})

test('only what the household lacks is offered', () => {
  const from = view({ income_wages_fen: said(9), home_type: said('flat') }, [row('a', 'farmland'), row('b', 'livestock')])
  const to = view({ income_wages_fen: said(0) }, [row('c', 'livestock')])
  expect(copyable(from, to).map(({ key }) => key)).toEqual(['home_type', 'a'])
  expect(copyable(from, view({}, [], 'business'))).toEqual([])
})

test('a new record may begin like the newest one of its kind, without what names that alone', () => {
  const rows = [row('a', 'farmland', { label: '茶叶', observed_on: '2025-01-01' }), row('b', 'farmland', { label: '水稻' }), row('c', 'vehicle')]
  expect(likeBefore(rows, 'farmland', undefined)).toEqual({ label: '水稻', values: { type: 'car', value_fen: 5, area_m2: null, quantity: 2 } })
  expect(likeBefore(rows, 'farmland', 'b')?.label).toBe('茶叶')
  expect(likeBefore(rows, 'machinery', undefined)).toBeNull()
})
