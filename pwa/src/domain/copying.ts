/**
 * What of one household's file may be a draft of another's, of a neighbour who lives alike. Never what somebody owes or is
 * owed, has put away or plans, nor people, their papers or consents: only what is named here. Pure.
 */
import { distanceMetres } from './geo'
import type { RecordValues } from './records'
import { valuesOf } from './records'
import type { FieldValue, Id, RecordKind } from './rows'
import { FILE_FIELDS } from './sections'
import type { CustomerEntry, CustomerView } from './views'

/** What one sees with one's own eyes of a farm or a shop. */
const KINDS: readonly RecordKind[] = ['real_estate', 'vehicle', 'farmland', 'livestock', 'machinery', 'premises']
/** How people are together, and how many, is never like the neighbours'. */
const OWN_FIELDS = ['harmony', 'residents_count', 'residence_years']
/** What names one thing alone. */
const OWN_DETAILS = ['plate', 'mortgaged']
const MOST_NEIGHBOURS = 12

export interface CopiedValue {
  what: 'value'
  key: string
  field: string
  value: FieldValue
}
export interface CopiedRecord {
  what: 'record'
  key: string
  kind: RecordKind
  label: string
  values: RecordValues
}
export type Copied = CopiedValue | CopiedRecord

/** Households of the same grid and kind, the nearest first. */
export function neighbours(list: readonly CustomerEntry[], of: Pick<CustomerEntry, 'id' | 'kind' | 'grid_id' | 'lon' | 'lat'>): { entry: CustomerEntry; metres: number | null }[] {
  const metres = (one: CustomerEntry) => (one.lon === null || one.lat === null || of.lon === null || of.lat === null ? null : distanceMetres({ lon: one.lon, lat: one.lat }, { lon: of.lon, lat: of.lat }))
  return list
    .filter((one) => one.id !== of.id && one.kind === of.kind && one.grid_id !== null && one.grid_id === of.grid_id)
    .map((entry) => ({ entry, metres: metres(entry) }))
    .sort((a, b) => (a.metres ?? Infinity) - (b.metres ?? Infinity) || a.entry.pinyin.localeCompare(b.entry.pinyin))
    .slice(0, MOST_NEIGHBOURS)
}

/** What `from` has and `to` lacks: fields that nobody said there, kinds of records of which there is none. */
export function copyable(from: CustomerView, to: CustomerView): Copied[] {
  if (from.customer.kind !== to.customer.kind) return []
  const said = (view: CustomerView, field: string): FieldValue => view.file?.values?.[field]?.[0] ?? null
  const values = FILE_FIELDS.filter(({ name, form, of }) => form !== null && of === to.customer.kind && !OWN_FIELDS.includes(name) && said(to, name) === null && said(from, name) !== null)
  const kinds = KINDS.filter((kind) => !to.records.some((row) => row.kind === kind))
  return [
    ...values.map(({ name }): CopiedValue => ({ what: 'value', key: name, field: name, value: said(from, name) })),
    ...kinds.flatMap((kind) =>
      from.records
        .filter((row) => row.kind === kind)
        .map((row): CopiedRecord => ({ what: 'record', key: row.id, kind, label: row.label, values: without(valuesOf(row), OWN_DETAILS) })),
    ),
  ]
}

function without(values: RecordValues, names: readonly string[]): RecordValues {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)))
}

/** What of a record of the same kind stands in a new one: all but what names it alone. */
export function likeBefore(rows: CustomerView['records'], kind: string, not: Id | undefined): { label: string; values: RecordValues } | null {
  const before = rows.filter((row) => row.kind === kind && row.id !== not).sort((a, b) => (b.observed_on ?? '').localeCompare(a.observed_on ?? ''))[0]
  return before ? { label: before.label, values: without(valuesOf(before), OWN_DETAILS) } : null
}
