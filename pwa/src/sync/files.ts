/**
 * Sends files after their records, in chunks that go on where the bank stands (section 5 of the contract). Sealed bytes
 * only, as `push`: locked and in the service worker too.
 */
import { ApiProblem, NetworkError } from '../api/http'
import { sha256Hex, type Bytes } from '../store/bytes'
import { withStore, type BlobRecord, type OutboxRecord, type StoredPhoto } from '../store/database'
import { patchEntries } from '../store/outbox'
import type { PushDeps } from './push'

/** Smaller files go whole: a question first would cost more than it could save. */
const WHOLE_BYTES = 48 * 1024
const LEAST_CHUNK = 32 * 1024
const MOST_CHUNK = 1024 * 1024
/** A chunk that took less than this may grow; one that took longer than that shrinks. */
const QUICK_MS = 1_000
const SLOW_MS = 5_000
/** Times that the bank may send an upload back before it is left for the next run. */
const MOST_ASTRAY = 4
/** Lists need not be drawn anew at each chunk. */
const TELL_MS = 400

/** Refusals that sending the same bytes again can't mend: too large, not a photo, other bytes, not allowed. */
const FINAL = new Set([403, 413, 415, 422])

/** How large chunks are at present; kept from run to run. */
export interface Pace {
  bytes: number
}

export const firstPace = (): Pace => ({ bytes: 128 * 1024 })

/** Why sending stopped before its end: commands wait, or the network is not the one the person chose. */
export type Stop = 'commands' | 'held'

export interface FileDeps extends PushDeps {
  pace: Pace
  /** Asked before each chunk; absent: nothing stops it. */
  stop?: () => Promise<Stop | null> | Stop | null
}

interface Received {
  hash: string
  received_at: number
  receipt: string
}

interface Standing {
  offset: number
  received?: Received
}

interface Waiting {
  entry: OutboxRecord
  file: StoredPhoto
}

export interface FilesOutcome {
  sent: number
  stopped: Stop | null
}

/** Sends the files of received entries, each once. Throws as `pushCommands` does. */
export async function sendFiles(deps: FileDeps): Promise<FilesOutcome> {
  let sent = 0
  let trouble: unknown = null
  for (const { entry, file } of await waitingFiles(deps)) {
    const stopped = (await deps.stop?.()) ?? null
    if (stopped) return { sent, stopped }
    const blob = await withStore(deps.db, () => deps.db.blobs.get(file.hash))
    try {
      const answer = blob ? await sendOne(deps, entry, file, blob) : 'missing'
      if (answer === 'commands' || answer === 'held') return { sent, stopped: answer }
      if (answer === 'missing') await note(deps, entry, file, (one) => (one.refused = answer))
      else {
        sent++
        await note(deps, entry, file, (one) => {
          one.sentAt = answer.received_at
          one.receipt = answer.receipt
          delete one.at
        })
      }
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error
      if (FINAL.has(error.status)) await note(deps, entry, file, (one) => (one.refused = error.code))
      // What ails one file must not hold up the others; what ails the bank or the session would ail them too.
      else if (error.status === 401 || error.status === 503 || error.status === 429) throw error
      else trouble ??= error
    }
    await deps.onEntries()
  }
  if (trouble) throw trouble
  return { sent, stopped: null }
}

async function waitingFiles({ db }: FileDeps): Promise<Waiting[]> {
  const waits = (file: StoredPhoto): boolean => file.sentAt === 0 && file.refused === null
  const entries = await withStore(db, () =>
    db.outbox.where('seq').above(0).filter(({ state, photos }) => state === 'received' && photos.some(waits)).toArray(),
  )
  return entries.flatMap((entry) => entry.photos.filter(waits).map((file) => ({ entry, file })))
}

async function note(deps: FileDeps, entry: OutboxRecord, file: StoredPhoto, change: (file: StoredPhoto) => void): Promise<void> {
  await patchEntries(deps.db, [entry.id], (now) => {
    for (const one of now.photos) if (one.hash === file.hash) change(one)
  })
}

async function sendOne(deps: FileDeps, entry: OutboxRecord, file: StoredPhoto, blob: BlobRecord): Promise<Received | Stop> {
  const { transport } = deps
  const { sealed } = blob
  if (sealed.length <= WHOLE_BYTES && !file.at) {
    return transport.file<Received>('PUT', `/api/v1/files/${file.hash}`, sealed, { 'Tiange-File-Class': file.fileClass })
  }
  const address = `/api/v1/files/${file.hash}/upload?seal=${await sha256Hex(sealed)}&total=${sealed.length}&kind=${file.fileClass}`
  const ask = (): Promise<Standing> => transport.file<Standing>('GET', address, null)
  // A phone that was cut or restarted on the way asks; one that begins just begins.
  let standing: Standing = file.at ? await ask() : { offset: 0 }
  let astray = 0
  let told = 0
  while (!standing.received) {
    const stopped = (await deps.stop?.()) ?? null
    if (stopped) return stopped
    const { offset } = standing
    try {
      standing = await timed(deps.pace, () => transport.file<Standing>('PATCH', `${address}&offset=${offset}`, chunkOf(sealed, offset, deps.pace)))
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.status !== 409 || ++astray > MOST_ASTRAY) throw error
      // The bank stands elsewhere, or what it had was damaged: its word counts.
      standing = await ask()
    }
    if (standing.received) break
    await note(deps, entry, file, (one) => (one.at = standing.offset))
    if (performance.now() - told < TELL_MS) continue
    told = performance.now()
    await deps.onEntries()
  }
  return standing.received
}

/** The bytes from there on; none where only the receipt is still missing. */
function chunkOf(sealed: Bytes, offset: number, pace: Pace): Bytes | null {
  return offset < sealed.length ? sealed.slice(offset, offset + pace.bytes) : null
}

/** Chunks as large as the network takes in a second or so: one that is cut costs little, and commands wait for no longer. */
async function timed<T>(pace: Pace, work: () => Promise<T>): Promise<T> {
  const begun = performance.now()
  try {
    const done = await work()
    const took = performance.now() - begun
    if (took < QUICK_MS) pace.bytes = Math.min(MOST_CHUNK, pace.bytes * 2)
    else if (took > SLOW_MS) pace.bytes = Math.max(LEAST_CHUNK, pace.bytes / 2)
    return done
  } catch (error) {
    if (error instanceof NetworkError) pace.bytes = Math.max(LEAST_CHUNK, pace.bytes / 2)
    throw error
  }
}
