/**
 * Sends the outbox. It reads sealed entries only, so it works while locked and in the service worker: no data key, no
 * window. Sending again is always safe: the bank knows a command by its id and hash.
 */
import { ApiProblem } from '../api/http'
import { beginEpoch } from '../store/chunks'
import { getMeta, putMeta, withStore, type OutboxRecord, type StaffDatabase, type StoredReceipt, type StoredState } from '../store/database'
import type { Loss } from '../store/ledger'
import { allEntries, filesLeft, isUnsent, patchEntries } from '../store/outbox'
import { noteContact } from './contact'
import type { Transport } from './transport'

const MOST_COMMANDS = 200
/** Below the contract's 4 MiB by what the maps around the sealed bytes take. */
const MOST_BYTES = 4 * 1024 * 1024 - 65_536
const ENVELOPE_BYTES = 200

/** As it comes over the wire. */
interface Receipt {
  id: string
  seq: number
  result: 'applied' | 'merged' | 'suggested' | 'repeated' | 'held' | 'rejected'
  was?: 'applied' | 'merged' | 'suggested' | 'held' | 'rejected'
  hash: string
  receipt?: string
  received_at?: number
  await?: Record<string, number>
  code?: string
  reason?: string
  lost?: string[]
  alias?: Record<string, string>
  /** The author has settled it since: it will never take effect by itself. */
  settled?: 'replaced' | 'discarded'
}

interface PushAnswer {
  epoch: string
  now: number
  /** Null before the first backup. */
  durable_through: number | null
  expects: number
  receipts: Receipt[]
  /** To a withdrawn phone that said `last`: whether the bank has a receipt for all of it. */
  wipe?: boolean
}

export interface PushDeps {
  /** The app's version; in the service worker that of the worker, which is the app's. */
  appVersion?: string
  db: StaffDatabase
  transport: Transport
  /** The phone's clock. */
  now: () => number
  /** What stands in a former stream still holds nothing up: it was tried to give it a place in this one. */
  passForeign?: boolean
  /** Entries saved less than this long ago stay, so that they can still be taken back. */
  graceMs?: number
  /** Called whenever entries changed in the database. */
  onEntries: () => Promise<void> | void
  /** The bank answered a push. */
  onAnswer?: () => void
}

export interface PushOutcome {
  /** Commands that got their receipt in this run. */
  received: number
  /** The stream was copied or lost: a new installation must take its place (needs the unlocked engine). */
  renewStream: boolean
  /** Entries wait that were sealed for a former stream: they need new numbers (needs the unlocked engine). */
  foreign: boolean
  /** Entries stay that are too young to be sent. */
  young: boolean
}

function batchOf(entries: readonly OutboxRecord[], most: number): OutboxRecord[] {
  const batch: OutboxRecord[] = []
  let bytes = 0
  for (const entry of entries) {
    bytes += entry.bytes + ENVELOPE_BYTES
    if (batch.length > 0 && (batch.length >= most || bytes > MOST_BYTES)) break
    batch.push(entry)
  }
  return batch
}

/**
 * Sends all commands that wait, in order, until each was tried once. Throws ApiProblem, NetworkError, EngineError
 * `storage_failed`; whatever it throws, every entry is still there.
 */
export async function pushCommands(deps: PushDeps): Promise<PushOutcome> {
  const outcome: PushOutcome = { received: 0, renewStream: false, foreign: false, young: false }
  const tried = new Set<string>()
  let most = MOST_COMMANDS
  let looked = false
  for (;;) {
    const kept = await allEntries(deps.db)
    const all = kept.filter(isUnsent)
    const photos = filesLeft(kept)
    const stream = deps.transport.installationId
    outcome.foreign = all.some((entry) => entry.stream !== stream)
    const own = all.filter((entry) => entry.stream === stream)
    const young = own.findIndex((entry) => isYoung(entry, deps))
    outcome.young = young >= 0
    // A stream has no holes: what was saved after a young entry waits with it.
    const waiting = (young < 0 ? own : own.slice(0, young)).filter((entry) => !tried.has(entry.id))
    // Locked, nobody can tell what may come to stand before these.
    if (waiting.length === 0 || (outcome.foreign && !deps.passForeign)) {
      await sayLost(deps, { all, photos })
      return outcome
    }
    const entries = batchOf(waiting, most)
    const ids = entries.map((entry) => entry.id)
    await patchEntries(deps.db, ids, (entry) => {
      if (entry.state === 'saved') entry.state = 'sending'
      entry.tries += 1
    })
    await deps.onEntries()
    let answer: PushAnswer
    const loss = await untoldLoss(deps.db)
    try {
      answer = await exchange(deps, entries, { all, photos }, loss)
    } catch (error) {
      await patchEntries(deps.db, ids, back)
      await deps.onEntries()
      if (error instanceof ApiProblem && error.status === 413 && entries.length > 1) {
        most = Math.max(1, Math.floor(entries.length / 2))
        continue
      }
      throw error
    }
    const known = await withStore(deps.db, () => getMeta<string>(deps.db, 'epoch'))
    if (known !== undefined && known !== answer.epoch) {
      await beginEpoch(deps.db, answer.epoch)
      tried.clear()
    }
    if (loss) await noteLoss(deps.db, { told: true })
    const taken = await keepReceipts(deps.db, entries, answer)
    deps.onAnswer?.()
    await noteContact(deps.db, { server: answer.now, durableThrough: answer.durable_through, epoch: answer.epoch }, deps.now())
    outcome.received += taken.received
    outcome.renewStream ||= taken.conflict
    for (const id of ids) tried.add(id)
    if (taken.gap) {
      // The bank lost entries that this phone still keeps: go back to where it stands, once.
      if (looked || !(await goBackTo(deps.db, stream, answer.expects))) outcome.renewStream ||= !looked
      else tried.clear()
      looked = true
    }
    await deps.onEntries()
    if (outcome.renewStream) return outcome
  }
}

function isYoung(entry: OutboxRecord, deps: PushDeps): boolean {
  const age = deps.now() - entry.savedAt
  return entry.tries === 0 && age >= 0 && age < (deps.graceMs ?? 0)
}

/**
 * Of a withdrawn phone, after `pushCommands` and the files: says that this is all, with what the bank holds back. True if
 * the bank has everything and the phone is to forget it. Throws as `pushCommands` does.
 */
export async function pushLast(deps: PushDeps): Promise<boolean> {
  const kept = await allEntries(deps.db)
  const all = kept.filter(isUnsent)
  const photos = filesLeft(kept)
  const stream = deps.transport.installationId
  // Numbers of a former stream need the data key to be given anew: these stay sealed, for the exported file.
  if (all.some((entry) => entry.stream !== stream || entry.tries === 0)) return false
  const entries = batchOf(all.slice(-MOST_COMMANDS), MOST_COMMANDS)
  if (entries.length < Math.min(all.length, MOST_COMMANDS)) return false
  const answer = await exchange(deps, entries, { all, photos }, await untoldLoss(deps.db), true)
  await keepReceipts(deps.db, entries, answer)
  await deps.onEntries()
  return answer.wipe === true
}

/** `waiting`: what has no receipt, and how many files. */
async function exchange(deps: PushDeps, entries: readonly OutboxRecord[], waiting: { all: readonly OutboxRecord[]; photos: number }, loss: Loss | null, last = false): Promise<PushAnswer> {
  const { all, photos } = waiting
  const stream = deps.transport.installationId
  const epoch = (await withStore(deps.db, () => getMeta<string>(deps.db, 'epoch'))) ?? null
  return deps.transport.exchange<PushAnswer>('/api/v1/sync/push', {
    epoch,
    stream,
    device_now: deps.now(),
    outbox: { depth: all.length, oldest: all.length ? Math.min(...all.map(({ savedAt }) => savedAt)) : null, photos },
    ...(deps.appVersion ? { app: deps.appVersion } : {}),
    commands: entries.map(({ id, seq, hash, sealed }) => ({ id, seq, hash, sealed })),
    ...(last ? { last } : {}),
    // In the stream that lost it the places are known, if it has any; in another one only that something was lost.
    ...(loss ? { lost: [loss.stream === stream && loss.last ? placesOf(loss) : { first: 1 }] } : {}),
  })
}

/** `hash`: what lay in the last place, by which the bank sees whether a copy has put something else there. */
const placesOf = ({ last, hash, hinted }: Loss): { first: number; last: number; hash?: string } => ({ first: 1, last, ...(hash && !hinted ? { hash } : {}) })

function back(entry: OutboxRecord): void {
  if (entry.state === 'sending') entry.state = 'saved'
}

async function keepReceipts(
  db: StaffDatabase,
  sent: readonly OutboxRecord[],
  answer: PushAnswer,
): Promise<{ received: number; conflict: boolean; gap: boolean }> {
  const byId = new Map(answer.receipts.map((receipt) => [receipt.id, receipt]))
  let received = 0
  let conflict = false
  let gap = false
  await patchEntries(
    db,
    sent.map((entry) => entry.id),
    (entry) => {
      back(entry)
      const receipt = byId.get(entry.id)
      // Only an answer about these very bytes counts.
      if (!receipt || (receipt.hash && receipt.hash !== entry.hash)) return
      const result = receipt.result === 'repeated' ? (receipt.was ?? 'applied') : receipt.result
      if (receipt.code === 'stream_conflict') {
        conflict = true
        return
      }
      if (receipt.code === 'gap') {
        // It says what is missing before this one, and nothing of this one.
        gap = true
        return
      }
      delete entry.resend
      const had = entry.receipt?.result
      if (receipt.code === 'hash_mismatch' && (had === 'applied' || had === 'merged' || had === 'suggested')) {
        // Sent again under another number, but the bank has it already.
        entry.state = 'received'
        return
      }
      // Only what has the bank's receipt was received; without one it is sent again.
      if (!receipt.receipt && stored(result) === 'received') return
      entry.state = stored(result)
      entry.receipt = keep(receipt, result, answer.now)
      if (receipt.settled) {
        // Nothing to send or to say any more: what settled it stands for it.
        entry.state = 'rejected'
        entry.acknowledged = true
      }
      if (entry.state === 'received') received++
    },
  )
  return { received, conflict, gap }
}

function stored(result: StoredReceipt['result']): StoredState {
  return result === 'held' ? 'held' : result === 'rejected' ? 'rejected' : 'received'
}

function keep(receipt: Receipt, result: StoredReceipt['result'], now: number): StoredReceipt {
  return {
    result,
    receipt: receipt.receipt ?? null,
    receivedAt: receipt.received_at ?? now,
    await: receipt.await ?? {},
    code: receipt.code ?? null,
    reason: receipt.reason ?? null,
    lost: receipt.lost ?? [],
    alias: receipt.alias ?? {},
  }
}

/** Marks everything from `seq` on as to be sent again. False if this phone does not have `seq` any more. */
async function goBackTo(db: StaffDatabase, stream: string, seq: number): Promise<boolean> {
  return withStore(db, () =>
    db.transaction('rw', db.outbox, async () => {
      const from = await db.outbox.where('seq').aboveOrEqual(seq).filter((entry) => entry.stream === stream).toArray()
      if (!from.some((entry) => entry.seq === seq)) return false
      await db.outbox.bulkPut(from.map((entry) => ({ ...entry, state: 'saved' as const })))
      return true
    }),
  )
}

/** A loss that the bank was not told of yet. */
async function untoldLoss(db: StaffDatabase): Promise<Loss | null> {
  const loss = await withStore(db, () => getMeta<Loss>(db, 'lost'))
  return loss && !loss.told ? loss : null
}

async function noteLoss(db: StaffDatabase, known: Partial<Loss>): Promise<void> {
  await withStore(db, () =>
    db.transaction('rw', db.meta, async () => {
      const loss = await getMeta<Loss>(db, 'lost')
      if (loss) await putMeta(db, 'lost', { ...loss, ...known })
    }),
  )
}

/** Administrators hear of a loss at once. Which places it took the bank learns with the next command: it closes none before. */
async function sayLost(deps: PushDeps, waiting: { all: readonly OutboxRecord[]; photos: number }): Promise<void> {
  const loss = await untoldLoss(deps.db)
  if (!loss?.unsent || loss.hinted) return
  await exchange(deps, [], waiting, { ...loss, last: 0 })
  await noteLoss(deps.db, loss.stream === deps.transport.installationId && loss.last ? { hinted: true } : { told: true })
}
