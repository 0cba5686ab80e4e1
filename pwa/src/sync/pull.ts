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

const PARALLEL_PAGES = 4
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
    if (!(await takeAnswer(core, unlocked, answer))) {
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

/** Stores an answer. True if there is more to ask for. */
async function takeAnswer(core: Core, unlocked: Unlocked, answer: PullAnswer): Promise<boolean> {
  let again = false
  let changed = false
  const snapshots: Snapshot[] = []
  for (const part of answer.partitions) {
    switch (part.state) {
      case 'same':
        break
      case 'evict':
        await unlocked.chunks.evict(part.key)
        unlocked.rows.drop(part.key)
        unlocked.lazy.forget(part.key)
        changed = true
        break
      case 'changes': {
        again ||= part.more
        if (!(await takeChanges(core, unlocked, part))) again = true
        changed = true
        break
      }
      case 'snapshot':
        snapshots.push(part)
    }
  }
  if (changed) core.rowsChanged()
  if (snapshots.length === 0) return again
  await fetchSnapshots(core, unlocked, snapshots)
  // The bank may have moved on while the pages were fetched, or a manifest grew old on the way.
  return true
}

async function takeChanges(core: Core, unlocked: Unlocked, part: Extract<PartitionAnswer, { state: 'changes' }>): Promise<boolean> {
  const { key, from, revision, groups } = part
  const rows = unlocked.rows.partitions.get(key)
  if (from === 0 && !(await isHeld(unlocked, key))) {
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

async function isHeld(unlocked: Unlocked, key: string): Promise<boolean> {
  return (await unlocked.chunks.partitions()).some((record) => record.key === key && !record.stale)
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

interface PageJob {
  part: SnapshotInProgress
  page: PageInfo
}

interface SnapshotInProgress {
  answer: Snapshot
  gen: string
  rows: PartitionRows
  left: number
}

/** Fetches the pages of all snapshots, small partitions first. */
async function fetchSnapshots(core: Core, unlocked: Unlocked, snapshots: readonly Snapshot[]): Promise<void> {
  const { transport } = core
  const jobs: PageJob[] = []
  const total = snapshots.reduce((sum, part) => sum + part.pages.reduce((rows, page) => rows + page.count, 0), 0)
  let done = 0
  const progress = (count: number): void => {
    done += count
    core.progress = { done, total }
    core.emit('status')
  }
  progress(0)
  try {
    const sized = [...snapshots].sort((a, b) => a.pages.length - b.pages.length)
    for (const answer of sized) {
      const gen = `${core.contact.epoch ?? ''}.${answer.revision}`
      const part: SnapshotInProgress = { answer, gen, rows: new PartitionRows(answer.key, gen, answer.revision), left: answer.pages.length }
      const staged = await unlocked.chunks.stagedPages(answer.key, gen)
      const stagedEager: string[] = []
      for (const page of answer.pages) {
        const id = staged.get(page.n)
        if (id === undefined) jobs.push({ part, page })
        else {
          if (EAGER_KINDS.has(page.kind)) stagedEager.push(id)
          else noteLazy(part.rows, id)
          part.left--
          progress(page.count)
        }
      }
      for (const groups of await unlocked.chunks.load(stagedEager)) part.rows.addPage(groups)
      for (const id of stagedEager) part.rows.loaded.add(id)
      if (part.left === 0) await finish(core, unlocked, part)
    }
    await runJobs(jobs, async ({ part, page }) => {
      await fetchPage(transport, unlocked, part, page)
      progress(page.count)
      if (--part.left === 0) await finish(core, unlocked, part)
    })
  } finally {
    core.progress = null
    core.emit('status')
  }
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
  await Promise.all(Array.from({ length: PARALLEL_PAGES }, worker))
  if (failure !== null) throw failure
}

async function fetchPage(transport: Transport, unlocked: Unlocked, part: SnapshotInProgress, page: PageInfo): Promise<void> {
  const { key, revision } = part.answer
  const path = `/api/v1/sync/pages?key=${encodeURIComponent(key)}&revision=${revision}&n=${page.n}`
  const bytes = await verified(transport, path, page)
  const stored = unlocked.chunks.stagePage(key, part.gen, page.n, page.kind, bytes)
  if (EAGER_KINDS.has(page.kind)) {
    part.rows.addPage(unpack(await gunzip(bytes)) as RowGroup[])
    part.rows.loaded.add(await stored)
  } else noteLazy(part.rows, await stored)
}

/** A page whose SHA-256 is the manifest's; one damaged on the way is fetched once more. */
async function verified(transport: Transport, path: string, page: PageInfo): Promise<Bytes> {
  for (let attempt = 0; attempt < 2; attempt++) {
    const bytes = await transport.bytes(path)
    if (hex(await sha256(bytes)) === page.sha256) return bytes
  }
  throw new NetworkError(`page ${page.n} does not match its manifest`)
}

async function finish(core: Core, unlocked: Unlocked, part: SnapshotInProgress): Promise<void> {
  const { key, revision, pages } = part.answer
  await unlocked.chunks.commitSnapshot(key, part.gen, revision, nextNumber(pages))
  unlocked.lazy.forget(key)
  unlocked.rows.set(part.rows)
  core.rowsChanged()
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
