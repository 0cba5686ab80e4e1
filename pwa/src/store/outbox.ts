/**
 * The outbox: what a person saved, append-only. An entry is twice encrypted (for this phone; for the bank), so that a
 * locked phone can still send it and only an unlocked one can show it.
 */
import Dexie from 'dexie'
import { settledBy } from '../domain/commandFacts'
import { type Command, type NewCommand } from '../domain/commands'
import { EngineError } from '../domain/errors'
import { hex, type Bytes } from './bytes'
import { pack, unpack } from './codec'
import { getMeta, problemOf, readEach, withStore, type BlobRecord, type OutboxRecord, type StaffDatabase, type StoredPhoto } from './database'
import type { Sealer } from './seal'
import { sha256Now } from './sha256'
import type { Boxed, Vault } from './vault'

/** Where a stream stands after entries were dropped; until then its last entry says it. */
const nextSeqKey = (stream: string): string => `nextSeq:${stream}`
const LOCAL_FORMAT = 1

/** A file as it is given to `sealFile`. */
export interface FileToSeal {
  hash: string
  bytes: Bytes
}

/** When something is saved, by the phone's clock and by the bank's as the phone reckons it. */
export interface SaveTime {
  at: number
  offsetMinutes: number
  /** The bank's time at the last contact before, and now; null before the first contact. */
  bank: { heard: number; reckoned: number } | null
}

/** The command's place in the stream and its time. */
export function complete(command: NewCommand, seq: number, { at, offsetMinutes, bank }: SaveTime): Command {
  const reckoned = bank ? { heard_at: bank.heard, reckoned_at: bank.reckoned } : {}
  return { ...command, seq, at, offset_minutes: offsetMinutes, observed_at: command.observed_at ?? at, ...reckoned } as Command
}

/** Whom an entry is about, by the name that the phone knew: it stays with the entry when the household leaves the phone. */
export interface About {
  id: string
  name: string
}

export async function sealAbout(command: string, about: About, vault: Vault): Promise<Boxed> {
  return vault.encrypt(`outbox|${command}|about|${LOCAL_FORMAT}`, pack(about))
}

/** What an entry keeps beside its command; `save` names the save it belongs to. */
export interface Beside {
  save: string
  stream: string
  photos: StoredPhoto[]
  about: About | null
}

/** Encrypts a command both ways. All WebCrypto is done here, before any transaction is opened. */
export async function sealCommand(command: Command, { save, stream, photos, about }: Beside, vault: Vault, sealer: Sealer): Promise<OutboxRecord> {
  const bytes = pack(command)
  const [sealed, local, whom] = await Promise.all([
    sealer.seal(`command:${command.id}`, bytes),
    vault.encrypt(`outbox|${command.id}|${LOCAL_FORMAT}`, bytes),
    about && sealAbout(command.id, about, vault),
  ])
  const settles = settledBy(command)
  return {
    ...(settles === undefined ? {} : { settles }),
    ...(whom ? { about: whom } : {}),
    id: command.id,
    seq: command.seq,
    hash: hex(sha256Now(bytes)),
    bytes: sealed.length,
    state: 'saved',
    savedAt: command.at,
    save,
    tries: 0,
    acknowledged: false,
    receipt: null,
    stream,
    photos,
    sealed,
    local,
  }
}

export async function sealFile(file: FileToSeal, command: string, vault: Vault, sealer: Sealer): Promise<BlobRecord> {
  const [sealed, local] = await Promise.all([
    sealer.seal(`file:${file.hash}`, file.bytes),
    vault.encrypt(`blobs|${file.hash}|${LOCAL_FORMAT}`, file.bytes),
  ])
  return { hash: file.hash, command, sealed, local }
}

export async function openFile(record: BlobRecord, vault: Vault): Promise<Bytes> {
  return vault.decrypt(`blobs|${record.hash}|${LOCAL_FORMAT}`, record.local)
}

/** The command of an entry; null if it was saved under a key that is gone (its sealed copy can still be sent). */
export async function openCommand(record: OutboxRecord, vault: Vault): Promise<Command | null> {
  return (await opened(`outbox|${record.id}|${LOCAL_FORMAT}`, record.local, vault)) as Command | null
}

/** Whom an entry is about; null where nothing was kept, or under a key that is gone. */
export async function openAbout(record: OutboxRecord, vault: Vault): Promise<About | null> {
  return record.about ? ((await opened(`outbox|${record.id}|about|${LOCAL_FORMAT}`, record.about, vault)) as About | null) : null
}

async function opened(place: string, box: Boxed, vault: Vault): Promise<unknown> {
  try {
    return unpack(await vault.decrypt(place, box))
  } catch (error) {
    if (error instanceof EngineError && error.code === 'damaged') return null
    throw error
  }
}

/** The number that the stream's next entry gets. */
export async function nextSeq(db: StaffDatabase, stream: string): Promise<number> {
  return withStore(db, () => db.transaction('r', db.outbox, db.meta, () => nextSeqNow(db, stream)))
}

async function nextSeqNow(db: StaffDatabase, stream: string): Promise<number> {
  const [noted, last] = await Promise.all([
    getMeta<number>(db, nextSeqKey(stream)),
    db.outbox.where('[stream+seq]').between([stream, Dexie.minKey], [stream, Dexie.maxKey]).reverse().limit(1).keys(),
  ])
  const [, seq] = (last[0] ?? [stream, 0]) as unknown as [string, number]
  return Math.max(noted ?? 1, seq + 1)
}

/**
 * Writes entries, their files and the removal of a draft in one transaction with strict durability: when this resolves,
 * they are on disk. False if another tab took the sequence numbers meanwhile: nothing is written then.
 *
 * It speaks to IndexedDB directly and asks it for as little as it can: this is the one write a person waits for.
 */
export async function append(
  db: StaffDatabase,
  entries: readonly OutboxRecord[],
  blobs: readonly BlobRecord[],
  draftId: string | null,
): Promise<boolean> {
  return withStore(db, async () => {
    if (!db.isOpen()) await db.open()
    return appendNow(db.backendDB(), entries, blobs, draftId)
  })
}

function appendNow(
  idb: IDBDatabase,
  entries: readonly OutboxRecord[],
  blobs: readonly BlobRecord[],
  draftId: string | null,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const settling = entries.filter((entry) => entry.settles !== undefined)
    const stores = ['outbox', ...(blobs.length || settling.length ? ['blobs'] : []), ...(draftId ? ['drafts'] : [])]
    const transaction = idb.transaction(stores, 'readwrite', { durability: 'strict' })
    transaction.oncomplete = () => resolve(true)
    transaction.onabort = () => {
      const { error } = transaction
      // The index over stream and number refuses a number that is taken.
      if (error?.name === 'ConstraintError') resolve(false)
      else reject(error ?? new DOMException('aborted', 'AbortError'))
    }
    for (const entry of entries) transaction.objectStore('outbox').add(entry)
    for (const blob of blobs) transaction.objectStore('blobs').put(blob)
    if (draftId) transaction.objectStore('drafts').delete(draftId)
    for (const entry of settling) takeOver(transaction, entry)
    // Not waiting for the requests' answers spares turns of a busy processor; a failing one still undoes all.
    if (settling.length === 0) transaction.commit()
  })
}

/** The entry that `entry` settles needs nobody's attention any more; its photos go with the one in its place. */
function takeOver(transaction: IDBTransaction, entry: OutboxRecord): void {
  const outbox = transaction.objectStore('outbox')
  const old = outbox.get(entry.settles as string) as IDBRequest<OutboxRecord | undefined>
  old.onsuccess = () => {
    if (old.result) outbox.put({ ...old.result, acknowledged: true, photos: [] })
  }
  const owned = transaction.objectStore('blobs').index('command').openCursor(IDBKeyRange.only(entry.settles))
  owned.onsuccess = () => {
    const cursor = owned.result
    if (!cursor) return
    cursor.update({ ...(cursor.value as BlobRecord), command: entry.id })
    cursor.continue()
  }
}

/**
 * Takes entries back. `later` are the entries saved after them, sealed anew with the numbers that closed the hole.
 * False, and nothing is written, if any of them was sent meanwhile.
 */
export async function takeBack(db: StaffDatabase, ids: readonly string[], later: readonly OutboxRecord[]): Promise<boolean> {
  return withStore(db, () =>
    db.transaction('rw', db.outbox, db.blobs, db.meta, async () => {
      const touched = [...ids, ...later.map((entry) => entry.id)]
      const now = await db.outbox.bulkGet(touched)
      if (now.some((entry) => !entry || entry.state !== 'saved' || entry.tries > 0)) return false
      const stream = now[0]?.stream ?? ''
      const next = await nextSeqNow(db, stream)
      const lowest = Math.min(...now.map((entry) => (entry as OutboxRecord).seq))
      if (next - lowest !== touched.length) return false
      await db.outbox.bulkDelete(touched)
      await db.outbox.bulkAdd([...later])
      await dropFiles(db, ids)
      await db.meta.put({ key: nextSeqKey(stream), value: next - ids.length })
      return true
    }),
  )
}

/** Puts entries that were sealed anew, with new numbers, in place of the same ones. */
export async function renumber(db: StaffDatabase, entries: readonly OutboxRecord[]): Promise<void> {
  await withStore(db, () => db.outbox.bulkPut([...entries]))
}

/** What the lists show of an entry, without what is sealed. */
export type OutboxHeader = Omit<OutboxRecord, 'sealed' | 'local' | 'about'>

/** All entries in the order they were saved; one that the browser can't read any more is passed over. */
export async function allEntries(db: StaffDatabase): Promise<OutboxRecord[]> {
  const entries = await bySeq(db)
  if (new Set(entries.map(({ stream }) => stream)).size < 2) return entries
  // Each stream counts for itself, and clocks may be turned back: only the order of the streams tells.
  const order = await withStore(db, () => getMeta<string[]>(db, STREAMS))
  const place = new Map((order ?? []).map((stream, i) => [stream, i]))
  const placeOf = ({ stream }: OutboxRecord): number => place.get(stream) ?? (order ?? []).length
  return entries.sort((a, b) => placeOf(a) - placeOf(b) || a.seq - b.seq)
}

async function bySeq(db: StaffDatabase): Promise<OutboxRecord[]> {
  try {
    return await withStore(db, () => db.outbox.orderBy('seq').toArray())
  } catch (error) {
    if (problemOf(error) !== 'broken') throw error
    const ids = await withStore(db, () => db.outbox.orderBy('seq').primaryKeys())
    const read = await readEach<OutboxRecord>(db, 'outbox', ids)
    return read.filter((entry) => entry !== undefined)
  }
}

/** The meta key of the streams that this phone had, oldest first; the last one is the present one's predecessor or itself. */
const STREAMS = 'streams'

/**
 * Notes streams in the order in which they follow one another. On disk when this resolves: the installation that goes on
 * lies in another database, and by it alone nobody could tell which entries come first.
 */
export function noteStreams(db: StaffDatabase, streams: readonly string[]): Promise<void> {
  return withStore(db, async () => {
    if (!db.isOpen()) await db.open()
    await new Promise<void>((resolve, reject) => {
      const transaction = db.backendDB().transaction('meta', 'readwrite', { durability: 'strict' })
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(transaction.error ?? new DOMException('aborted', 'AbortError'))
      const meta = transaction.objectStore('meta')
      const known = meta.get(STREAMS) as IDBRequest<{ value: string[] } | undefined>
      known.onsuccess = () => void meta.put({ key: STREAMS, value: [...new Set([...(known.result?.value ?? []), ...streams.filter(Boolean)])] })
    })
  })
}

/** Whether it still has to be sent, whatever the person is told of it. */
export const isUnsent = ({ state, resend }: Pick<OutboxRecord, 'state' | 'resend'>): boolean => resend === true || (state !== 'received' && state !== 'rejected')

export async function unsent(db: StaffDatabase): Promise<OutboxRecord[]> {
  return (await allEntries(db)).filter(isUnsent)
}

/** How many files have no receipt and may still be taken; a received command may have some on the way. */
export function filesLeft(entries: Iterable<Pick<OutboxRecord, 'photos'>>): number {
  let left = 0
  for (const { photos } of entries) left += photos.filter(({ sentAt, refused }) => sentAt === 0 && refused === null).length
  return left
}

/** Whether the bank has a receipt for everything here, photos too. */
export async function allDelivered(db: StaffDatabase): Promise<boolean> {
  const entries = await allEntries(db)
  return entries.every(
    ({ state, photos }) =>
      (state === 'received' || state === 'rejected') && (state === 'rejected' || photos.every(({ sentAt, refused }) => sentAt > 0 || refused !== null)),
  )
}

export async function patchEntries(db: StaffDatabase, ids: readonly string[], change: (entry: OutboxRecord) => void): Promise<void> {
  await withStore(db, () => db.outbox.where('id').anyOf([...ids]).modify(change))
}

const WEEK_MS = 7 * 86_400_000

/** Whether what was received then is in a backup, and the week is over; never of what was not received. */
function isOld(receivedAt: number, durableThrough: number, now: number): boolean {
  return receivedAt > 0 && receivedAt < durableThrough && now - receivedAt >= WEEK_MS
}

/** Drops the files of entries that are gone, but not one that another entry names too: that one has it from now on. */
async function dropFiles(db: StaffDatabase, gone: readonly string[]): Promise<void> {
  const blobs = await db.blobs.where('command').anyOf([...gone]).primaryKeys()
  if (blobs.length === 0) return
  const owners = new Map<string, string>()
  await db.outbox.each(({ id, photos }) => photos.forEach(({ hash }) => owners.set(hash, id)))
  for (const hash of blobs) {
    const command = owners.get(hash)
    if (command === undefined) await db.blobs.delete(hash)
    else await db.blobs.update(hash, { command })
  }
}

/**
 * Drops what a backup at the bank covers: received entries and their files, each at least seven days after its own
 * receipt, and refused ones once the person has seen why. `keep` says which entries still lie over the rows.
 */
export async function purge(db: StaffDatabase, durableThrough: number, now: number, keep: ReadonlySet<string>): Promise<string[]> {
  return withStore(db, () =>
    db.transaction('rw', db.outbox, db.blobs, db.meta, async () => {
      const past = await db.outbox
        .filter(({ id, state, receipt, acknowledged, photos, resend }) => {
          if (!receipt || resend || keep.has(id)) return false
          if (state !== 'received' && !(state === 'rejected' && acknowledged)) return false
          if (receipt.result === 'merged' && !acknowledged) return false
          // What the bank would not take is only here: the person has to have read it.
          if (photos.some((photo) => photo.refused !== null) && !acknowledged) return false
          if (photos.some((photo) => photo.refused === null && !isOld(photo.sentAt, durableThrough, now))) return false
          return isOld(receipt.receivedAt, durableThrough, now)
        })
        .toArray()
      for (const stream of new Set(past.map((entry) => entry.stream))) {
        await db.meta.put({ key: nextSeqKey(stream), value: await nextSeqNow(db, stream) })
      }
      const gone = past.map((entry) => entry.id)
      await db.outbox.bulkDelete(gone)
      await dropFiles(db, gone)
      return gone
    }),
  )
}
