/** What each kind of record may hold, as the bank declares it (backend/customers/record_kinds.yaml). Pure. */
import type { CommandBodies } from './commands'
import declared from './record-kinds.json'
import { isThing, type RecordDetail, type RecordKind, type RecordRow } from './rows'

export type RecordUnit = 'fen' | 'm2' | 'mu' | 'count' | 'kwh' | 'months' | 'years' | 'year' | 'percent' | 'choice' | 'flag' | 'text' | 'day' | 'code' | 'customer'

export interface RecordField {
  name: string
  unit: RecordUnit
  zh: string
  en: string
  /** The largest number, as it is stored, or the longest text. */
  most: number | null
  /** From this number on, as it is stored, the form asks once whether it is meant. */
  unusual?: number | null
  choices: { code: string; zh: string; en: string }[]
}

export interface RecordSpec {
  zh: string
  en: string
  /** The choice whose word names the record until somebody names it otherwise. */
  names: string | null
  fields: RecordField[]
}

export const RECORD_KINDS = declared as Record<RecordKind, RecordSpec>
export const recordKinds = Object.keys(RECORD_KINDS) as RecordKind[]

/** One mu in square metres. */
const MU_M2 = 2000 / 3
const COLUMNS = ['value_fen', 'area_m2', 'quantity'] as const

export type RecordValue = string | number | boolean | null
export type RecordValues = Record<string, RecordValue>

/** A record's fields by name, the columns and the details alike. */
export function valuesOf(row: { [name in (typeof COLUMNS)[number]]?: number | null } & Pick<RecordRow, 'detail'>): RecordValues {
  return { ...(row.detail ?? {}), value_fen: row.value_fen ?? null, area_m2: row.area_m2 ?? null, quantity: row.quantity ?? null }
}

/** As a person reads a stored number: mu for land, else as it is. Two decimals at most. */
export const asTyped = (unit: RecordUnit, value: number): number => (unit === 'mu' ? Math.round((value / MU_M2) * 100) / 100 : value)

/**
 * What was typed as it is stored; null for nothing. Throws RangeError where it is no number, has decimals that the unit
 * has not, or lies beyond the limit: `number`, `whole`, `less`, `more`.
 */
export function asStored(field: Pick<RecordField, 'unit' | 'most'>, typed: string): number | null {
  const text = typed.trim().replace('，', '.').replace('。', '.')
  if (text === '') return null
  const n = Number(text)
  if (!Number.isFinite(n)) throw new RangeError('number')
  const stored = field.unit === 'mu' ? Math.round(n * MU_M2) : n
  if (field.unit !== 'mu' && !Number.isInteger(n)) throw new RangeError('whole')
  if (n < (field.unit === 'year' ? 1900 : 0)) throw new RangeError('less')
  if (field.most !== null && stored > field.most) throw new RangeError('more')
  return stored
}

type Put = CommandBodies['record.put']

/** The command's body for what was filled in. What the kind does not ask for stays as it was. */
export function bodyOf(kind: RecordKind, id: string, customer: string, label: string, values: RecordValues, seen: Put['seen'] | null): Put {
  const all: RecordValues = { ...(seen ? valuesOf(seen) : {}), ...values }
  const detail: RecordDetail = {}
  for (const [name, value] of Object.entries(all)) {
    if ((COLUMNS as readonly string[]).includes(name) || value === null || value === '') continue
    detail[name] = value
  }
  const [value_fen, area_m2, quantity] = COLUMNS.map((name) => (all[name] as number | null | undefined) ?? null) as [number | null, number | null, number | null]
  return { id, customer_id: customer, kind, label, value_fen, area_m2, quantity, detail, ...(seen ? { seen } : {}) }
}

/** Whether a body says anything else of its record than what was seen of it. */
export function isChanged(body: Put): boolean {
  if (!body.seen) return true
  const before = valuesOf(body.seen)
  const now = valuesOf(body)
  const names = new Set([...Object.keys(before), ...Object.keys(now)])
  return body.label !== body.seen.label || [...names].some((name) => (before[name] ?? null) !== (now[name] ?? null))
}

/** Why a record is over, by what it is. */
export function removalsOf(kind: RecordKind): readonly string[] {
  if (kind === 'debt') return ['repaid', 'mistake']
  if (isThing(kind)) return ['sold', 'scrapped', 'mistake']
  return ['over', 'mistake']
}
