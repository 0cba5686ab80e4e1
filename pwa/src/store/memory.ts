/**
 * The rows in memory. Lists (customers, tasks, names …) are held whole; what hangs on a customer is read chunk by chunk
 * when its page is opened (see lazy.ts), with later changes kept here as patches.
 */
import type { Id, Kind, RowGroup, RowKinds } from '../domain/rows'

/** Kinds held whole in memory from the unlock on. */
export const EAGER_KINDS: ReadonlySet<string> = new Set([
  'grid',
  'customer',
  'profile',
  'task',
  'inbox',
  'approval',
  'workload',
  'coverage',
  'due',
  'highend',
  'unplaced',
  'suggestion',
  'dispute',
  'evaluation',
  'opportunity',
  'staffer',
  'product',
  'term',
  'rules',
  'policy',
])

/** Kinds read when a customer is opened, and the field that names the customer. */
export const LAZY_KINDS: Readonly<Record<string, string>> = {
  file: 'id',
  standing: 'id',
  member: 'customer_id',
  record: 'customer_id',
  photo: 'customer_id',
  visit: 'customer_id',
}

export interface StoredRow {
  id: Id
  revision: number
}

/** The rows of a group as objects; unknown fields are kept. */
export function rowsOf(group: RowGroup): StoredRow[] {
  const { fields, rows } = group
  return rows.map((values) => {
    const row: Record<string, unknown> = { id: values[0], revision: values[1] }
    for (let i = 0; i < fields.length; i++) row[fields[i] as string] = values[i + 2]
    return row as unknown as StoredRow
  })
}

/** A change to a row that is read lazily: the row, or null for gone. */
export interface Patch {
  revision: number
  row: StoredRow | null
}

/** Between which customers the rows of a chunk lie, both included. */
export type Range = [first: Id, last: Id]

/** A chunk of a kind that is read when a customer is opened. */
export interface LazyChunk {
  id: string
  kind: string
  /** As the bank said it with the page. */
  range?: Range
}

/** The book of a key `<book>/<projection>@<version>`. */
export const bookOf = (key: string): string => key.slice(0, key.lastIndexOf('/'))

/** The rows of one partition at one revision. */
export class PartitionRows {
  readonly book: string
  readonly eager = new Map<string, Map<Id, StoredRow>>()
  readonly patches = new Map<string, Map<Id, Patch>>()
  /** Chunks of the snapshot that hold lazily read kinds. */
  readonly lazyChunks: LazyChunk[] = []
  /** Chunks already in memory, so that a second tab's writes can be told apart. */
  readonly loaded = new Set<string>()
  changes = 0
  /** A chunk of it is missing or can't be opened: what is here is what could be read. */
  damaged = false
  /** See PartitionRecord.whole: up to here every row is here. */
  whole: number

  constructor(
    readonly key: string,
    readonly gen: string,
    public revision: number,
    /** See PartitionRecord.shape. */
    readonly shape = 0,
  ) {
    this.book = bookOf(key)
    this.whole = revision
  }

  /** Takes the rows of eager kinds from a snapshot page. */
  addPage(groups: readonly RowGroup[]): void {
    for (const group of groups) {
      if (!EAGER_KINDS.has(group.kind)) continue
      const rows = this.table(group.kind)
      for (const row of rowsOf(group)) {
        const known = rows.get(row.id)
        if (!known || known.revision <= row.revision) rows.set(row.id, row)
      }
    }
  }

  /** Applies changes; a row is replaced only by a newer one. */
  addChanges(groups: readonly RowGroup[]): void {
    for (const group of groups) {
      this.changes += group.rows.length + group.gone.length
      if (EAGER_KINDS.has(group.kind)) this.changeEager(group)
      else this.changeLazy(group)
    }
  }

  private changeEager(group: RowGroup): void {
    const table = this.table(group.kind)
    for (const row of rowsOf(group)) {
      const known = table.get(row.id)
      if (!known || known.revision <= row.revision) table.set(row.id, row)
    }
    for (const [id, revision] of group.gone) {
      const known = table.get(id)
      if (known && known.revision <= revision) table.delete(id)
    }
  }

  private changeLazy(group: RowGroup): void {
    let table = this.patches.get(group.kind)
    if (!table) this.patches.set(group.kind, (table = new Map()))
    const note = (id: Id, patch: Patch): void => {
      const known = table.get(id)
      if (!known || known.revision <= patch.revision) table.set(id, patch)
    }
    for (const row of rowsOf(group)) note(row.id, { revision: row.revision, row })
    for (const [id, revision] of group.gone) note(id, { revision, row: null })
  }

  private table(kind: string): Map<Id, StoredRow> {
    let table = this.eager.get(kind)
    if (!table) this.eager.set(kind, (table = new Map()))
    return table
  }
}

/** All partitions a phone holds. */
export class Rows {
  /** In the order of their keys, however they came: what is shown must not depend on which answer was faster. */
  readonly partitions = new Map<string, PartitionRows>()
  /** Grows with each change, so that lists made from the rows know when they are old. */
  version = 0

  set(partition: PartitionRows): void {
    const known = this.partitions.has(partition.key)
    this.partitions.set(partition.key, partition)
    if (!known) {
      const sorted = [...this.partitions].sort(([a], [b]) => (a < b ? -1 : 1))
      this.partitions.clear()
      for (const [key, one] of sorted) this.partitions.set(key, one)
    }
    this.version++
  }

  drop(key: string): void {
    if (this.partitions.delete(key)) this.version++
  }

  changed(): void {
    this.version++
  }

  /** The highest revision held of a book under any projection; undefined if none is held. */
  revisionOf(book: string): number | undefined {
    let highest: number | undefined
    for (const partition of this.partitions.values()) {
      if (partition.book === book) highest = Math.max(highest ?? 0, partition.revision)
    }
    return highest
  }

  /**
   * Whether the rows of a book's revision are all here. True for a book that this phone does not hold: it can't bring its
   * rows, so there is nothing to wait for. Rows of another life of the bank's database (`epoch`), shown until this one's
   * are here, have their own count.
   */
  reached(book: string, revision: number, epoch: string | null): boolean {
    const held = [...this.partitions.values()].filter((partition) => partition.book === book)
    return held.length === 0 || held.some(({ whole, gen }) => whole >= revision && gen.startsWith(`${epoch ?? ''}.`))
  }

  /**
   * A row by id. While a household moves, two partitions may hold it for a moment: the one it calls home wins, of two
   * homes the last.
   */
  get<K extends Kind>(kind: K, id: Id): RowKinds[K] | undefined {
    let found: RowKinds[K] | undefined
    for (const partition of this.partitions.values()) {
      const row = partition.eager.get(kind)?.get(id) as RowKinds[K] | undefined
      if (!row) continue
      if (!('home_book' in row)) return row
      if (!found || row.home_book === partition.book) found = row
    }
    return found
  }

  /** All rows of an eager kind, each id once. */
  all<K extends Kind>(kind: K): RowKinds[K][] {
    const merged = new Map<Id, RowKinds[K]>()
    for (const partition of this.partitions.values()) {
      const table = partition.eager.get(kind)
      if (!table) continue
      for (const row of table.values() as IterableIterator<unknown> as IterableIterator<RowKinds[K]>) {
        if (!merged.has(row.id) || ('home_book' in row && row.home_book === partition.book)) merged.set(row.id, row)
      }
    }
    return [...merged.values()]
  }
}
