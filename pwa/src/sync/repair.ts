/**
 * What the browser's storage broke, mended. A damaged chunk: its partition is shown as far as it can be read, and is
 * fetched anew. A deleted database: written again from what an unlocked phone still has in memory; what a locked one
 * had is lost, and said so.
 */
import { hex, randomBytes } from '../store/bytes'
import type { DamagedChunk, PartitionRecord } from '../store/chunks'
import { getMeta, problemOf, putMeta, withStore, type OutboxRecord } from '../store/database'
import { lossOf, type LedgerMark, type Loss } from '../store/ledger'
import { renumber, sealCommand } from '../store/outbox'
import type { Core, Unlocked } from './core'

/** Keys of the meta table without which an unlocked phone could not be opened again. */
const ESSENTIAL = ['enrolment', 'pin', 'prf', 'tries', 'escrow', 'contact', 'epoch', 'revoked'] as const

/** Notes that a partition is damaged and asks for it anew. False if it moved meanwhile: then read it again. */
export async function noteDamaged(core: Core, unlocked: Unlocked, record: PartitionRecord): Promise<boolean> {
  if (!record.stale && !(await unlocked.chunks.condemn(record))) return false
  core.damaged.add(record.key)
  core.emit('status')
  core.wake()
  return true
}

/** Reads on without a chunk that can't be opened. False if its partition is not there any more. */
export async function passOver(core: Core, unlocked: Unlocked, { chunk, key }: DamagedChunk): Promise<boolean> {
  unlocked.lazy.skip(chunk)
  for (;;) {
    const record = (await unlocked.chunks.partitions()).find((one) => one.key === key)
    if (!record) return false
    if (await noteDamaged(core, unlocked, record)) return true
  }
}

/**
 * Compares the database with the mark kept outside it. A new or older one gets its own mark. Returns what was lost if
 * there was another database here before.
 */
export async function recognise(core: Core, mark: LedgerMark | null): Promise<Loss | null> {
  const { store } = core
  const born = await getMeta<string>(store, 'born')
  if (born !== undefined) {
    core.born = born
    return (await getMeta<Loss>(store, 'lost')) ?? null
  }
  core.born = hex(randomBytes(8))
  await putMeta(store, 'born', core.born)
  // One of an older app has no mark yet, but content.
  if (!mark || (await store.meta.get('enrolment'))) return null
  const loss = lossOf(mark, core.now())
  if (!loss) return null
  await putMeta(store, 'lost', loss)
  // The same installation goes on in its stream behind what is gone, so that the bank knows which places are empty.
  if (loss.stream === core.identity?.installationId) await putMeta(store, `nextSeq:${loss.stream}`, loss.last + 1)
  return loss
}

/** Looks whether the database under us is still the one that was opened; writes it again where it was deleted. */
export async function checkStore(core: Core): Promise<void> {
  const { db, unlocked } = core
  if (!db || core.superseded) return
  try {
    await withStore(db, async () => {
      if (!db.isOpen()) await db.open()
      if ((await getMeta(db, 'born')) === core.born) return
      if (unlocked) await salvage(core, unlocked)
      else await core.loadState()
    })
    if (core.storage !== null) {
      // A probe that really writes: a full store can often still be read.
      await withStore(db, () => putMeta(db, 'probe', randomBytes(PROBE_BYTES)))
      await withStore(db, () => db.meta.delete('probe'))
      core.storage = null
    }
  } catch (error) {
    core.noteStorage(error)
    if (problemOf(error) === 'newer') core.superseded = true
  }
  core.emit('status')
  core.emit('outbox')
}

const PROBE_BYTES = 64 * 1024

/** Writes a deleted database again from memory: its keys, the outbox sealed anew, drafts. Rows come from the bank. */
async function salvage(core: Core, unlocked: Unlocked): Promise<void> {
  const { store } = core
  const { vault, sealer } = unlocked
  const entries: OutboxRecord[] = []
  let lost = 0
  for (const { header, command, sealedAs, about } of core.outbox.all()) {
    if (!command) {
      if (header.state !== 'received') lost++
      continue
    }
    const sealed = await sealCommand(sealedAs ?? command, { ...header, about }, vault, sealer)
    entries.push({ ...sealed, ...header })
  }
  const mark = core.mark()
  const loss = lost ? lossOf({ ...mark, unsent: lost }, core.now()) : null
  await store.transaction('rw', store.meta, async () => {
    for (const [key, value] of core.essentials) await putMeta(store, key, value)
    await putMeta(store, `nextSeq:${mark.installation}`, mark.last + 1)
    await putMeta(store, 'born', core.born)
    if (loss) await putMeta(store, 'lost', loss)
  })
  await renumber(store, entries)
  await unlocked.drafts.rewrite()
  core.lost = loss ?? core.lost
  core.wake()
}

/** Keeps in memory what `salvage` needs; all of it is encrypted or no secret. */
export async function rememberEssentials(core: Core): Promise<void> {
  const found = await withStore(core.store, () => core.store.meta.bulkGet([...ESSENTIAL]))
  core.essentials = new Map(found.flatMap((record) => (record ? [[record.key, record.value] as const] : [])))
}
