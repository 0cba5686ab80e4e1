/**
 * The databases on the phone. One per staff member holds rows, outbox and photos, all encrypted; one shared by the
 * installation holds the device's signing key and who is signed in. Names and columns say nothing about customers.
 */
import Dexie, { type EntityTable, type Table } from 'dexie'
import { EngineError } from '../domain/errors'
import { hex, sha256, utf8, type Bytes } from './bytes'
import type { Boxed } from './vault'

/** A packed, encrypted chunk of rows. `id` is `key|gen|n|kind`, so that keys alone tell what there is. */
export interface ChunkRecord extends Boxed {
  id: string
  key: string
  gen: string
}

export type StoredState = 'saved' | 'sending' | 'held' | 'rejected' | 'received'

/** The bank's answer as it is kept with an entry. */
export interface StoredReceipt {
  result: 'applied' | 'merged' | 'suggested' | 'held' | 'rejected'
  /** Null where the bank answered without keeping the command. */
  receipt: string | null
  receivedAt: number
  await: Record<string, number>
  code: string | null
  reason: string | null
  lost: string[]
  alias: Record<string, string>
}

/** An entry: its header in the clear, its content twice encrypted: for this phone, and for the bank. */
export interface OutboxRecord {
  id: string
  seq: number
  /** Hex SHA-256 of the command's MessagePack. */
  hash: string
  /** Size of what is sent. */
  bytes: number
  state: StoredState
  savedAt: number
  /** The first command of the save it belongs to: what was saved in one go is one record to the person. */
  save: string
  /** How often it was put on the wire; 0 means that it can still be taken back. */
  tries: number
  acknowledged: boolean
  receipt: StoredReceipt | null
  /** The installation in whose stream `seq` counts. */
  stream: string
  /** The bank answered it in a former stream, and has not heard of its place in this one; absent where it has. */
  resend?: true
  /** The refused entry that this one stands for or gives up; absent where it does neither. */
  settles?: string
  photos: StoredPhoto[]
  sealed: Bytes
  local: Boxed
  /** Whom it is about, where that was known when it was saved; absent in entries from before. */
  about?: Boxed
}

/** What is known of an entry's photo, signature or voice note without reading its bytes. */
export interface StoredPhoto {
  hash: string
  fileClass: string
  /** Size before sealing. */
  bytes: number
  /** When the bank received it; 0 while it still has to be sent. */
  sentAt: number
  /** Code of a refusal that sending again can't mend. */
  refused: string | null
  /** Sealed bytes of it that the bank has; absent in entries from before, and while none was sent. */
  at?: number
  /** The bank's receipt, once it has the file. */
  receipt?: string
}

export interface BlobRecord {
  hash: string
  command: string
  sealed: Bytes
  local: Boxed
}

export interface DraftRecord extends Boxed {
  id: string
}

export interface MetaRecord {
  key: string
  value: unknown
}

/** The present format of a StaffDatabase; IndexedDB's own number is ten times as much. */
export const STAFF_FORMAT = 2

export class StaffDatabase extends Dexie {
  chunks!: EntityTable<ChunkRecord, 'id'>
  outbox!: EntityTable<OutboxRecord, 'id'>
  blobs!: EntityTable<BlobRecord, 'hash'>
  drafts!: EntityTable<DraftRecord, 'id'>
  meta!: EntityTable<MetaRecord, 'key'>

  constructor(name: string) {
    super(name)
    this.version(1).stores({ chunks: 'id, [key+gen]', outbox: 'id, seq', blobs: 'hash, command', drafts: 'id', meta: 'key' })
    // A number is given once in a stream, whichever tab saves.
    this.version(STAFF_FORMAT).stores({ outbox: 'id, seq, &[stream+seq]' })
  }
}

export class DeviceDatabase extends Dexie {
  values!: Table<MetaRecord, string>

  constructor(name: string) {
    // Written seldom, and what is written decides what the staff's databases mean: it must outlive a power cut with them.
    super(name, { chromeTransactionDurability: 'strict' })
    this.version(1).stores({ values: 'key' })
  }
}

/** The name of a staff member's database on this installation: a hash, so that it names nobody. */
export async function staffDatabaseName(installationId: string, staffId: string): Promise<string> {
  const digest = await sha256(utf8(`${installationId}|${staffId}`))
  return `tiange-${hex(digest).slice(0, 24)}`
}

const CLOSED = new Set(['DatabaseClosedError', 'InvalidStateError'])
const FAILED = new Set(['QuotaExceededError', 'UnknownError', 'AbortError', 'OpenFailedError', 'NotReadableError', 'DataError', 'VersionError', 'MissingAPIError', 'TimeoutError'])

function namesOf(error: unknown): string[] {
  const names: string[] = []
  for (let at = error, depth = 0; at instanceof Object && depth < 4; depth++) {
    const { name, inner, cause } = at as { name?: unknown; inner?: unknown; cause?: unknown }
    if (typeof name === 'string') names.push(name)
    at = inner ?? cause
  }
  return names
}

/** What ails the browser's storage: no room, a newer version of the app has changed the database, or anything else. */
export type StorageProblem = 'full' | 'newer' | 'broken'

/** The kind of a storage failure. */
export function problemOf(error: unknown): StorageProblem {
  const names = namesOf(error)
  if (names.includes('QuotaExceededError')) return 'full'
  return names.includes('VersionError') ? 'newer' : 'broken'
}

/** True for an error of the browser's storage, as opposed to one of ours. */
export function isStorageFailure(error: unknown): boolean {
  return namesOf(error).some((name) => CLOSED.has(name) || FAILED.has(name))
}

/**
 * Runs work on a database. A connection that the browser closed is opened again and the work repeated once; a full or
 * broken store becomes EngineError `storage_failed`, whatever the browser calls it.
 */
export async function withStore<T>(db: Dexie, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (first) {
    if (!isStorageFailure(first)) throw first
    if (!namesOf(first).some((name) => CLOSED.has(name))) throw failed(first)
    try {
      db.close({ disableAutoOpen: false })
      await db.open()
      return await work()
    } catch (second) {
      throw isStorageFailure(second) ? failed(second) : second
    }
  }
}

/**
 * The records of these keys, undefined for one that is missing or that the browser can't read any more: a damaged
 * record must not take its neighbours with it.
 */
export async function readEach<T>(db: Dexie, name: string, keys: readonly string[]): Promise<(T | undefined)[]> {
  const table = db.table<T, string>(name)
  try {
    return await withStore(db, () => table.bulkGet([...keys]))
  } catch (error) {
    if (problemOf(error) !== 'broken') throw error
    const read = await Promise.allSettled(keys.map((key) => withStore(db, () => table.get(key))))
    // Not a single one: the store does not answer, which is another matter.
    if (keys.length > 1 && read.every((one) => one.status === 'rejected')) throw error
    return read.map((one) => (one.status === 'fulfilled' ? one.value : undefined))
  }
}

function failed(cause: unknown): EngineError {
  return new EngineError('storage_failed', `storage failed: ${namesOf(cause).join(', ')}`, { cause })
}

/** A value of the meta table, or undefined. */
export async function getMeta<T>(db: StaffDatabase, key: string): Promise<T | undefined> {
  return (await db.meta.get(key))?.value as T | undefined
}

export async function putMeta(db: StaffDatabase, key: string, value: unknown): Promise<void> {
  await db.meta.put({ key, value })
}
