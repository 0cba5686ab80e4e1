/** Days in the bank's time zone and the buckets of the Today screen. A day is `YYYY-MM-DD`; a week starts on Monday. */
import type { Day, Instant } from './rows'

/** Used until the bank's policy has arrived. */
export const DEFAULT_TIME_ZONE = 'Asia/Shanghai'

const DAY_MS = 86_400_000
const formats = new Map<string, Intl.DateTimeFormat>()

function format(timeZone: string): Intl.DateTimeFormat {
  let found = formats.get(timeZone)
  if (!found) {
    found = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
    formats.set(timeZone, found)
  }
  return found
}

/** The bank's local day at an instant. */
export function dayOf(at: Instant, timeZone: string = DEFAULT_TIME_ZONE): Day {
  return format(timeZone).format(at)
}

/** True for an existing calendar day written `YYYY-MM-DD`. */
export function isDay(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false
  const at = Date.parse(`${value}T00:00:00Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(value)
}

function dayNumber(day: Day): number {
  return Math.round(Date.parse(`${day}T00:00:00Z`) / DAY_MS)
}

function fromNumber(number: number): Day {
  return new Date(number * DAY_MS).toISOString().slice(0, 10)
}

/** `day` moved by a number of days, backwards when negative. */
export function addDays(day: Day, days: number): Day {
  return fromNumber(dayNumber(day) + days)
}

/** Days from `from` to `to`; negative if `to` is earlier. */
export function daysBetween(from: Day, to: Day): number {
  return dayNumber(to) - dayNumber(from)
}

/** 1 for Monday to 7 for Sunday. */
export function weekday(day: Day): number {
  return ((((dayNumber(day) + 3) % 7) + 7) % 7) + 1
}

/** The Sunday of the day's week. */
export function endOfWeek(day: Day): Day {
  return addDays(day, 7 - weekday(day))
}

/** The last day of the day's month. */
export function endOfMonth(day: Day): Day {
  const [year, month] = day.split('-').map(Number) as [number, number]
  return new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10)
}

export type DueBucket = 'overdue' | 'today' | 'week' | 'month' | 'later'

/** The nearest bucket a due day falls into: overdue, today, later this week, later this month, or later. */
export function dueBucket(due: Day, today: Day): DueBucket {
  if (due < today) return 'overdue'
  if (due === today) return 'today'
  if (due <= endOfWeek(today)) return 'week'
  if (due <= endOfMonth(today)) return 'month'
  return 'later'
}

/** The last due day that counts in a column of the Today screen. */
export function lastDueIn(column: 'today' | 'week' | 'month', today: Day): Day {
  if (column === 'today') return today
  // At a month's end the week may reach into the next month; the month column then follows the week.
  const week = endOfWeek(today)
  if (column === 'week') return week
  const month = endOfMonth(today)
  return month > week ? month : week
}

/** True if a due day counts in a column of the Today screen: what is overdue counts in all three. */
export const countsIn = (due: Day, today: Day, column: 'today' | 'week' | 'month'): boolean => due <= lastDueIn(column, today)

/**
 * The day to suggest for the next contact: one rhythm after `from`, moved back to Friday if it falls on a weekend, so
 * that the duty is met in time; never before tomorrow.
 */
export function nextByRhythm(from: Day, rhythmDays: number, today: Day = from): Day {
  const exact = addDays(from, rhythmDays)
  const shift = weekday(exact) - 5
  const suggested = shift > 0 ? addDays(exact, -shift) : exact
  const tomorrow = addDays(today, 1)
  return suggested < tomorrow ? tomorrow : suggested
}
