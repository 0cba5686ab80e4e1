/** The day's work: the households in walking order. Pure. */
import { daysBetween, lastDueIn } from '../../domain/dates'
import { countsNow, isOpen, type Column } from '../../domain/duties'
import { distanceMetres, walkingOrder, type LonLat } from '../../domain/geo'
import type { Day, Id, TaskRow } from '../../domain/rows'
import type { CustomerEntry } from '../../domain/views'

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
