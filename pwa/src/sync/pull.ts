/** Fetches what moved at the bank: changes, or whole partitions page by page, resumable after a cut. */
import { ApiProblem, NetworkError } from '../api/http'
import { EngineError } from '../domain/errors'
import type { RowGroup } from '../domain/rows'
import { hex, sha256, type Bytes } from '../store/bytes'
import { beginEpoch, noteLazy } from '../store/chunks'
import { gunzip, unpack } from '../store/codec'
import { putMeta } from '../store/database'
import { EAGER_KINDS, PartitionRows } from '../store/memory'
import { noteContact } from './contact'
import type { Core, Unlocked } from './core'
import type { Transport } from './transport'

const PARALLEL_REQUESTS = 4
/** A request asks for several pages: few round trips where the network is good, little to ask for again where it is not. */
const REQUEST_PAGES = 16
const REQUEST_BYTES = 256 * 1024
/** While whole partitions arrive, the screens are told of them this often at most. */
const TELL_EVERY_MS = 1_000
/** A manifest may grow old while its pages are fetched; more often than this in a row is a fault. */
const MOST_ROUNDS = 50

interface PageInfo {
  n: number
  kind: string
  count: number
  bytes: number
  sha256: string
}

type PartitionAnswer =
  | { key: string; state: 'same'; revision: number }
  | { key: string; state: 'changes'; from: number; revision: number; groups: RowGroup[]; more: boolean }
  | { key: string; state: 'snapshot'; revision: number; pages: PageInfo[] }
  | { key: string; state: 'evict'; reason?: string }

interface PullAnswer {
  epoch: string
  now: number
  /** Null before the first backup. */
  durable_through: number | null
  partitions: PartitionAnswer[]
}

type Snapshot = Extract<PartitionAnswer, { state: 'snapshot' }>

/**
 * Pulls until this phone holds all that it should. Throws ApiProblem, NetworkError, EngineError; what was fetched
 * until then is kept and not fetched again.
 */
export async function pull(core: Core): Promise<void> {
  const unlocked = core.open
  await refreshRows(core, unlocked)
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const records = await unlocked.chunks.partitions()
    const held = records.filter((record) => !record.stale)
    const { depth, oldest } = core.outbox.unsent()
    const answer = await core.transport.exchange<PullAnswer>('/api/v1/sync/pull', {
      epoch: core.contact.epoch,
      partitions: Object.fromEntries(held.map((record) => [record.key, record.revision])),
      outbox: { depth, oldest },
      app: core.options.appVersion,
    })
    if (core.unlocked !== unlocked) return
    await noteContact(core.store, answer.now, answer.durable_through, core.options.now())
    await core.loadContact()
    if (core.contact.epoch === null) {
      await putMeta(core.store, 'epoch', answer.epoch)
      await core.loadContact()
    } else if (answer.epoch !== core.contact.epoch) {
      // What was held belongs to another life of the bank's database: ask again as a phone that holds nothing.
      await takeEpoch(core, answer.epoch)
      continue
    }
    if (!(await takeAnswer(core, unlocked, answer, new Set(held.map((record) => record.key))))) {
      await dropStale(core, unlocked)
      return
    }
    if (core.unlocked !== unlocked) return
  }
  throw new EngineError('bad_answer', 'the bank keeps sending changes')
}

async function takeEpoch(core: Core, epoch: string): Promise<void> {
  await beginEpoch(core.store, epoch)
  await core.loadContact()
  await core.refreshOutbox()
}

/** Stores an answer; `held`: the keys that were asked about. True if there is more to ask for. */
async function takeAnswer(core: Core, unlocked: Unlocked, answer: PullAnswer, held: ReadonlySet<string>): Promise<boolean> {
  const evicted = answer.partitions.filter((part) => part.state === 'evict')
  for (const { key } of evicted) {
    await unlocked.chunks.evict(key)
    unlocked.rows.drop(key)
    unlocked.lazy.forget(key)
  }
  const snapshots = answer.partitions.filter((part) => part.state === 'snapshot')
  const changes = answer.partitions.filter((part) => part.state === 'changes')
  const take = async (): Promise<boolean> => {
    const complete = await Promise.all(changes.map((part) => takeChanges(core, unlocked, part, held.has(part.key))))
    // Where partitions follow whole, they are told of together.
    if (snapshots.length === 0 && (changes.length || evicted.length)) core.rowsChanged()
    return complete.every(Boolean) && !changes.some((part) => part.more)
  }
  // Pages are asked for while changes are stored.
  const [taken, fetched] = await Promise.allSettled([take(), snapshots.length ? fetchSnapshots(core, unlocked, snapshots) : null])
  if (taken.status === 'rejected') throw taken.reason
  if (fetched.status === 'rejected') throw fetched.reason
  // The bank may have moved on while the pages were fetched, or a manifest grew old on the way.
  return !taken.value || snapshots.length > 0
}

/** False if the partition stands elsewhere by now and must be asked about again. */
async function takeChanges(
  core: Core,
  unlocked: Unlocked,
  part: Extract<PartitionAnswer, { state: 'changes' }>,
  held: boolean,
): Promise<boolean> {
  const { key, from, revision, groups } = part
  const rows = unlocked.rows.partitions.get(key)
  if (from === 0 && !held) {
    // A small partition comes whole, as changes from nothing.
    const fresh = new PartitionRows(key, `${core.contact.epoch ?? ''}.0`, revision)
    fresh.loaded.add(await unlocked.chunks.begin(key, fresh.gen, revision, groups))
    fresh.addChanges(groups)
    unlocked.lazy.forget(key)
    unlocked.rows.set(fresh)
    return true
  }
  const id = await unlocked.chunks.appendChanges(key, from, revision, groups)
  if (id === null || !rows) return false
  rows.addChanges(groups)
  rows.loaded.add(id)
  rows.revision = revision
  unlocked.rows.changed()
  return true
}

/** Drops what another life of the database held and this one did not replace. */
async function dropStale(core: Core, unlocked: Unlocked): Promise<void> {
  const stale = (await unlocked.chunks.partitions()).filter((record) => record.stale)
  for (const record of stale) {
    await unlocked.chunks.evict(record.key)
    unlocked.rows.drop(record.key)
    unlocked.lazy.forget(record.key)
  }
  if (stale.length) core.rowsChanged()
}

interface SnapshotInProgress {
  answer: Snapshot
  gen: string
  rows: PartitionRows
  left: number
}

/** Neighbouring pages that one request asks for. */
interface PageJob {
  part: SnapshotInProgress
  pages: PageInfo[]
}

/** Fetches the pages of all snapshots, small partitions first. */
async function fetchSnapshots(core: Core, unlocked: Unlocked, snapshots: readonly Snapshot[]): Promise<void> {
  const total = snapshots.reduce((sum, { pages }) => sum + rowsIn(pages), 0)
  let done = 0
  const progress = (count: number): void => {
    done += count
    core.progress = { done, total }
    core.emit('status')
  }
  let toldAt = performance.now()
  const finished = async (part: SnapshotInProgress): Promise<void> => {
    await finish(unlocked, part)
    if (done < total && performance.now() - toldAt < TELL_EVERY_MS) return
    toldAt = performance.now()
    core.rowsChanged()
  }
  progress(0)
  try {
    const sized = [...snapshots].sort((a, b) => a.pages.length - b.pages.length)
    const genOf = ({ revision }: Snapshot): string => `${core.contact.epoch ?? ''}.${revision}`
    const staged = await unlocked.chunks.stagedPages(sized.map((answer) => [answer.key, genOf(answer)]))
    const jobs: PageJob[] = []
    for (const [i, answer] of sized.entries()) {
      const gen = genOf(answer)
      const part: SnapshotInProgress = { answer, gen, rows: new PartitionRows(answer.key, gen, answer.revision), left: answer.pages.length }
      const there = staged[i] ?? new Map<number, string>()
      const kept = answer.pages.filter((page) => there.has(page.n))
      if (kept.length) await takeStaged(unlocked, part, kept, there)
      progress(rowsIn(kept))
      if (part.left === 0) await finished(part)
      for (const pages of requests(answer.pages.filter((page) => !there.has(page.n)))) jobs.push({ part, pages })
    }
    await runJobs(jobs, async ({ part, pages }) => {
      await fetchPages(core.transport, unlocked, part, pages)
      progress(rowsIn(pages))
      part.left -= pages.length
      if (part.left === 0) await finished(part)
    })
  } finally {
    core.progress = null
    core.emit('status')
    core.rowsChanged()
  }
}

const rowsIn = (pages: readonly PageInfo[]): number => pages.reduce((rows, page) => rows + page.count, 0)

/** Takes pages that an earlier, cut run has stored. */
async function takeStaged(unlocked: Unlocked, part: SnapshotInProgress, pages: readonly PageInfo[], there: Map<number, string>): Promise<void> {
  const eager: string[] = []
  for (const page of pages) {
    const id = there.get(page.n) as string
    if (EAGER_KINDS.has(page.kind)) eager.push(id)
    else noteLazy(part.rows, id)
  }
  for (const groups of await unlocked.chunks.load(eager)) part.rows.addPage(groups)
  for (const id of eager) part.rows.loaded.add(id)
  part.left -= pages.length
}

/** Splits pages into requests for neighbours. */
function requests(pages: readonly PageInfo[]): PageInfo[][] {
  const batches: PageInfo[][] = []
  let bytes = 0
  for (const page of pages) {
    const batch = batches.at(-1)
    const follows = batch?.at(-1)?.n === page.n - 1
    if (batch && follows && batch.length < REQUEST_PAGES && bytes + page.bytes <= REQUEST_BYTES) {
      batch.push(page)
      bytes += page.bytes
    } else {
      batches.push([page])
      bytes = page.bytes
    }
  }
  return batches
}

/** Runs jobs a few at a time; stops early if a manifest grew old on the way. Throws the first other error. */
async function runJobs(jobs: PageJob[], run: (job: PageJob) => Promise<void>): Promise<void> {
  let next = 0
  let gone = false
  let failure: unknown = null
  const worker = async (): Promise<void> => {
    while (next < jobs.length && !gone && failure === null) {
      const job = jobs[next++] as PageJob
      try {
        await run(job)
      } catch (error) {
        if (error instanceof ApiProblem && error.code === 'page_gone') gone = true
        else failure ??= error
      }
    }
  }
  await Promise.all(Array.from({ length: PARALLEL_REQUESTS }, worker))
  if (failure !== null) throw failure
}

async function fetchPages(transport: Transport, unlocked: Unlocked, part: SnapshotInProgress, pages: readonly PageInfo[]): Promise<void> {
  const { key } = part.answer
  const all = await ask(transport, part.answer, pages)
  const offsets = pages.map((_, i) => pages.slice(0, i).reduce((sum, page) => sum + page.bytes, 0))
  const parts = await Promise.all(
    pages.map(async (page, i) => {
      const at = offsets[i] as number
      const bytes = await verified(transport, part.answer, page, all.subarray(at, at + page.bytes))
      return { page, bytes }
    }),
  )
  const stored = unlocked.chunks.stagePages(key, part.gen, parts.map(({ page, bytes }) => ({ n: page.n, kind: page.kind, bytes })))
  const opened = Promise.all(
    parts.map(async ({ page, bytes }) => {
      if (EAGER_KINDS.has(page.kind)) part.rows.addPage(unpack(await gunzip(bytes)) as RowGroup[])
    }),
  )
  const [ids] = await Promise.all([stored, opened])
  pages.forEach((page, i) => {
    const id = ids[i] as string
    if (EAGER_KINDS.has(page.kind)) part.rows.loaded.add(id)
    else noteLazy(part.rows, id)
  })
}

function ask(transport: Transport, { key, revision }: Snapshot, pages: readonly PageInfo[]): Promise<Bytes> {
  const [first, last] = [pages[0] as PageInfo, pages.at(-1) as PageInfo]
  const upto = last.n > first.n ? `&to=${last.n}` : ''
  return transport.bytes(`/api/v1/sync/pages?key=${encodeURIComponent(key)}&revision=${revision}&n=${first.n}${upto}`)
}

/** A page whose SHA-256 is the manifest's; one damaged on the way is fetched once more, by itself. */
async function verified(transport: Transport, answer: Snapshot, page: PageInfo, bytes: Bytes): Promise<Bytes> {
  for (let attempt = 0; ; attempt++) {
    if (hex(await sha256(bytes)) === page.sha256) return bytes
    if (attempt > 0) throw new NetworkError(`page ${page.n} does not match its manifest`)
    bytes = await ask(transport, answer, [page])
  }
}

async function finish(unlocked: Unlocked, part: SnapshotInProgress): Promise<void> {
  const { key, revision, pages } = part.answer
  await unlocked.chunks.commitSnapshot(key, part.gen, revision, nextNumber(pages))
  unlocked.lazy.forget(key)
  unlocked.rows.set(part.rows)
}

const nextNumber = (pages: readonly PageInfo[]): number => pages.reduce((highest, page) => Math.max(highest, page.n + 1), 0)

/** Brings memory up to what other tabs stored. */
export async function refreshRows(core: Core, unlocked: Unlocked): Promise<void> {
  const records = await unlocked.chunks.partitions()
  const { rows, chunks, lazy } = unlocked
  let changed = false
  for (const record of records) {
    const known = rows.partitions.get(record.key)
    if (known && known.gen === record.gen && known.shape === record.shape) {
      if (known.revision === record.revision) continue
      await chunks.catchUp(known, record)
      rows.changed()
    } else {
      lazy.forget(record.key)
      const fresh = await chunks.read(record)
      await lazy.openRanges(fresh)
      // A pull in this tab may have been faster.
      if (rows.partitions.get(record.key) !== known) continue
      rows.set(fresh)
    }
    changed = true
  }
  for (const key of [...rows.partitions.keys()]) {
    if (records.some((record) => record.key === key)) continue
    rows.drop(key)
    lazy.forget(key)
    changed = true
  }
  if (changed) core.rowsChanged()
}
