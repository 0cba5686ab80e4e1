/**
 * Figures that may be and are seldom meant (`unusual_from` in the bank's declarations): asked about once, where they are
 * typed. What stands on record was meant, and is not asked about again on any phone. Pure.
 */
const WAN = 10_000
/** Less than this was hardly meant either. */
const LEAST_FEN = 10_000

/** What is known of a field's usual figures, as stored. */
export interface Usual {
  unit: string
  unusual?: number | null
  most?: number | null
}

/** Whether to ask: it is new here, nobody has said that it is meant (`sure`), and it is seldom so large. */
export function isUnusual(field: Usual, value: unknown, seen: unknown, sure: unknown): value is number {
  return typeof value === 'number' && typeof field.unusual === 'number' && value >= field.unusual && value !== seen && value !== sure
}

/** What it would be, had yuan been typed where 万元 were asked for; null where that makes no better sense. */
export function inYuan(field: Usual, fen: number): number | null {
  const meant = fen / WAN
  return field.unit === 'fen' && Number.isInteger(meant) && meant >= LEAST_FEN && meant < (field.unusual ?? 0) ? meant : null
}
