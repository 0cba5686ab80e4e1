/** What the screens read: rows in memory with the phone's own entries laid over them. */
import { EngineError } from '../domain/errors'
import { layOver, Overlay, type OverlayContext, type OverlayEntry } from '../domain/overlay'
import { expected } from '../domain/provisional'
import { readName, type Reading } from '../domain/pinyin'
import type { CustomerRow, Id, Kind, RowKinds } from '../domain/rows'
import type { VisitRow } from '../domain/visitRows'
import type { CustomerEntry, CustomerView } from '../domain/views'
import { SearchIndex } from '../domain/search'
import { visitLimits } from '../domain/visits'
import { DamagedChunk } from '../store/chunks'
import type { LazyRows } from '../store/lazy'
import type { PartitionRows, Rows } from '../store/memory'
import { whom } from './about'
import type { Core, Unlocked } from './core'
import type { Look, Looks } from './looks'
import type { BookEntry, OutboxBook } from './outboxBook'
import { refreshRows } from './pull'
import { passOver } from './repair'

interface Lists {
  stamp: string
  overlay: Overlay
  lying: OverlayEntry[]
  kinds: Map<Kind, RowKinds[Kind][]>
}

/** A lazily read kind of one customer, gathered over the partitions that may hold it. */
type Hanging = { [K in 'file' | 'member' | 'record' | 'photo' | 'standing' | 'visit']: RowKinds[K][] }

/** What a form needs and what says nothing of anybody: shown past the offline limit too. */
const AT_ALL_TIMES: ReadonlySet<Kind> = new Set(['product', 'term'])

/** Customers whose hanging rows stay at hand: those of a screen are asked for again after every save. */
const KEPT_CUSTOMERS = 100

export class Reader {
  private lists: Lists | null = null
  private entries: { rows: RowKinds['customer'][]; profiles: unknown; list: CustomerEntry[]; index: SearchIndex | null } | null = null
  /** Rows as the bank says them, by kind, for one version of the rows. */
  private base: { version: number; kinds: Map<Kind, RowKinds[Kind][]> } | null = null
  /** What hangs on customers that were looked at, for one version of the rows. */
  private hangings: { version: number; of: Map<Id, Promise<Hanging>> } = { version: -1, of: new Map() }
  private owner: { unlocked: Unlocked; outbox: OutboxBook } | null = null
  private readonly readings = new Map<string, Reading>()

  constructor(
    private readonly core: Core,
    private readonly looks: Looks,
  ) {}

  /** Forgets all lists when they belong to another unlock. */
  private ownedBy(unlocked: Unlocked, outbox: OutboxBook): void {
    if (this.owner?.unlocked === unlocked && this.owner.outbox === outbox) return
    this.owner = { unlocked, outbox }
    this.lists = null
    this.entries = null
    this.base = null
    this.hangings = { version: -1, of: new Map() }
  }

  /** True if rows may be shown: unlocked, and not beyond the offline limit. */
  private get readable(): boolean {
    return this.core.unlocked !== null && !this.core.readLocked()
  }

  private context(): OverlayContext {
    return {
      staffId: this.core.current?.staffId ?? '',
      timeZone: this.core.timeZone(),
      limits: visitLimits((key) => this.core.policy(key)),
    }
  }

  private lying(rows: Rows): OverlayEntry[] {
    return this.core.outbox.lying((book, revision) => rows.reached(book, revision, this.core.contact.epoch))
  }

  private current(): Lists {
    const { rows } = this.core.open
    this.ownedBy(this.core.open, this.core.outbox)
    const stamp = `${rows.version}.${this.core.outbox.version}`
    if (this.lists?.stamp === stamp) return this.lists
    const lying = this.lying(rows)
    const overlay = layOver(lying, (kind, id) => rows.get(kind, id), this.context())
    this.lists = { stamp, overlay, lying, kinds: new Map() }
    return this.lists
  }

  /** All rows of a kind held in memory; the same array until something changes. */
  all<K extends Kind>(kind: K, compare?: (a: RowKinds[K], b: RowKinds[K]) => number): readonly RowKinds[K][] {
    if (!this.readable && !(this.core.unlocked && AT_ALL_TIMES.has(kind))) return []
    const lists = this.current()
    const made = lists.kinds.get(kind)
    if (made) return made as RowKinds[K][]
    const over = lists.overlay.of(kind)
    let rows = this.baseOf(kind, compare)
    if (over.size) {
      rows = rows.filter((row) => !over.has(row.id))
      for (const row of over.values()) if (row) rows.push(row)
      if (compare) rows.sort(compare)
    }
    lists.kinds.set(kind, rows)
    return rows
  }

  private baseOf<K extends Kind>(kind: K, compare?: (a: RowKinds[K], b: RowKinds[K]) => number): RowKinds[K][] {
    const { rows } = this.core.open
    if (this.base?.version !== rows.version) this.base = { version: rows.version, kinds: new Map() }
    let made = this.base.kinds.get(kind) as RowKinds[K][] | undefined
    if (!made) {
      made = rows.all(kind)
      if (compare) made.sort(compare)
      this.base.kinds.set(kind, made)
    }
    return made
  }

  /** What this phone's own entries make of a kind that is read lazily: the row by id, null where one is gone. */
  laid<K extends Kind>(kind: K): ReadonlyMap<Id, RowKinds[K] | null> {
    return this.readable ? this.current().overlay.of(kind) : new Map()
  }

  /** A row held in memory. */
  one<K extends Kind>(kind: K, id: Id): RowKinds[K] | undefined {
    if (!this.readable) return undefined
    const over = this.current().overlay.get(kind, id)
    return over === undefined ? this.core.open.rows.get(kind, id) : (over ?? undefined)
  }

  customers(): readonly CustomerEntry[] {
    return this.readable ? this.listed().list : []
  }

  search(text: string, limit?: number): CustomerEntry[] {
    return this.readable ? this.index().search(text, limit) : []
  }

  /** The index over the list, made when it is first searched, or before in a quiet moment: no screen waits for it. */
  private index(): SearchIndex {
    const listed = this.listed()
    listed.index ??= new SearchIndex(listed.list)
    return listed.index
  }

  /** The list of customers; made again only if customers or tiers changed. */
  private listed(): NonNullable<Reader['entries']> {
    this.ownedBy(this.core.open, this.core.outbox)
    const rows = this.all('customer') as RowKinds['customer'][]
    const profiles = this.all('profile')
    const known = this.entries
    if (known && sameRows(known.rows, rows) && sameRows(known.profiles as typeof profiles, profiles)) {
      known.rows = rows
      known.profiles = profiles
      return known
    }
    const tiers = new Map(profiles.map((profile) => [profile.id, profile.tier]))
    const list = rows.map((row) => this.entryOf(row, tiers))
    list.sort((a, b) => (a.pinyin < b.pinyin ? -1 : a.pinyin > b.pinyin ? 1 : a.id < b.id ? -1 : 1))
    const made: NonNullable<Reader['entries']> = { rows, profiles, list, index: null }
    this.entries = made
    if (typeof requestIdleCallback === 'function') requestIdleCallback(() => this.entries === made && (made.index ??= new SearchIndex(list)))
    return made
  }

  private entryOf(row: CustomerRow, tiers: ReadonlyMap<Id, CustomerEntry['tier']>): CustomerEntry {
    const reading = row.pinyin ? row : (this.readings.get(row.name) ?? this.readLater(row))
    const entry: CustomerEntry = {
      id: row.id,
      kind: row.kind,
      name: row.name,
      pinyin: reading.pinyin,
      initials: reading.initials,
      phone: row.phone ?? null,
      address: row.address ?? '',
      grid_id: row.grid_id,
      owner_id: row.owner_id ?? null,
      lon: row.lon,
      lat: row.lat,
    }
    const tier = tiers.get(row.id)
    if (tier) entry.tier = tier
    if (row.pending) entry.pending = row.pending
    return entry
  }

  /** A customer made on this phone has no pinyin yet: it is found by name at once, by pinyin a moment later. */
  private readLater(row: CustomerRow): Reading {
    void readName(row.name).then(
      (reading) => {
        this.readings.set(row.name, reading)
        this.entries = null
        this.core.emit('rows')
      },
      // The dictionary did not load: the next look at the list tries again.
      () => this.readings.delete(row.name),
    )
    const none = { pinyin: row.pinyin, initials: row.initials }
    this.readings.set(row.name, none)
    return none
  }

  async customer(id: Id): Promise<CustomerView> {
    const unlocked = this.core.open
    if (this.core.readLocked()) throw new EngineError('read_locked')
    try {
      return await this.view(id, unlocked.rows, unlocked.lazy)
    } catch (error) {
      if (!(error instanceof DamagedChunk)) throw error
      // Another tab merged the chunks that this one remembered.
      await refreshRows(this.core, unlocked)
      return this.viewAround(id, unlocked)
    }
  }

  /** A customer's page without what can't be read of it. */
  private async viewAround(id: Id, unlocked: Unlocked): Promise<CustomerView> {
    for (;;) {
      try {
        return await this.view(id, unlocked.rows, unlocked.lazy)
      } catch (error) {
        if (!(error instanceof DamagedChunk) || !(await passOver(this.core, unlocked, error))) throw error
      }
    }
  }

  async lastVisit(id: Id): Promise<VisitRow | null> {
    const { rows, lazy } = this.core.open
    if (this.core.readLocked()) throw new EngineError('read_locked')
    const known = this.hangings.version === rows.version ? this.hangings.of.get(id) : undefined
    const kept = known ? (await known).visit : (await Promise.all([...rows.partitions.values()].map((one) => lazy.of(one, 'visit', id)))).flat()
    const over = this.current().overlay.of('visit')
    let last: VisitRow | null = null
    for (const visit of [...kept, ...over.values()]) {
      if (visit && visit.customer_id === id && (!last || visit.at > last.at)) last = visit
    }
    return last
  }

  private async view(asked: Id, rows: Rows, lazy: LazyRows): Promise<CustomerView> {
    const known = this.one('customer', asked) ? asked : (this.core.outbox.aliases().get(asked) ?? asked)
    const look = this.one('customer', known) ? undefined : this.looks.of(known)
    const id = look?.id ?? known
    const base = look ? shownBy(look) : await this.hanging(rows, lazy, id)
    const { lying } = this.current()
    // who and what went here on this phone still hangs on another household
    const origin = lying.flatMap(({ command: { type, body } }) => ((type === 'customer.split' && body.id === id) || (type === 'member.move' && body.into_id === id) ? [body.customer_id] : []))
    const others = await Promise.all(origin.map((one) => this.hanging(rows, lazy, one)))
    const find = <K extends keyof Hanging>(kind: K, row: Id) => [base, ...others].flatMap((one) => one[kind] as RowKinds[K][]).find((one) => one.id === row)
    const overlay = lying.length
      ? layOver(lying, (kind, row) => (kind in base ? (find(kind as keyof Hanging, row) as never) : rows.get(kind, row)), this.context())
      : new Overlay()
    const customer = overlay.get('customer', id) ?? rows.get('customer', id) ?? look?.of('customer')[0]
    if (!customer) throw new EngineError('not_found', `customer ${id} is not on this phone`)
    const laid = <K extends keyof Hanging>(kind: K): RowKinds[K][] => {
      const over = overlay.of(kind)
      const mine = (row: RowKinds[K]): boolean => ('customer_id' in row ? row.customer_id : row.id) === id
      return [...base[kind].filter((row) => !over.has(row.id)), ...[...over.values()].filter((row): row is RowKinds[K] => row !== null && mine(row))]
    }
    const here = {
      file: laid('file')[0] ?? null,
      members: laid('member'),
      records: laid('record'),
      photos: laid('photo').sort((a, b) => (a.taken_on < b.taken_on ? 1 : a.taken_on > b.taken_on ? -1 : a.id < b.id ? 1 : -1)),
      profile: rows.get('profile', id) ?? look?.of('profile')[0] ?? null,
    }
    return {
      customer,
      ...here,
      expected: look ? null : expected(rows.get('rules', 'in_force'), here, this.core.today()),
      standing: laid('standing')[0] ?? null,
      visits: laid('visit').sort((a, b) => b.at - a.at),
      tasks: this.about(id, 'task', look).sort((a, b) => (a.due_on < b.due_on ? -1 : 1)),
      suggestions: this.about(id, 'suggestion', look).sort((a, b) => a.at - b.at),
      opportunities: this.one('opportunity', id) ?? look?.of('opportunity')[0] ?? null,
      disputes: this.about(id, 'dispute', look).sort((a, b) => a.opened_at - b.opened_at),
      ...(look && { online: { at: look.at, evaluations: look.of('evaluation') } }),
    }
  }

  /** Rows about a customer that are held in memory, and those that a look brought beside them. */
  private about<K extends 'task' | 'suggestion' | 'dispute'>(id: Id, kind: K, look: Look | undefined): RowKinds[K][] {
    const mine = this.all(kind).filter((one) => one.customer_id === id)
    const beside = look?.of(kind).filter((row) => !mine.some((one) => one.id === row.id)) ?? []
    return [...mine, ...beside]
  }

  private hanging(rows: Rows, lazy: LazyRows, id: Id): Promise<Hanging> {
    this.ownedBy(this.core.open, this.core.outbox)
    if (this.hangings.version !== rows.version) this.hangings = { version: rows.version, of: new Map() }
    const kept = this.hangings.of
    const read = kept.get(id) ?? hanging(rows, lazy, id)
    // The one asked for last goes last.
    kept.delete(id)
    kept.set(id, read)
    read.catch(() => kept.delete(id))
    const [oldest] = kept.keys()
    if (kept.size > KEPT_CUSTOMERS && oldest !== undefined) kept.delete(oldest)
    return read
  }

  /** Whom an outbox entry is about. */
  customerOf(entry: BookEntry): { id: Id | null; name: string } {
    return this.readable ? whom(this.core, entry) : { id: null, name: '' }
  }
}

function shownBy(look: Look): Hanging {
  return { file: look.of('file'), member: look.of('member'), record: look.of('record'), photo: look.of('photo'), standing: look.of('standing'), visit: look.of('visit') }
}

function sameRows(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a === b || (a.length === b.length && a.every((row, i) => row === b[i]))
}

async function hanging(rows: Rows, lazy: LazyRows, id: Id): Promise<Hanging> {
  const home = rows.get('customer', id)?.home_book
  // The customer's home first: while a household moves, its rows win.
  const partitions = [...rows.partitions.values()].sort((a, b) => Number(b.book === home) - Number(a.book === home))
  const gather = async <K extends keyof Hanging>(kind: K): Promise<RowKinds[K][]> => {
    const merged = new Map<Id, RowKinds[K]>()
    const lists = await Promise.all(partitions.map((partition: PartitionRows) => lazy.of(partition, kind, id)))
    for (const row of lists.flat()) if (!merged.has(row.id)) merged.set(row.id, row)
    return [...merged.values()]
  }
  const [file, member, record, photo, standing, visit] = await Promise.all([
    gather('file'),
    gather('member'),
    gather('record'),
    gather('photo'),
    gather('standing'),
    gather('visit'),
  ])
  return { file, member, record, photo, standing, visit }
}
