/** What a head steers the branch by: rows that the bank works out, and how they count on the days after. Pure. */
import { daysBetween, endOfWeek, weekday } from './dates'
import type { Counts } from './duties'
import type { Day, Id, RowBase, TaskState, Tier } from './rows'

/** Work of a person or a grid as the bank counted it on the day `as_of`: households to go to, visits and calls done. */
export interface TeamCounts extends RowBase {
  as_of: Day
  /** Where something was due before `as_of`. */
  overdue: number
  /** Where something is due first on `as_of`, and on each day after it. */
  ahead: number[]
  done_today: number
  /** In the week of `as_of`, from Monday. */
  done_week: number
}

/** A person of the branch; the id is theirs. */
export type WorkloadRow = TeamCounts

/** A grid of the branch; the id is its. */
export interface CoverageRow extends TeamCounts {
  name: string
  manager_id: Id | null
  customers: number
  /** Met by any channel since the first of the month. */
  reached: number
  /** Files of 80 points and more. */
  full_files: number
}

/** A task of the branch that is overdue, due or returned; the id is the task's. Only the most urgent ones. */
export interface DueRow extends RowBase {
  customer_id: Id
  customer_name: string
  grid_name: string | null
  tier: Tier | null
  staff_id: Id
  kind: string
  duty: string | null
  due_on: Day
  state: TaskState
}

/** A high-end customer of the branch; the id is theirs. */
export interface HighEndRow extends RowBase {
  name: string
  grid_name: string | null
  tier: Tier
  owner_id: Id | null
  last_contact_on: Day | null
  next_kind: string | null
  next_duty: string | null
  next_due_on: Day | null
  next_staff_id: Id | null
}

export interface Team {
  people: readonly WorkloadRow[]
  grids: readonly CoverageRow[]
  due: readonly DueRow[]
  /** Whose turn comes first, first. */
  highEnd: readonly HighEndRow[]
}

/** So many due rows of a branch come to a phone at most. */
export const MOST_DUE = 100

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Days that have passed since a row was counted; a phone whose clock runs behind counts none. */
const passed = (row: TeamCounts, today: Day): number => Math.max(0, daysBetween(row.as_of, today))

/** Done, overdue and to do on a day: what nobody has told since then is overdue when its day is over. */
export function countsOn(row: TeamCounts, today: Day): Counts {
  const days = passed(row, today)
  return { done: days === 0 ? row.done_today : 0, overdue: row.overdue + sum(row.ahead.slice(0, days)), todo: row.ahead[days] ?? 0 }
}

/** The same for the day's week. */
export function weekOn(row: TeamCounts, today: Day): Counts {
  const days = passed(row, today)
  const done = endOfWeek(row.as_of) === endOfWeek(today) ? row.done_week : 0
  return { done, overdue: countsOn(row, today).overdue, todo: sum(row.ahead.slice(days, days + 8 - weekday(today))) }
}

const added = (counts: readonly Counts[]): Counts => ({
  done: sum(counts.map((one) => one.done)),
  overdue: sum(counts.map((one) => one.overdue)),
  todo: sum(counts.map((one) => one.todo)),
})

/** The whole branch's work on a day; null where this phone knows nothing of it. */
export const branchOn = (people: readonly TeamCounts[], today: Day): Counts | null => (people.length ? added(people.map((row) => countsOn(row, today))) : null)
export const branchWeek = (people: readonly TeamCounts[], today: Day): Counts => added(people.map((row) => weekOn(row, today)))

/** The newest day that the bank counted; null where it told nothing yet. */
export const countedOn = (people: readonly TeamCounts[]): Day | null => people.reduce<Day | null>((newest, { as_of }) => (newest !== null && newest > as_of ? newest : as_of), null)

const TIERS: readonly (Tier | null)[] = ['high_end', 'core']
const rank = (tier: Tier | null): number => (TIERS.includes(tier) ? TIERS.indexOf(tier) : TIERS.length)

/** As the bank chose them: overdue first, high-end and core before the others, then the longest due. */
export const byUrgency = (today: Day) => (a: DueRow, b: DueRow): number =>
  Number(b.due_on < today) - Number(a.due_on < today) || rank(a.tier) - rank(b.tier) || compare(a.due_on, b.due_on) || compare(a.id, b.id)

/** Who is due first; those without any duty last. */
export const byNextDue = (a: HighEndRow, b: HighEndRow): number => compare(a.next_due_on ?? '9', b.next_due_on ?? '9') || compare(a.id, b.id)

/** What is late comes first. */
export const byLateness = (today: Day) => (a: TeamCounts, b: TeamCounts): number => countsOn(b, today).overdue - countsOn(a, today).overdue || compare(a.id, b.id)
