/** The rows that an entry of this phone lies over: what each kind of entry changes is said where its kind is. Pure. */
import type { Command } from './commands'
import type { Day, Id, Kind, Pending, RowKinds } from './rows'
import type { VisitLimits } from './visits'

/** One entry of the outbox that still counts. */
export interface OverlayEntry {
  command: Command
  state: Pending['state']
}

export interface OverlayContext {
  /** Who uses this phone. */
  staffId: Id
  timeZone: string
  limits: VisitLimits
}

/** Reads a row of the base; undefined if it isn't there (or not loaded yet). */
export type ReadRow = <K extends Kind>(kind: K, id: Id) => RowKinds[K] | undefined

/** The rows that differ from the base: null means gone. */
export class Overlay {
  private readonly kinds = new Map<Kind, Map<Id, RowKinds[Kind] | null>>()

  /** Undefined if the overlay says nothing about the row. */
  get<K extends Kind>(kind: K, id: Id): RowKinds[K] | null | undefined {
    return this.kinds.get(kind)?.get(id) as RowKinds[K] | null | undefined
  }

  of<K extends Kind>(kind: K): ReadonlyMap<Id, RowKinds[K] | null> {
    return (this.kinds.get(kind) ?? new Map()) as ReadonlyMap<Id, RowKinds[K] | null>
  }

  set<K extends Kind>(kind: K, id: Id, row: RowKinds[K] | null): void {
    let rows = this.kinds.get(kind)
    if (!rows) this.kinds.set(kind, (rows = new Map()))
    rows.set(id, row)
  }

  get empty(): boolean {
    return this.kinds.size === 0
  }
}

export interface Laying {
  overlay: Overlay
  read: ReadRow
  pending: Pending
  day: Day
  context: OverlayContext
  at: number
}

/** Changes fields of a row if the phone holds it; an entry about a row that is not here shows nothing. */
export function patch<K extends Kind>(laying: Laying, kind: K, id: Id, fields: Partial<RowKinds[K]>): void {
  const row = laying.read(kind, id)
  if (row) laying.overlay.set(kind, id, { ...row, ...fields, pending: laying.pending })
}
