/**
 * Customers whom this phone does not hold, as the bank shows them to who may look: in memory, for the page that asked, and
 * gone with it. Nothing of them is written anywhere.
 */
import { EngineError } from '../domain/errors'
import type { Id, Instant, Kind, RowGroup, RowKinds } from '../domain/rows'
import { rowsOf } from '../store/memory'
import type { Core } from './core'

interface Answer {
  customer_id: Id
  now: Instant
  groups: RowGroup[]
}

export class Look {
  private readonly kinds = new Map<string, unknown[]>()

  constructor(
    readonly id: Id,
    readonly at: Instant,
    groups: readonly RowGroup[],
    /** What head office said it is for. */
    readonly purpose: string | undefined,
  ) {
    for (const group of groups) this.kinds.set(group.kind, rowsOf(group))
  }

  of<K extends Kind>(kind: K): RowKinds[K][] {
    return (this.kinds.get(kind) ?? []) as RowKinds[K][]
  }

  /** Every file that the customer's rows name. */
  hashes(): Set<string> {
    const visits = this.of('visit').flatMap((visit) => [...visit.photos, ...(visit.files ?? [])].map(([hash]) => hash))
    return new Set([...this.of('photo').map(({ hash }) => hash), ...visits])
  }
}

export class Looks {
  /** By the id that was asked for, and by the one that it is by now. */
  private readonly found = new Map<Id, Look>()

  constructor(private readonly core: Core) {}

  async ask(id: Id, purpose?: string): Promise<Id> {
    const { core } = this
    const owner = core.open
    if (core.readLocked()) throw new EngineError('read_locked')
    const { customer_id, now, groups } = await core.transport.exchange<Answer>('/api/v1/sync/customer', { customer_id: id, ...(purpose ? { purpose } : {}) })
    // Locked while it was asked: nothing may outlive that.
    if (core.unlocked !== owner) throw new EngineError('locked')
    const look = new Look(customer_id, now, groups, purpose)
    this.found.set(id, look).set(customer_id, look)
    core.emit('rows')
    return customer_id
  }

  of(id: Id): Look | undefined {
    return this.found.get(id)
  }

  /** What a file that only a look knows of is asked for; undefined for others. */
  purposeOf(hash: string): string | undefined {
    return [...this.found.values()].find((look) => look.purpose && look.hashes().has(hash))?.purpose
  }

  /** Forgets one, or all; returns the files that they named. */
  forget(id?: Id): Set<string> {
    const gone = id === undefined ? [...this.found.values()] : [this.found.get(id)]
    for (const [key, look] of this.found) if (gone.includes(look)) this.found.delete(key)
    return new Set(gone.flatMap((look) => [...(look?.hashes() ?? [])]))
  }
}
