/** Reads what hangs on a customer, chunk by chunk, and remembers which customers a chunk holds. */
import type { Id, Kind, RowKinds } from '../domain/rows'
import { pack, unpack } from './codec'
import { putMeta, withStore, type StaffDatabase } from './database'
import type { ChunkStore } from './chunks'
import { LAZY_KINDS, rowsOf, type LazyChunk, type PartitionRows, type Range, type StoredRow } from './memory'
import type { Boxed, Vault } from './vault'

/** Chunks kept decoded; the least recently used goes first. About 500 rows each. */
const KEPT_CHUNKS = 40

type ByCustomer = Map<Id, StoredRow[]>

export class LazyRows {
  private readonly kept = new Map<string, Promise<ByCustomer>>()
  private readonly ranges = new Map<string, Range>()
  private readonly knownRanges = new Set<string>()
  /** Chunks that can't be read: passed over until their partition is replaced. */
  private readonly broken = new Set<string>()

  constructor(
    private readonly db: StaffDatabase,
    private readonly chunks: ChunkStore,
    private readonly vault: Vault,
  ) {}

  private place(key: string): string {
    return `ranges:${key}`
  }

  /** Loads the remembered ranges of partitions. */
  async openRanges(partitions: readonly PartitionRows[]): Promise<void> {
    const boxes = partitions.length ? await withStore(this.db, () => this.db.meta.bulkGet(partitions.map((rows) => this.place(rows.key)))) : []
    await Promise.all(partitions.map((rows, i) => this.takeRanges(rows, boxes[i]?.value as Boxed | undefined)))
  }

  private async takeRanges(rows: PartitionRows, box: Boxed | undefined): Promise<void> {
    if (!box) return
    let ranges: Record<string, Range>
    try {
      ranges = unpack(await this.vault.decrypt(`meta|${this.place(rows.key)}|1`, box)) as Record<string, Range>
    } catch {
      // Only a help: learned anew from the chunks.
      return
    }
    for (const [id, range] of Object.entries(ranges)) this.ranges.set(id, range)
    this.knownRanges.add(rows.key)
  }

  /**
   * Learns the ranges of a partition's chunks that the bank did not tell, a chunk at a time, and keeps all of them;
   * `pause` is awaited in between. Meant for idle time: until then a first look at a customer may read more than it needs.
   */
  async learnRanges(rows: PartitionRows, pause: () => Promise<void>): Promise<void> {
    const unknown = rows.lazyChunks.filter((chunk) => !this.rangeOf(chunk))
    if (unknown.length === 0 && this.knownRanges.has(rows.key)) return
    for (const chunk of unknown) {
      await this.open(chunk.id, chunk.kind)
      await pause()
    }
    const ranges: Record<string, Range> = {}
    for (const chunk of rows.lazyChunks) {
      const range = this.rangeOf(chunk)
      if (range) ranges[chunk.id] = range
    }
    const place = this.place(rows.key)
    const box = await this.vault.encrypt(`meta|${place}|1`, pack(ranges))
    await withStore(this.db, () => putMeta(this.db, place, box))
    this.knownRanges.add(rows.key)
  }

  private open(id: string, kind: string): Promise<ByCustomer> {
    const known = this.kept.get(id)
    if (known) {
      this.kept.delete(id)
      this.kept.set(id, known)
      return known
    }
    const opened = this.decode(id, kind)
    this.kept.set(id, opened)
    opened.catch(() => this.kept.delete(id))
    if (this.kept.size > KEPT_CHUNKS) {
      const oldest = this.kept.keys().next().value
      if (oldest !== undefined) this.kept.delete(oldest)
    }
    return opened
  }

  private async decode(id: string, kind: string): Promise<ByCustomer> {
    const field = LAZY_KINDS[kind] ?? 'customer_id'
    const byCustomer: ByCustomer = new Map()
    let first: Id | undefined
    let last: Id | undefined
    if (this.broken.has(id)) return byCustomer
    const [groups = []] = await this.chunks.load([id])
    for (const group of groups) {
      if (group.kind !== kind) continue
      for (const row of rowsOf(group)) {
        const customer = (row as unknown as Record<string, Id>)[field] as Id
        const list = byCustomer.get(customer)
        if (list) list.push(row)
        else byCustomer.set(customer, [row])
        if (first === undefined || customer < first) first = customer
        if (last === undefined || customer > last) last = customer
      }
    }
    this.ranges.set(id, first === undefined || last === undefined ? ['~', ''] : [first, last])
    return byCustomer
  }

  private rangeOf(chunk: LazyChunk): Range | undefined {
    return this.ranges.get(chunk.id) ?? chunk.range
  }

  private mayHold(chunk: LazyChunk, customer: Id): boolean {
    const range = this.rangeOf(chunk)
    return !range || (range[0] <= customer && customer <= range[1])
  }

  /** The rows of a lazy kind of one customer in one partition, with its changes. */
  async of<K extends Kind>(rows: PartitionRows, kind: K, customer: Id): Promise<RowKinds[K][]> {
    const field = LAZY_KINDS[kind] as string
    const found = new Map<Id, StoredRow>()
    const candidates = rows.lazyChunks.filter((chunk) => chunk.kind === kind && this.mayHold(chunk, customer))
    for (const byCustomer of await Promise.all(candidates.map((chunk) => this.open(chunk.id, kind)))) {
      for (const row of byCustomer.get(customer) ?? []) {
        const known = found.get(row.id)
        if (!known || known.revision <= row.revision) found.set(row.id, row)
      }
    }
    for (const [id, patch] of rows.patches.get(kind) ?? []) {
      const known = found.get(id)
      if (known && known.revision > patch.revision) continue
      // A row may also have passed to another customer (a household split).
      if (patch.row && (patch.row as unknown as Record<string, Id>)[field] === customer) found.set(id, patch.row)
      else found.delete(id)
    }
    return [...found.values()] as unknown as RowKinds[K][]
  }

  /** Hands over all rows of a lazy kind in one partition, a chunk at a time; of what it decodes nothing stays. `pause` is awaited in between. */
  async each<K extends Kind>(rows: PartitionRows, kind: K, take: (row: RowKinds[K]) => void, pause: () => Promise<void>): Promise<void> {
    const newest = new Map<Id, number>()
    const patches = rows.patches.get(kind)
    for (const chunk of rows.lazyChunks.filter((one) => one.kind === kind)) {
      const byCustomer = await (this.kept.get(chunk.id) ?? this.decode(chunk.id, kind))
      for (const row of [...byCustomer.values()].flat()) {
        const known = Math.max(newest.get(row.id) ?? -1, patches?.get(row.id)?.revision ?? -1)
        if (known >= row.revision) continue
        newest.set(row.id, row.revision)
        take(row as unknown as RowKinds[K])
      }
      await pause()
    }
    for (const [id, { revision, row }] of patches ?? []) if (row && (newest.get(id) ?? -1) < revision) take(row as unknown as RowKinds[K])
  }

  /** Passes over a chunk that can't be read, so that the rest of a customer can be shown. */
  skip(id: string): void {
    this.broken.add(id)
    this.kept.delete(id)
  }

  /** Forgets decoded chunks (after a partition was replaced). */
  forget(key: string): void {
    for (const id of this.kept.keys()) if (id.startsWith(`${key}|`)) this.kept.delete(id)
    for (const id of this.ranges.keys()) if (id.startsWith(`${key}|`)) this.ranges.delete(id)
    for (const id of this.broken) if (id.startsWith(`${key}|`)) this.broken.delete(id)
    this.knownRanges.delete(key)
  }
}
