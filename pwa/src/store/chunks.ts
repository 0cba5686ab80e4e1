/**
 * The encrypted chunks of a partition: snapshot pages exactly as the bank sent them (gzip of MessagePack), then changes
 * as small chunks of the same form, only ever appended. Each write of changes carries the partition's new revision in
 * the same transaction, so the two can't part.
 */
import { EngineError } from '../domain/errors'
import { presentKind } from '../domain/formerKinds'
import type { RowGroup } from '../domain/rows'
import type { Bytes } from './bytes'
import { gunzip, gzip, pack, unpack } from './codec'
import { getMeta, readEach, withStore, type ChunkRecord, type StaffDatabase } from './database'
import { EAGER_KINDS, PartitionRows, type Range } from './memory'
import type { Vault } from './vault'

const PARTITION = 'p:'
/** The meta key of the day at a glance (see glance.ts): it goes with the rows it was made from, in their transaction. */
export const GLANCE = 'glance'
const FORMAT = 1
export const CHANGES_KIND = 'changes'

/** What is known of a partition in the clear. */
export interface PartitionRecord {
  key: string
  revision: number
  /** Which generation of chunks counts; others are leftovers or a snapshot under way. */
  gen: string
  /** Number of the next chunk of changes. */
  next: number
  /** Grows when chunks are put in place of others (compaction), so that another tab reads them anew. */
  shape: number
  /** From another life of the database, or damaged: shown until its replacement is complete, never told to the bank. */
  stale: boolean
  /**
   * While changes come in several pages: where the partition stood before the first. A row of its present revision that
   * changed again later comes with a later page only. Left out where nothing more is known to follow.
   */
  whole?: number
  /** How many chunks there must be; a record of an older app does not say. */
  count?: number
}

/** A chunk that is missing or can't be opened. */
export class DamagedChunk extends EngineError {
  constructor(
    readonly chunk: string,
    cause?: unknown,
  ) {
    super('damaged', `chunk ${chunk} is missing or damaged`, { cause })
  }

  get key(): string {
    return parseId(this.chunk).key
  }
}

/** A chunk to be written by compaction: `kind` is a kind of rows, or CHANGES_KIND. */
export interface MergedChunk {
  kind: string
  groups: RowGroup[]
}

interface ChunkName {
  key: string
  gen: string
  n: number
  kind: string
}

const chunkId = (name: ChunkName): string => `${name.key}|${name.gen}|${String(name.n).padStart(6, '0')}|${name.kind}`

function parseId(id: string): ChunkName {
  const [key, gen, n, kind] = id.split('|') as [string, string, string, string]
  return { key, gen, n: Number(n), kind }
}

export class ChunkStore {
  constructor(
    private readonly db: StaffDatabase,
    private readonly vault: Vault,
  ) {}

  async partitions(): Promise<PartitionRecord[]> {
    return withStore(this.db, () => partitionsNow(this.db))
  }

  /** Ids of a generation's chunks, in order. */
  async chunkIds(key: string, gen: string): Promise<string[]> {
    return withStore(this.db, () => this.db.chunks.where('[key+gen]').equals([key, gen]).primaryKeys())
  }

  private async encrypt(name: ChunkName, bytes: Bytes): Promise<ChunkRecord> {
    const id = chunkId(name)
    return { id, key: name.key, gen: name.gen, ...(await this.vault.encrypt(`chunks|${id}|${FORMAT}`, bytes)) }
  }

  /**
   * The groups of chunks, in the order of `ids`. Throws DamagedChunk if one is missing: another tab may have merged it
   * meanwhile, so the caller reads the partition anew.
   */
  async load(ids: readonly string[]): Promise<RowGroup[][]> {
    const records = await readEach<ChunkRecord>(this.db, 'chunks', ids)
    return Promise.all(records.map((record, i) => this.openChunk(ids[i] as string, record)))
  }

  private async openChunk(id: string, record: ChunkRecord | undefined): Promise<RowGroup[]> {
    if (!record) throw new DamagedChunk(id)
    try {
      const bytes = await this.vault.decrypt(`chunks|${record.id}|${FORMAT}`, record)
      const groups = unpack(await gunzip(bytes)) as RowGroup[]
      return groups.map((group) => ({ ...group, kind: presentKind(group.kind) }))
    } catch (cause) {
      throw new DamagedChunk(id, cause)
    }
  }

  /**
   * Notes that a partition is damaged: it is shown as far as it can be read, and the bank is asked for it as by a phone
   * that does not hold it. False if it moved since `record` was read: then it may not be damaged at all.
   */
  async condemn(record: PartitionRecord): Promise<boolean> {
    return withStore(this.db, () =>
      this.db.transaction('rw', this.db.meta, async () => {
        const now = await getMeta<PartitionRecord>(this.db, PARTITION + record.key)
        if (!now || now.gen !== record.gen || now.next !== record.next || now.shape !== record.shape) return false
        await this.db.meta.put({ key: PARTITION + record.key, value: { ...now, stale: true } })
        return true
      }),
    )
  }

  /** Drops one chunk of a snapshot under way, so that it is fetched again. */
  async discard(id: string): Promise<void> {
    await withStore(this.db, () => this.db.chunks.delete(id))
  }

  /** Encrypts pages of a snapshot, `bytes` as received; the records in the same order. */
  async sealPages(key: string, gen: string, pages: readonly { n: number; kind: string; bytes: Bytes }[]): Promise<ChunkRecord[]> {
    return Promise.all(pages.map(({ n, kind, bytes }) => this.encrypt({ key, gen, n, kind }, bytes)))
  }

  /**
   * Stores pages of a snapshot under way in one transaction. With `whole` they were the last ones: the snapshot becomes
   * the one that counts, and all older chunks of the partition go.
   */
  async stagePages(pages: readonly ChunkRecord[], whole: PartitionRecord | null): Promise<void> {
    await withStore(this.db, async () => {
      if (!this.db.isOpen()) await this.db.open()
      await stageNow(this.db.backendDB(), pages, whole)
    })
  }

  /** Pages of snapshots that an earlier, cut run already stored: for each [key, gen], page number → chunk id. */
  async stagedPages(snapshots: readonly [key: string, gen: string][]): Promise<Map<number, string>[]> {
    const ids = await withStore(this.db, () => this.db.chunks.where('[key+gen]').anyOf([...snapshots]).primaryKeys())
    const names = ids.map((id) => ({ id, name: parseId(id) })).filter(({ name }) => name.kind !== CHANGES_KIND)
    return snapshots.map(
      ([key, gen]) => new Map(names.filter(({ name }) => name.key === key && name.gen === gen).map(({ id, name }) => [name.n, id])),
    )
  }

  /** Begins a partition that came whole as changes from nothing, in place of whatever was kept of it. */
  async begin(key: string, gen: string, revision: number, groups: readonly RowGroup[], more: boolean): Promise<string> {
    const chunk = await this.encrypt({ key, gen, n: 0, kind: CHANGES_KIND }, await gzip(pack(groups)))
    const record: PartitionRecord = { key, revision, gen, next: 1, shape: 0, stale: false, count: 1, ...(more ? { whole: 0 } : {}) }
    await withStore(this.db, () =>
      this.db.transaction('rw', this.db.chunks, this.db.meta, async () => {
        await this.db.chunks.where('[key+gen]').between([key, ''], [key, '\uffff']).delete()
        await this.db.chunks.add(chunk)
        await this.db.meta.put({ key: PARTITION + key, value: record })
        await this.db.meta.delete(GLANCE)
      }),
    )
    return chunk.id
  }

  /**
   * Appends changes and moves the revision, in one transaction. Returns the chunk's id; null if the partition is not at
   * `from` any more (another tab was faster), in which case nothing is written.
   */
  async appendChanges(key: string, from: number, revision: number, groups: readonly RowGroup[], more: boolean): Promise<string | null> {
    const known = await withStore(this.db, () => getMeta<PartitionRecord>(this.db, PARTITION + key))
    if (!known || known.revision !== from) return null
    const chunk = await this.encrypt({ key, gen: known.gen, n: known.next, kind: CHANGES_KIND }, await gzip(pack(groups)))
    const written = await withStore(this.db, () =>
      this.db.transaction('rw', this.db.chunks, this.db.meta, async () => {
        const now = await getMeta<PartitionRecord>(this.db, PARTITION + key)
        if (!now || now.revision !== from || now.gen !== known.gen || now.next !== known.next) return false
        await this.db.chunks.add(chunk)
        const { whole = now.revision, ...before } = now
        const moved: PartitionRecord = { ...before, revision, next: now.next + 1, ...counted(now, 1), ...(more ? { whole } : {}) }
        await this.db.meta.put({ key: PARTITION + key, value: moved })
        await this.db.meta.delete(GLANCE)
        return true
      }),
    )
    return written ? chunk.id : null
  }

  async evict(key: string): Promise<void> {
    await withStore(this.db, () =>
      this.db.transaction('rw', this.db.chunks, this.db.meta, async () => {
        await this.db.chunks.where('[key+gen]').between([key, ''], [key, '\uffff']).delete()
        await this.db.meta.bulkDelete([PARTITION + key, `ranges:${key}`, GLANCE])
      }),
    )
  }

  /**
   * Puts merged chunks in place of `replaced`, if the partition did not move meanwhile. Returns whether it was done.
   */
  async replaceChunks(record: PartitionRecord, replaced: readonly string[], merged: readonly MergedChunk[]): Promise<boolean> {
    const chunks = await Promise.all(
      merged.map(async ({ kind, groups }, i) =>
        this.encrypt({ key: record.key, gen: record.gen, n: record.next + i, kind }, await gzip(pack(groups))),
      ),
    )
    return withStore(this.db, () =>
      this.db.transaction('rw', this.db.chunks, this.db.meta, async () => {
        const now = await getMeta<PartitionRecord>(this.db, PARTITION + record.key)
        if (!now || now.gen !== record.gen || now.next !== record.next || now.shape !== record.shape) return false
        await this.db.chunks.bulkDelete([...replaced])
        await this.db.chunks.bulkAdd(chunks)
        const moved: PartitionRecord = { ...now, next: now.next + chunks.length, shape: now.shape + 1, ...counted(now, chunks.length - replaced.length) }
        await this.db.meta.put({ key: PARTITION + record.key, value: moved })
        return true
      }),
    )
  }

  /**
   * Reads partitions into memory, in their order: eager kinds and all changes; the rest is only noted. Of a damaged one
   * what can be read, with `damaged` set. All of them in two transactions, for an unlock waits for little else.
   */
  async read(records: readonly PartitionRecord[]): Promise<PartitionRows[]> {
    const places = records.map(({ key, gen }): [string, string] => [key, gen])
    const ids = places.length ? await withStore(this.db, () => this.db.chunks.where('[key+gen]').anyOf(places).primaryKeys()) : []
    const idsOf = new Map<string, string[]>(places.map(([key, gen]) => [`${key}|${gen}`, []]))
    for (const id of [...ids].sort()) {
      const { key, gen } = parseId(id)
      idsOf.get(`${key}|${gen}`)?.push(id)
    }
    const wanted: { id: string; at: number }[] = []
    const made = records.map(({ key, gen, revision, whole = revision, shape, count }, at) => {
      const rows = new PartitionRows(key, gen, revision, shape)
      rows.whole = whole
      const own = idsOf.get(`${key}|${gen}`) ?? []
      rows.damaged = count !== undefined && own.length < count
      for (const id of own) {
        const { kind } = parseId(id)
        if (EAGER_KINDS.has(kind) || kind === CHANGES_KIND) wanted.push({ id, at })
        else noteLazy(rows, id)
      }
      return rows
    })
    const found = await readEach<ChunkRecord>(this.db, 'chunks', wanted.map(({ id }) => id))
    const changes: [PartitionRows, RowGroup[]][] = []
    await Promise.all(
      wanted.map(async ({ id, at }, i) => {
        const rows = made[at] as PartitionRows
        rows.loaded.add(id)
        const groups = await this.openChunk(id, found[i]).catch(() => null)
        if (groups === null) rows.damaged = true
        else if (parseId(id).kind === CHANGES_KIND) changes[i] = [rows, groups]
        else rows.addPage(groups)
      }),
    )
    // `forEach` passes over the places of pages: changes in their order, after all pages.
    changes.forEach(([rows, groups]) => rows.addChanges(groups))
    return made
  }

  /** Brings a partition in memory up to what is stored, after another tab or the service worker wrote. */
  async catchUp(rows: PartitionRows, record: PartitionRecord): Promise<void> {
    const ids = (await this.chunkIds(record.key, record.gen)).filter((id) => parseId(id).kind === CHANGES_KIND && !rows.loaded.has(id))
    const loaded = await this.load(ids)
    loaded.forEach((groups, i) => {
      rows.loaded.add(ids[i] as string)
      rows.addChanges(groups)
    })
    // A pull in this tab may have gone further meanwhile.
    if (record.revision < rows.revision) return
    rows.revision = record.revision
    rows.whole = record.whole ?? record.revision
  }
}

/** The partitions as they stand, inside whatever transaction is open. */
export async function partitionsNow(db: StaffDatabase): Promise<PartitionRecord[]> {
  const found = await db.meta.where('key').startsWith(PARTITION).toArray()
  return found.map((record) => record.value as PartitionRecord)
}

/** Speaks to IndexedDB directly: a first synchronisation is made of these writes. */
function stageNow(idb: IDBDatabase, pages: readonly ChunkRecord[], whole: PartitionRecord | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const transaction = idb.transaction(whole ? ['chunks', 'meta'] : ['chunks'], 'readwrite')
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error ?? new DOMException('aborted', 'AbortError'))
    const chunks = transaction.objectStore('chunks')
    for (const page of pages) chunks.put(page)
    if (!whole) return transaction.commit()
    transaction.objectStore('meta').put({ key: PARTITION + whole.key, value: whole })
    transaction.objectStore('meta').delete(GLANCE)
    const older = chunks.index('[key+gen]').getAllKeys(IDBKeyRange.bound([whole.key, ''], [whole.key, '\uffff']))
    older.onsuccess = () => {
      for (const id of older.result as string[]) if (parseId(id).gen !== whole.gen) chunks.delete(id)
      transaction.commit()
    }
  })
}

/**
 * Takes note of another life of the bank's database: all partitions are old (shown until replaced), and every entry
 * this phone still keeps is to be sent again, photos too.
 */
export async function beginEpoch(db: StaffDatabase, epoch: string): Promise<void> {
  await withStore(db, () =>
    db.transaction('rw', db.meta, db.outbox, async () => {
      for (const { key, value } of await db.meta.where('key').startsWith(PARTITION).toArray()) {
        await db.meta.put({ key, value: { ...(value as PartitionRecord), stale: true } })
      }
      await db.outbox.toCollection().modify((entry) => {
        entry.state = 'saved'
        for (const photo of entry.photos) {
          photo.sentAt = 0
          delete photo.at
          delete photo.receipt
          photo.refused = null
        }
      })
      await db.meta.put({ key: 'epoch', value: epoch })
    }),
  )
}

/** The number of chunks after some more; unknown where it was. */
const counted = ({ count }: PartitionRecord, more: number): { count?: number } => (count === undefined ? {} : { count: count + more })

/** Notes a chunk that is read only when a customer in it is opened. */
export function noteLazy(rows: PartitionRows, id: string, range?: Range): void {
  rows.loaded.add(id)
  rows.lazyChunks.push({ id, kind: presentKind(parseId(id).kind), ...(range ? { range } : {}) })
}

export const kindOfChunk = (id: string): string => parseId(id).kind
