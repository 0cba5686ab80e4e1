/** A choice of customers as the bank takes it, and as rows of conditions on a screen. */
import type { Id } from './rows'

export type Code = 'tier' | 'stage' | 'grade' | 'kind'
export type Figure = 'limit_fen' | 'rate_bp' | 'score'
export type Place = 'grids' | 'branches' | 'owners'

export type Choice =
  | { is: 'all' | 'any'; of: Choice[] }
  | { is: 'not'; of: Choice }
  | { is: 'tag'; name: string }
  | { is: Code; any_of: string[] }
  | { is: Figure; at_least?: number; at_most?: number }
  | { is: Place; any_of: Id[] }
  | { is: 'visited'; within_days: number }
  | { is: 'named'; contains: string }

/** One row: what it asks. Several values of it mean any of them. */
export type Ask =
  | { by: 'tags' | Code | Place; of: string[] }
  | { by: Figure; least: number | null; most: number | null }
  | { by: 'visited'; days: number }
  | { by: 'named'; text: string }
export type By = Ask['by']
export type Row = Ask & { not: boolean }
/** How rows go together. */
export type Joined = 'all' | 'any'

export const CODES: readonly Code[] = ['tier', 'stage', 'grade', 'kind']
export const FIGURES: readonly Figure[] = ['limit_fen', 'rate_bp', 'score']
export const PLACES: readonly Place[] = ['grids', 'branches', 'owners']
export const isFigure = (by: By): by is Figure => (FIGURES as readonly string[]).includes(by)
export const isMany = (ask: Ask): ask is Extract<Ask, { of: string[] }> => 'of' in ask

/** Whether a row asks anything yet. */
export function asks(row: Ask): boolean {
  if (isMany(row)) return row.of.length > 0
  if (row.by === 'visited') return Number.isInteger(row.days) && row.days >= 0
  if (row.by === 'named') return row.text.trim() !== ''
  return row.least !== null || row.most !== null
}

/** What the rows come to. */
export function choiceOf(rows: readonly Row[], joined: Joined): Choice {
  const of = rows.filter(asks).map((row) => (row.not ? ({ is: 'not', of: one(row) } satisfies Choice) : one(row)))
  // nothing asked is everybody, however rows would go together
  return of.length ? { is: joined, of } : { is: 'all', of: [] }
}

function one(row: Row): Choice {
  if (row.by === 'tags') {
    const of = row.of.map((name): Choice => ({ is: 'tag', name }))
    return of.length === 1 && of[0] ? of[0] : { is: 'any', of }
  }
  if (isMany(row)) return { is: row.by as Code | Place, any_of: row.of }
  if (row.by === 'visited') return { is: 'visited', within_days: row.days }
  if (row.by === 'named') return { is: 'named', contains: row.text.trim() }
  return { is: row.by, ...(row.least === null ? {} : { at_least: row.least }), ...(row.most === null ? {} : { at_most: row.most }) }
}

/** The rows of a choice that was made of rows; null of any other. */
export function rowsOf(choice: Choice): { rows: Row[]; joined: Joined } | null {
  if (choice.is !== 'all' && choice.is !== 'any') return null
  const rows: Row[] = []
  for (const part of choice.of) {
    const not = part.is === 'not'
    const ask = askOf(not ? part.of : part)
    if (ask === null) return null
    rows.push({ ...ask, not })
  }
  return { rows, joined: choice.is }
}

function askOf(choice: Choice): Ask | null {
  switch (choice.is) {
    case 'tag':
      return { by: 'tags', of: [choice.name] }
    case 'any': {
      const names = choice.of.map((inner) => (inner.is === 'tag' ? inner.name : null))
      return names.length > 0 && names.every((name) => name !== null) ? { by: 'tags', of: names } : null
    }
    case 'all':
    case 'not':
      return null
    case 'visited':
      return { by: 'visited', days: choice.within_days }
    case 'named':
      return { by: 'named', text: choice.contains }
    case 'limit_fen':
    case 'rate_bp':
    case 'score':
      return { by: choice.is, least: choice.at_least ?? null, most: choice.at_most ?? null }
    default:
      return { by: choice.is, of: choice.any_of }
  }
}
