/** The list of open opportunities: in which order, and by village. Pure. */
import { openOn, type Opportunity, type OpportunityRow } from '../../domain/opportunities'
import type { Day, Id } from '../../domain/rows'
import type { CustomerEntry } from '../../domain/views'

export interface Line {
  key: string
  opportunity: Opportunity
  customer: CustomerEntry
}

export interface Village {
  gridId: Id | null
  lines: Line[]
}

/** Of customers on this phone, the most urgent first: by priority, then by the last day. */
export function linesOf(rows: readonly OpportunityRow[], customers: ReadonlyMap<Id, CustomerEntry>, today: Day): Line[] {
  const lines = rows.flatMap((row) => {
    const customer = customers.get(row.id)
    return customer ? openOn(row, today).map((opportunity) => ({ key: opportunity.id, opportunity, customer })) : []
  })
  const order = ({ opportunity: { priority, validUntil, id } }: Line) => `${priority} ${validUntil} ${id}`
  return lines.sort((a, b) => (order(a) < order(b) ? -1 : 1))
}

/** The dimensions that there are, those with more first. */
export function dimensionsOf(lines: readonly Line[]): { code: string; n: number }[] {
  const counts = new Map<string, number>()
  for (const { opportunity } of lines) counts.set(opportunity.dimension, (counts.get(opportunity.dimension) ?? 0) + 1)
  return [...counts].map(([code, n]) => ({ code, n })).sort((a, b) => b.n - a.n || (a.code < b.code ? -1 : 1))
}

/** By village, those with more first; within one the most urgent first. */
export function byVillage(lines: readonly Line[]): Village[] {
  const found = new Map<Id | null, Line[]>()
  for (const line of lines) found.set(line.customer.grid_id, [...(found.get(line.customer.grid_id) ?? []), line])
  return [...found].map(([gridId, its]) => ({ gridId, lines: its })).sort((a, b) => b.lines.length - a.lines.length)
}
