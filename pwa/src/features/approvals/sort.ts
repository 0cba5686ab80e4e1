/** Approvals in the order of work: odd ones first, one by one; clean ones by village, after a look. Pure. */
import type { ApprovalRow, Id } from '../../domain/rows'

export type Segment = 'waiting' | 'approved' | 'returned'

/** A segment's rows, newest first. Own work is never shown to its author. */
export function inSegment(rows: readonly ApprovalRow[], segment: Segment, me: Id | undefined): ApprovalRow[] {
  const states: Record<Segment, string[]> = { waiting: ['submitted'], approved: ['approved', 'closed'], returned: ['returned'] }
  const when = (a: ApprovalRow) => (segment === 'waiting' ? a.submitted_at : (a.decided_at ?? a.submitted_at))
  return rows.filter((a) => a.staff_id !== me && states[segment].includes(a.state)).sort((a, b) => when(b) - when(a))
}

export const isOdd = (a: ApprovalRow) => a.flags.length > 0 || a.visit === null

export interface VillageGroup {
  name: string
  rows: ApprovalRow[]
  seen: number
}

/** Clean ones by village, those with the most first. */
export function byVillage(rows: readonly ApprovalRow[], seen: ReadonlySet<Id>): VillageGroup[] {
  const groups = new Map<string, VillageGroup>()
  for (const row of rows) {
    if (isOdd(row)) continue
    const group = groups.get(row.grid_name) ?? { name: row.grid_name, rows: [], seen: 0 }
    group.rows.push(row)
    if (seen.has(row.id)) group.seen++
    groups.set(row.grid_name, group)
  }
  return [...groups.values()].sort((a, b) => b.rows.length - a.rows.length || a.name.localeCompare(b.name))
}
