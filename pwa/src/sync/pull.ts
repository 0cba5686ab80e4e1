/** Fetches what moved at the bank: changes, or whole partitions page by page, resumable after a cut. */
import { ApiProblem, NetworkError } from '../api/http'
import { EngineError } from '../domain/errors'
import type { Id, RowGroup } from '../domain/rows'
import { hex, sha256, type Bytes } from '../store/bytes'
import { beginEpoch, DamagedChunk, noteLazy, type PartitionRecord } from '../store/chunks'
import { gunzip, unpack } from '../store/codec'
import { EAGER_KINDS, PartitionRows, type Range } from '../store/memory'
import { noteContact } from './contact'
import type { Core, Unlocked } from './core'
import { noteDamaged, passOver } from './repair'
import type { Transport } from './transport'

/** As many as a browser sends to one host. */
const PARALLEL_REQUESTS = 6
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
  /** Between which customers its rows lie, where the bank says it. */
  first?: Id
  last?: Id
}

type PartitionAnswer =
  | { key: string; state: 'same'; revision: number }
  | { key: string; state: 'changes'; from: number; revision: number; groups: RowGroup[]; more: boolean }
  | { key: string; state: 'snapshot'; revision: number; pages: PageInfo[] }
  | { key: string; state: 'evict'; reason?: string }
  /** Shown until the key `until` is here whole. */
  | { key: string; state: 'kept'; until: string }

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
    const { depth, oldest, photos } = core.outbox.unsent()
    const answer = await core.transport.exchange<PullAnswer>('/api/v1/sync/pull', {
      epoch: core.contact.epoch,
      partitions: Object.fromEntries(held.map((record) => [record.key, record.revision])),
      outbox: { depth, oldest, photos },
      app: core.options.appVersion,
    })
    if (core.unlocked !== unlocked) return
    const { now: server, durable_through: durableThrough, epoch } = answer
    core.contact = await noteContact(core.store, { server, durableThrough, epoch }, core.options.now())
    if (epoch !== core.contact.epoch) {
      // What was held belongs to another life of the bank's database: ask again as a phone that holds nothing.
      await takeEpoch(core, epoch)
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
  // What is not theirs any more leaves every screen at once, whatever becomes of the rest.
  if (evicted.length) core.rowsChanged()
  const snapshots = answer.partitions.filter((part) => part.state === 'snapshot')
  const changes = answer.partitions.filter((part) => part.state === 'changes')
  const take = async (): Promise<boolean> => {
    const complete = await Promise.all(changes.map((part) => takeChanges(core, unlocked, part, held.has(part.key))))
    // Where partitions follow whole, they are told of together.
    if (snapshots.length === 0 && changes.length) core.rowsChanged()
    return complete.every(Boolean) && !changes.some((part) => part.more)
  }
  // Pages are asked for before changes are stored: they travel meanwhile. What is read for that would wait for the writes.
  let changesNow = (): void => undefined
  const asked = new Promise<void>((resolve) => (changesNow = resolve))
  const fetching = snapshots.length ? fetchSnapshots(core, unlocked, snapshots, changesNow).finally(changesNow) : changesNow()
  const [fetched, taken] = await Promise.allSettled([fetching, asked.then(take)])
  if (taken.status === 'rejected') throw taken.reason
  if (fetched.status === 'rejected') {
    if (changes.length) core.rowsChanged()
    throw fetched.reason
  }
  // The bank may have moved on while the pages were fetched, or a manifest grew old on the way; what was kept until
  // now is let go of with the next answer.
  return !taken.value || snapshots.length > 0 || answer.partitions.some((part) => part.state === 'kept')
}

/** False if the partition stands elsewhere by now and must be asked about again. */
async function takeChanges(
  core: Core,
  unlocked: Unlocked,
  part: Extract<PartitionAnswer, { state: 'changes' }>,
  held: boolean,
): Promise<boolean> {
  const { key, from, revision, groups, more } = part
  const rows = unlocked.rows.partitions.get(key)
  if (from === 0 && !held) {
    // A small partition comes whole, as changes from nothing.
    const fresh = new PartitionRows(key, `${core.contact.epoch ?? ''}.0`, revision)
    if (more) fresh.whole = 0
    fresh.loaded.add(await unlocked.chunks.begin(key, fresh.gen, revision, groups, more))
    fresh.addChanges(groups)
    unlocked.lazy.forget(key)
    unlocked.rows.set(fresh)
    return true
  }
  const id = await unlocked.chunks.appendChanges(key, from, revision, groups, more)
  if (id === null || !rows) return false
  rows.addChanges(groups)
  rows.loaded.add(id)
  rows.revision = revision
  if (!more) rows.whole = revision
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
  /** Requests whose pages are not stored yet. */
  jobs: number
  /** It is the one that counts. */
  committed: boolean
}

/** Neighbouring pages that one request asks for. */
interface PageJob {
  part: SnapshotInProgress
  pages: PageInfo[]
}

/** Fetches the pages of all snapshots, small partitions first; `asked` is called once the first requests are under way. */
async function fetchSnapshots(core: Core, unlocked: Unlocked, snapshots: readonly Snapshot[], asked: () => void): Promise<void> {
  const total = snapshots.reduce((sum, { pages }) => sum + rowsIn(pages), 0)
  let done = 0
  const progress = (count: number): void => {
    done += count
    core.progress = { done, total }
    if (count > 0) core.emit('status')
  }
  let toldAt = performance.now()
  let untold = false
  const finished = async (part: SnapshotInProgress): Promise<void> => {
    await finish(unlocked, part)
    untold = done < total && performance.now() - toldAt < TELL_EVERY_MS
    if (untold) return
    toldAt = performance.now()
    core.rowsChanged()
  }
  progress(0)
  try {
    const sized = [...snapshots].sort((a, b) => a.pages.length - b.pages.length)
    // A damaged partition is replaced as a whole: none of its chunks may count as a page that is there already.
    const damaged = new Set((await unlocked.chunks.partitions()).filter((record) => record.stale).map(({ key, gen }) => `${key}|${gen}`))
    const genOf = ({ key, revision }: Snapshot): string => {
      const gen = `${core.contact.epoch ?? ''}.${revision}`
      return damaged.has(`${key}|${gen}`) ? `${gen}+` : gen
    }
    const staged = await unlocked.chunks.stagedPages(sized.map((answer) => [answer.key, genOf(answer)]))
    const jobs: PageJob[] = []
    for (const [i, answer] of sized.entries()) {
      const gen = genOf(answer)
      const part: SnapshotInProgress = { answer, gen, rows: new PartitionRows(answer.key, gen, answer.revision), jobs: 0, committed: false }
      const there = staged[i] ?? new Map<number, string>()
      const kept = await takeStaged(unlocked, part, answer.pages, there)
      progress(rowsIn(kept))
      const missing = requests(answer.pages.filter((page) => !there.has(page.n)))
      part.jobs = missing.length
      for (const pages of missing) jobs.push({ part, pages })
      if (part.jobs === 0) await finished(part)
    }
    const running = runJobs(core.transport, jobs, async (job, bytes) => {
      await storePages(core.transport, unlocked, job, bytes)
      progress(rowsIn(job.pages))
      if (job.part.jobs === 0) await finished(job.part)
    })
    asked()
    await running
  } finally {
    core.progress = null
    if (untold) core.rowsChanged()
    else core.emit('status')
  }
}

const rangeOf = ({ first, last }: PageInfo): Range | undefined => (first === undefined || last === undefined ? undefined : [first, last])

const rowsIn = (pages: readonly PageInfo[]): number => pages.reduce((rows, page) => rows + page.count, 0)

/** Takes and returns the pages that an earlier, cut run has stored; `there`: the chunk of each page. */
async function takeStaged(
  unlocked: Unlocked,
  part: SnapshotInProgress,
  pages: readonly PageInfo[],
  there: Map<number, string>,
): Promise<PageInfo[]> {
  for (;;) {
    const kept = pages.filter((page) => there.has(page.n))
    const idOf = (page: PageInfo): string => there.get(page.n) as string
    const eager = kept.filter((page) => EAGER_KINDS.has(page.kind)).map(idOf)
    try {
      if (eager.length) for (const groups of await unlocked.chunks.load(eager)) part.rows.addPage(groups)
    } catch (error) {
      if (!(error instanceof DamagedChunk)) throw error
      // Damaged where it lay: fetched again like one that never came.
      await unlocked.chunks.discard(error.chunk)
      for (const page of kept) if (idOf(page) === error.chunk) there.delete(page.n)
      continue
    }
    for (const id of eager) part.rows.loaded.add(id)
    for (const page of kept) if (!EAGER_KINDS.has(page.kind)) noteLazy(part.rows, idOf(page), rangeOf(page))
    return kept
  }
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

/**
 * Runs jobs a few at a time: the next request of a lane travels while the pages of its last one are stored. Stops early
 * if a manifest grew old on the way. Throws the first other error.
 */
async function runJobs(transport: Transport, jobs: PageJob[], store: (job: PageJob, bytes: Bytes) => Promise<void>): Promise<void> {
  let next = 0
  let gone = false
  let failure: unknown = null
  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      if (error instanceof ApiProblem && error.code === 'page_gone') gone = true
      else failure ??= error
    }
  }
  const lane = async (): Promise<void> => {
    let storing: Promise<void> = Promise.resolve()
    while (next < jobs.length && !gone && failure === null) {
      const job = jobs[next++] as PageJob
      await guarded(async () => {
        const bytes = await ask(transport, job.part.answer, job.pages)
        await storing
        storing = guarded(() => store(job, bytes))
      })
    }
    await storing
  }
  await Promise.all(Array.from({ length: PARALLEL_REQUESTS }, lane))
  if (failure !== null) throw failure
}

/** Checks, opens and stores pages; with the last ones of a snapshot it begins to count, in the same transaction. */
async function storePages(transport: Transport, unlocked: Unlocked, { part, pages }: PageJob, all: Bytes): Promise<void> {
  const offsets = pages.map((_, i) => pages.slice(0, i).reduce((sum, page) => sum + page.bytes, 0))
  const parts = await Promise.all(
    pages.map(async ({ n, kind, ...page }, i) => {
      const at = offsets[i] as number
      return { n, kind, bytes: await verified(transport, part.answer, { n, kind, ...page }, all.subarray(at, at + page.bytes)) }
    }),
  )
  const sealed = unlocked.chunks.sealPages(part.answer.key, part.gen, parts)
  await Promise.all(
    parts.map(async ({ kind, bytes }) => {
      if (EAGER_KINDS.has(kind)) part.rows.addPage(unpack(await gunzip(bytes)) as RowGroup[])
    }),
  )
  const records = await sealed
  // Only once all others lie safely: one of them may still fail.
  part.committed = part.jobs === 1
  await unlocked.chunks.stagePages(records, part.committed ? wholeOf(part) : null)
  part.jobs--
  records.forEach(({ id }, i) => {
    const page = pages[i] as PageInfo
    if (EAGER_KINDS.has(page.kind)) part.rows.loaded.add(id)
    else noteLazy(part.rows, id, rangeOf(page))
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
  const { key } = part.answer
  if (!part.committed) await unlocked.chunks.stagePages([], wholeOf(part))
  unlocked.lazy.forget(key)
  unlocked.rows.set(part.rows)
}

/** What stands of a partition once all its pages are there. */
const wholeOf = ({ answer: { key, revision, pages }, gen }: SnapshotInProgress): PartitionRecord => ({
  key,
  revision,
  gen,
  next: nextNumber(pages),
  shape: 0,
  stale: false,
  count: pages.length,
})

const nextNumber = (pages: readonly PageInfo[]): number => pages.reduce((highest, page) => Math.max(highest, page.n + 1), 0)

/** Brings memory up to what other tabs stored. */
export async function refreshRows(core: Core, unlocked: Unlocked): Promise<void> {
  const records = await unlocked.chunks.partitions()
  const { rows, chunks, lazy } = unlocked
  let changed = false
  const known = (record: PartitionRecord): PartitionRows | undefined => {
    const held = rows.partitions.get(record.key)
    return held && held.gen === record.gen && held.shape === record.shape ? held : undefined
  }
  const anew = records.filter((record) => !known(record))
  const before = anew.map(({ key }) => rows.partitions.get(key))
  for (const { key } of anew) lazy.forget(key)
  const fresh = await chunks.read(anew)
  for (const [i, record] of anew.entries()) {
    if (fresh[i]?.damaged && !(await noteDamaged(core, unlocked, record))) return refreshRows(core, unlocked)
  }
  await lazy.openRanges(fresh)
  for (const [i, one] of fresh.entries()) {
    // A pull in this tab may have been faster.
    if (rows.partitions.get(one.key) !== before[i]) continue
    rows.set(one)
    changed = true
  }
  for (const record of records) {
    const held = known(record)
    if (!held || held.revision === record.revision || fresh.includes(held)) continue
    try {
      await chunks.catchUp(held, record)
    } catch (error) {
      if (!(error instanceof DamagedChunk) || !(await passOver(core, unlocked, error))) throw error
    }
    rows.changed()
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
