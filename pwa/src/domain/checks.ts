/** What the bank takes of a text, an amount, a day: what cannot be right is refused before it is saved. Pure. */
import { isDay } from './dates'
import type { Day } from './rows'

/** What is wrong with an entry, by field, so that the form can point at it. */
export class CommandInvalid extends Error {
  override readonly name = 'CommandInvalid'

  constructor(
    readonly field: string,
    readonly problem: 'required' | 'too_long' | 'not_a_number' | 'out_of_range' | 'not_a_day' | 'not_a_phone' | 'not_an_id' | 'unknown',
  ) {
    super(`${field}: ${problem}`)
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Longest texts the bank takes, in characters. */
export const LONGEST = { name: 60, address: 200, note: 2000, label: 80, reason: 500, removal: 200, code: 40, use: 200 } as const
/** Largest amounts the bank takes: fen, square metres, pieces or heads. */
export const LARGEST = { fen: 100_000_000_000, area_m2: 100_000_000, quantity: 1_000_000 } as const

export function id(field: string, value: string): void {
  if (!UUID.test(value)) throw new CommandInvalid(field, value ? 'unknown' : 'required')
}

/** Several of a body's fields, each an id. */
export function ids<K extends string>(body: Readonly<Record<K, string>>, ...fields: K[]): void {
  for (const field of fields) id(field, body[field])
}

export function text(field: string, value: string | null | undefined, longest: number, required = false): void {
  if (value == null || value.trim() === '') {
    if (required) throw new CommandInvalid(field, 'required')
    return
  }
  if (value.length > longest) throw new CommandInvalid(field, 'too_long')
}

export function whole(field: string, value: number | null | undefined, largest: number): void {
  if (value == null) return
  if (!Number.isSafeInteger(value)) throw new CommandInvalid(field, 'not_a_number')
  if (value < 0 || value > largest) throw new CommandInvalid(field, 'out_of_range')
}

export function day(field: string, value: Day | null | undefined): void {
  if (value != null && !isDay(value)) throw new CommandInvalid(field, 'not_a_day')
}

export function phone(field: string, value: string | null | undefined): void {
  if (value != null && value !== '' && !/^\+?[0-9][0-9 -]{4,19}$/.test(value)) throw new CommandInvalid(field, 'not_a_phone')
}
