/** Which tasks count where on the Today screen. Pure. */
import type { NewCommand } from './commands'
import { addDays, dayOf, lastDueIn, weekday } from './dates'
import type { Day, Id, Instant, TaskRow, TaskState } from './rows'
import type { VisitRow } from './visitRows'

export type Column = 'today' | 'week' | 'month'
export const COLUMNS: readonly Column[] = ['today', 'week', 'month']

const OPEN: readonly TaskState[] = ['open', 'in_progress', 'returned']
const DONE: readonly TaskState[] = ['submitted', 'approved', 'closed']

export const isOpen = (task: TaskRow) => OPEN.includes(task.state)

/** The visit of `staff` that an open task was handed in with before it was taken back or returned: it may go once more. */
export const handedInBefore = (task: TaskRow, visits: readonly VisitRow[], staff: Id): VisitRow | undefined =>
  isOpen(task) ? visits.find(({ id, staff_id }) => id === task.evidence_id && staff_id === staff) : undefined

/**
 * Tasks with what this phone already did: a duty of contact, and an agent has no other, counts as done once somebody was
 * met, though the bank closes it only when the entry has arrived. `met` is each household's newest entry that is still under way.
 */
export function withOwnContacts(tasks: readonly TaskRow[], met: ReadonlyMap<Id, Met>): TaskRow[] {
  return tasks.map((t) => {
    const own = met.get(t.customer_id)
    return own && t.duty !== 'visit' && t.kind === 'follow_up' && isOpen(t) ? { ...t, state: 'closed', submitted_at: own.at, evidence_id: own.visit } : t
  })
}

export interface Met {
  at: Instant
  visit: Id
}

/** Each household's newest entry, of `outbox` newest first, in which somebody was met and that is still under way. */
export function ownContacts(outbox: readonly { command: NewCommand | null; savedAt: Instant; state: string }[]): Map<Id, Met> {
  const met = new Map<Id, Met>()
  for (const { command, savedAt, state } of outbox) {
    if (command?.type !== 'visit.log' || command.body.outcome !== 'met' || state === 'received') continue
    if (!met.has(command.body.customer_id)) met.set(command.body.customer_id, { at: savedAt, visit: command.body.id })
  }
  return met
}

/** First day of a column's period. */
function since(column: Column, today: Day): Day {
  if (column === 'today') return today
  return column === 'week' ? addDays(today, 1 - weekday(today)) : `${today.slice(0, 8)}01`
}

const DAY_MS = 86_400_000

/** What was returned waits for its person now, whenever it was due. */
export const countsNow = (task: TaskRow, last: Day) => task.state === 'returned' || task.due_on <= last

export interface Counts {
  done: number
  overdue: number
  todo: number
}

/**
 * Done in the period, overdue (in every column), still to do. A visit that did two duties is one thing done, and a
 * household where two are due one to go to, as in the list.
 */
export function countColumn(tasks: readonly TaskRow[], column: Column, today: Day): Counts {
  const done = new Set<Id>()
  const overdue = new Set<Id>()
  const todo = new Set<Id>()
  const last = lastDueIn(column, today)
  const from = since(column, today)
  // A local day is costly to tell; what lies more than a day before the first one's midnight in Greenwich is older anywhere.
  const surelyBefore = Date.parse(`${from}T00:00:00Z`) - DAY_MS
  for (const task of tasks) {
    if (DONE.includes(task.state)) {
      if (task.submitted_at !== null && task.submitted_at >= surelyBefore && dayOf(task.submitted_at) >= from) done.add(task.evidence_id ?? task.id)
    } else if (isOpen(task) && countsNow(task, last)) {
      if (task.due_on < today) overdue.add(task.customer_id)
      else todo.add(task.customer_id)
    }
  }
  for (const late of overdue) todo.delete(late)
  return { done: done.size, overdue: overdue.size, todo: todo.size }
}

export const countsOf = (tasks: readonly TaskRow[], today: Day): Record<Column, Counts> => ({
  today: countColumn(tasks, 'today', today),
  week: countColumn(tasks, 'week', today),
  month: countColumn(tasks, 'month', today),
})
