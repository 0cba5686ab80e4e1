/** The fields of a file that the phone edits by hand, in the order of the form, and what its parts add up to. Pure. */
import type { RecordRow, CustomerKind, FileRow } from '../../domain/rows'

export const INCOME_FIELDS = [
  'income_planting_fen',
  'income_breeding_fen',
  'income_trade_fen',
  'income_wages_fen',
  'income_migrant_fen',
  'income_transfers_fen',
] as const
/** What a business earns and what that costs it. */
export const TRADE_FIELDS = ['turnover_year_fen', 'costs_year_fen'] as const
export type IncomeField = (typeof INCOME_FIELDS)[number] | (typeof TRADE_FIELDS)[number]

/** The amounts of a year that are asked for: a household's kinds of income, a business's turnover and costs. */
export const yearFields = (kind: CustomerKind | undefined): readonly IncomeField[] => (kind === 'business' ? TRADE_FIELDS : INCOME_FIELDS)

/** The amount shown for a field, in fen; null where nobody has said. */
export function amountOf(file: FileRow | null | undefined, field: string): number | null {
  const value = file?.values?.[field]?.[0]
  return typeof value === 'number' ? value : null
}

/** A household's income or a business's turnover of a year, in fen; null where nobody has said. */
export function incomeOf(file: FileRow | null | undefined, kind?: CustomerKind): number | null {
  if (kind === 'business') return amountOf(file, 'turnover_year_fen')
  const known = INCOME_FIELDS.map((f) => amountOf(file, f)).filter((n): n is number => n !== null)
  return known.length ? known.reduce((a, b) => a + b, 0) : null
}

/** Day and source of the newest of the named fields. */
export function newestOf(file: FileRow | null | undefined, fields: readonly string[]): { day: string; source: string } | null {
  let found: { day: string; source: string } | null = null
  for (const field of fields) {
    const value = file?.values?.[field]
    if (value?.[2] && (!found || value[2] > found.day)) found = { day: value[2], source: value[1] }
  }
  return found
}

/** Changed amounts as the edits of a command: what was seen, what is now. */
export function editsOf(file: FileRow | null | undefined, form: Record<string, number | null>) {
  return Object.entries(form)
    .map(([field, value]) => ({ field, seen: file?.values?.[field]?.[0] ?? null, value }))
    .filter((e) => e.seen !== e.value)
}

export function worthOf(things: readonly RecordRow[]): number | null {
  const known = things.map((a) => a.value_fen).filter((n): n is number => n !== null)
  return known.length ? known.reduce((a, b) => a + b, 0) : null
}

/**
 * What to say of a thing beside its label: nothing that the label says already, no number of pieces for a single one.
 * `texts` are the pieces, the area and the value in words.
 */
export function besideLabel(label: string, thing: Pick<RecordRow, 'quantity'>, texts: { pieces: string; area: string; value: string }): string[] {
  /** By its number alone: the label has the unit in the language in which it was written. */
  const missing = (text: string) => text !== '' && !label.replace(/,/g, '').includes(/[\d.]+/.exec(text.replace(/,/g, ''))?.[0] ?? text)
  const counted = thing.quantity !== null && thing.quantity > 1 && !label.includes(String(thing.quantity)) ? texts.pieces : ''
  return [counted, missing(texts.area) ? texts.area : '', texts.value].filter((x) => x !== '')
}
