/** ID numbers by GB 11643-1999: typed at the doorstep, sent to the bank, kept nowhere else. */
import { isDay } from './dates'
import type { Day } from './rows'

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2] as const
const CHECKS = '10X98765432'

/** One spelling: no blanks, a capital X. */
export function normalId(typed: string): string {
  return typed.replace(/\s/g, '').toUpperCase()
}

/** The character that must follow the first 17 (ISO 7064 MOD 11-2). */
export function checkDigit(first17: string): string {
  const sum = WEIGHTS.reduce((total, weight, i) => total + weight * Number(first17[i]), 0)
  return CHECKS[sum % 11] as string
}

/** What a number says of its person; null where it can't be one: too short, a digit mistyped, no day. */
export function readId(typed: string): { birth_on: Day; sex: 'm' | 'f' } | null {
  const number = normalId(typed)
  if (!/^[1-9]\d{16}[\dX]$/.test(number) || checkDigit(number.slice(0, 17)) !== number[17]) return null
  const birth_on = `${number.slice(6, 10)}-${number.slice(10, 12)}-${number.slice(12, 14)}`
  return isDay(birth_on) ? { birth_on, sex: Number(number[16]) % 2 ? 'm' : 'f' } : null
}
