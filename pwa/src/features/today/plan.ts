/** The day's work: which tasks count where, and the households in walking order. Pure. */
import { addDays, daysBetween, dayOf, lastDueIn, weekday } from '../../domain/dates'
import { distanceMetres, walkingOrder, type LonLat } from '../../domain/geo'
import type { CustomerEntry, Day, Id, TaskRow, TaskState } from '../../domain/rows'

export type Column = 'today' | 'week' | 'month'
export const COLUMNS: readonly Column[] = ['today', 'week', 'month']

const OPEN: readonly TaskState[] = ['open', 'in_progress', 'returned']
const DONE: readonly TaskState[] = ['submitted', 'approved', 'closed']

export const isOpen = (task: TaskRow) => OPEN.includes(task.state)

/**
 * Tasks with what this phone already did: a duty of contact counts as done once somebody was met, though the bank closes
 * it only when the entry has arrived. `met` is the time of each household's newest entry that is still under way.
 */
export function withOwnContacts(tasks: readonly TaskRow[], met: ReadonlyMap<Id, number>): TaskRow[] {
  return tasks.map((t) => {
    const at = met.get(t.customer_id)
    return at !== undefined && t.duty === 'contact' && t.kind === 'follow_up' && isOpen(t) ? { ...t, state: 'closed', submitted_at: at } : t
  })
}

/** First day of a column's period. */
function since(column: Column, today: Day): Day {
  if (column === 'today') return today
  return column === 'week' ? addDays(today, 1 - weekday(today)) : `${today.slice(0, 8)}01`
}

const DAY_MS = 86_400_000

/** What was returned waits for its person now, whenever it was due. */
const countsNow = (task: TaskRow, last: Day) => task.state === 'returned' || task.due_on <= last

/** Done in the period, overdue (in every column), still to do. */
export function countColumn(tasks: readonly TaskRow[], column: Column, today: Day): { done: number; overdue: number; todo: number } {
  const counts = { done: 0, overdue: 0, todo: 0 }
  const last = lastDueIn(column, today)
  const from = since(column, today)
  // A local day is costly to tell; what lies more than a day before the first one's midnight in Greenwich is older anywhere.
  const surelyBefore = Date.parse(`${from}T00:00:00Z`) - DAY_MS
  for (const task of tasks) {
    if (DONE.includes(task.state)) {
      if (task.submitted_at !== null && task.submitted_at >= surelyBefore && dayOf(task.submitted_at) >= from) counts.done++
    } else if (isOpen(task) && countsNow(task, last)) {
      if (task.due_on < today) counts.overdue++
      else counts.todo++
    }
  }
  return counts
}

/** One household to go to, with what is due there, most urgent first. */
export interface Stop {
  id: Id
  customer: CustomerEntry | undefined
  name: string
  gridId: Id | null
  lon: number | null
  lat: number | null
  tasks: TaskRow[]
  overdue: boolean
  /** Metres from the stop before (from here for the first); null where a point is missing. */
  leg: number | null
}

export interface Village {
  gridId: Id | null
  stops: Stop[]
  metres: number
}

const point = (s: { lon: number | null; lat: number | null }): LonLat | null => (s.lon === null || s.lat === null ? null : { lon: s.lon, lat: s.lat })

/** From farther away nobody sets out on foot: the way is then counted from the first household on. */
const OUT_OF_REACH_M = 50_000

/** What is due in a column, by village, villages and households in walking order from `here`. */
export function planRoute(tasks: readonly TaskRow[], customers: ReadonlyMap<Id, CustomerEntry>, column: Column, today: Day, here: LonLat | null): Village[] {
  const stops = new Map<Id, Stop>()
  const last = lastDueIn(column, today)
  const due = tasks.filter((t) => isOpen(t) && countsNow(t, last)).sort((a, b) => (a.due_on < b.due_on ? -1 : a.due_on > b.due_on ? 1 : 0))
  for (const task of due) {
    const known = stops.get(task.customer_id)
    if (known) {
      known.tasks.push(task)
      continue
    }
    const customer = customers.get(task.customer_id)
    stops.set(task.customer_id, {
      id: task.customer_id,
      customer,
      name: customer?.name ?? task.customer_name,
      gridId: customer?.grid_id ?? task.grid_id,
      lon: customer?.lon ?? null,
      lat: customer?.lat ?? null,
      tasks: [task],
      overdue: task.due_on < today,
      leg: null,
    })
  }
  const byGrid = new Map<Id | null, Stop[]>()
  for (const stop of stops.values()) {
    const list = byGrid.get(stop.gridId)
    if (list) list.push(stop)
    else byGrid.set(stop.gridId, [stop])
  }

  // Villages first, by their middles, so that nobody walks to and fro between two of them.
  const middles = [...byGrid].map(([gridId, list]) => {
    const placed = list.filter((s) => s.lon !== null && s.lat !== null)
    const mean = (of: (s: Stop) => number | null) => (placed.length ? placed.reduce((sum, s) => sum + (of(s) ?? 0), 0) / placed.length : null)
    return { gridId, list, lon: mean((s) => s.lon), lat: mean((s) => s.lat) }
  })
  const reach = here && [...stops.values()].some((s) => { const p = point(s); return p && distanceMetres(here, p) <= OUT_OF_REACH_M }) ? here : null
  let at = reach
  return walkingOrder(middles, reach).map(({ gridId, list }) => {
    const ordered = walkingOrder(list, at)
    let metres = 0
    for (const stop of ordered) {
      const p = point(stop)
      if (!p) continue
      stop.leg = at ? distanceMetres(at, p) : null
      metres += stop.leg ?? 0
      at = p
    }
    return { gridId, stops: ordered, metres }
  })
}

/** Days a task is overdue; 0 or less where it is not. */
export const daysLate = (task: TaskRow, today: Day) => daysBetween(task.due_on, today)
