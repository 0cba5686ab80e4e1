/**
 * From the data key to the rows: first the day at a glance, if one was kept and is still true, then everything else
 * behind it. While only the glance is there the engine is as good as locked: nothing is read, saved or fetched.
 */
import { fromBase64url, fromHex, type Bytes } from '../store/bytes'
import { ChunkStore } from '../store/chunks'
import { DraftStore } from '../store/drafts'
import { readAhead, type Ahead } from '../store/glance'
import { LazyRows } from '../store/lazy'
import { Rows } from '../store/memory'
import { Sealer } from '../store/seal'
import { Vault } from '../store/vault'
import { openNoted } from './about'
import type { Core, Unlocked } from './core'
import { enrolmentOf, escrowOf, keepEscrow, type Enrolment, type Escrow } from './escrow'
import { glanceNow } from './glance'
import { refreshRows } from './pull'
import { rememberEssentials } from './repair'

/** What can be read before the data key is there. */
interface Prepared {
  enrolment: Enrolment
  escrow: Escrow | undefined
  ahead: Ahead
}

/** Throws EngineError `not_enrolled`, `storage_failed`. */
export async function prepare(core: Core): Promise<Prepared> {
  // The service worker may have sent some of it meanwhile.
  const [enrolment, escrow, ahead] = await Promise.all([enrolmentOf(core), escrowOf(core), readAhead(core.store), core.outbox.refresh(core.store, () => null)])
  return { enrolment, escrow, ahead }
}

/** Opens everything under the data key, which is wiped. Resolves when the rows are there, or when it was locked meanwhile. */
export async function openVault(core: Core, raw: Bytes, prepared = prepare(core)): Promise<void> {
  const done = open(core, raw, prepared)
  const over = done.then(
    () => undefined,
    () => undefined,
  )
  core.opening = over
  try {
    await done
  } catch (error) {
    // The screens may stand on the glance already: there is nothing behind it.
    core.glance = null
    core.noteStorage(error)
    core.emit('status')
    core.emit('rows')
    throw error
  } finally {
    if (core.opening === over) core.opening = null
  }
}

async function open(core: Core, raw: Bytes, prepared: Promise<Prepared>): Promise<void> {
  const db = core.store
  const { enrolment, escrow, ahead } = await prepared
  await keepEscrow(core, raw, enrolment, escrow)
  const vault = await Vault.open(raw)
  const drafts = new DraftStore(db, vault, core.options.now)
  const [shown] = await Promise.all([glanceNow(core, vault, ahead), drafts.open(ahead.drafts)])
  const glance = shown && { shown, drafts }
  if (glance) {
    core.glance = glance
    core.emit('status')
    core.emit('rows')
    await drawn()
  }
  const sealer = await Sealer.prepare(fromHex(enrolment.seal.key_id), fromBase64url(enrolment.seal.public_key))
  const chunks = new ChunkStore(db, vault)
  const unlocked: Unlocked = { vault, sealer, chunks, rows: new Rows(), lazy: new LazyRows(db, chunks, vault), drafts, noted: new Map() }
  const [noted] = await Promise.all([openNoted(db, vault), core.outbox.refresh(db, () => vault), refreshRows(core, unlocked)])
  unlocked.noted = noted
  if (core.glance !== glance) {
    // Locked, or another person, meanwhile.
    core.outbox.forgetContents()
    return
  }
  core.unlocked = unlocked
  core.glance = null
  // Another tab may have saved while this one was still opening.
  if (core.outbox.unread()) await core.outbox.refresh(db, () => core.unlocked?.vault ?? null)
  await rememberEssentials(core)
  core.emit('status')
  core.emit('rows')
  core.emit('outbox')
}

/** However busy the screen is, the rows are not waited for longer. */
const MOST_FRAMES_MS = 500

/** Lets the browser draw before the work goes on; where nothing is drawn, at once. */
function drawn(): Promise<void> {
  if (typeof requestAnimationFrame !== 'function' || document.visibilityState === 'hidden') return Promise.resolve()
  return new Promise((resolve) => {
    setTimeout(resolve, MOST_FRAMES_MS)
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)))
  })
}
