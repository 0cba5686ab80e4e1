/** What the parts of a file add up to, and what changed in them. Pure. */
import type { CustomerKind, FieldValue, FileRow, RecordRow } from '../../domain/rows'
import { yearFields } from '../../domain/sections'

/** The amount shown for a field, in fen; null where nobody has said. */
export function amountOf(file: FileRow | null | undefined, field: string): number | null {
  const value = file?.values?.[field]?.[0]
  return typeof value === 'number' ? value : null
}

/** A household's income or a business's turnover of a year, in fen; null where nobody has said. */
export function incomeOf(file: FileRow | null | undefined, kind?: CustomerKind): number | null {
  if (kind === 'business') return amountOf(file, 'turnover_year_fen')
  const known = yearFields('household').map((f) => amountOf(file, f)).filter((n): n is number => n !== null)
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
export function editsOf(file: FileRow | null | undefined, form: Readonly<Record<string, FieldValue>>) {
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
