/** When to send and fetch, and what to do when it fails. */
import { ApiProblem, NetworkError } from '../api/http'
import { EngineError } from '../domain/errors'
import { DamagedChunk } from '../store/chunks'
import { compact } from '../store/compact'
import { purge } from '../store/outbox'
import { noteAbout } from './about'
import type { Account } from './account'
import type { Core } from './core'
import { OUTBOX_SYNC_TAG } from './background'
import { sendEscrow } from './escrow'
import { firstPace, sendFiles, type FileDeps } from './files'
import { syncLock } from './locks'
import { pull, refreshRows } from './pull'
import { checkStore, passOver } from './repair'
import { sendUnlockWays } from './biometrics'
import { pushCommands, pushLast } from './push'
import type { Writer } from './writes'

/** An entry is sent this long after it was saved at the earliest: so long the person can take it back. */
export const UNDO_MS = 5_000
const FIRST_RETRY_MS = 2_000
const LONGEST_RETRY_MS = 300_000

export class Syncer {
  private running: Promise<void> | null = null
  private again = false
  private failures = 0
  private timer: ReturnType<typeof setTimeout> | null = null
  private timerAt = Infinity
  private closed = false
  private graceMs = UNDO_MS
  private idling = false
  private renewed = false
  private readonly pace = firstPace()
  /** The person asked for files to go now, whatever the network: until none waits. */
  private filesNow = false

  constructor(
    private readonly core: Core,
    private readonly account: Account,
    private readonly writer: Writer,
  ) {}

  /** Asks for a run soon; several wishes become one run. `spread` adds up to that much, so that phones don't come at once. */
  soon(delayMs = 0, spreadMs = 0): void {
    const delay = delayMs + Math.random() * spreadMs
    const at = Date.now() + delay
    if (this.closed || !this.core.options.live || at >= this.timerAt) return
    this.clearTimer()
    this.timerAt = at
    this.timer = setTimeout(() => {
      this.clearTimer()
      void this.run()
    }, delay)
  }

  private clearTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
    this.timerAt = Infinity
  }

  /**
   * One run now; if one is under way, another follows it and both are awaited. Entries younger than `graceMs` stay for
   * the next run. Never throws: see the status.
   */
  run(graceMs = UNDO_MS): Promise<void> {
    this.graceMs = Math.min(this.running ? this.graceMs : UNDO_MS, graceMs)
    if (this.running) {
      this.again = true
      return this.running
    }
    this.clearTimer()
    this.running = this.loop().finally(() => (this.running = null))
    return this.running
  }

  /** Sends files too, over whatever network there is: asked for by the person. */
  sendFilesNow(): Promise<void> {
    this.filesNow = true
    return this.run(0)
  }

  private async loop(): Promise<void> {
    const { core } = this
    this.renewed = false
    do {
      this.again = false
      if (this.closed || !core.db || !core.identity || !core.current || core.superseded) return
      core.syncing = true
      core.emit('status')
      if (core.storage !== null) await checkStore(core)
      try {
        await core.options.locks.run(syncLock(core.db.name), () => this.once())
        core.online = true
        core.syncError = null
        core.needsLogin = false
        this.failures = 0
        this.idleSoon()
      } catch (error) {
        await this.failed(error)
      } finally {
        core.syncing = false
        core.emit('status')
      }
    } while (this.again)
  }

  private async once(): Promise<void> {
    const { core, account } = this
    await account.sendPendingLogout()
    if (!core.current?.signedIn || !(core.enrolled || this.delivers)) return
    // Another tab may have renewed the installation: going on in the former stream would move all entries back to it.
    core.identity = (await core.device.identity(core.current.staffId)) ?? core.identity
    // What waits from a former stream goes before what was saved since.
    if (core.unlocked && core.enrolled) await this.writer.restream(() => account.renewInstallation())
    const deps: FileDeps = {
      appVersion: this.core.options.appVersion,
      db: core.store,
      transport: core.transport,
      now: core.options.now,
      graceMs: this.graceMs,
      passForeign: core.unlocked !== null,
      onEntries: async () => {
        // Receipts of another life of the bank's database are about its revisions.
        await core.loadContact()
        await core.refreshOutbox()
      },
      onAnswer: () => {
        // the bank was heard: what comes after may take a while, and the screen must not say "no network" meanwhile
        core.online = true
        core.emit('status')
      },
      pace: this.pace,
      // Commands go first: what was saved while a file is on its way has asked for another run.
      stop: () => (this.again ? 'commands' : !this.filesNow && core.filesHeld() ? 'held' : null),
    }
    if (core.revoked) return this.deliver(deps)
    const pushed = await pushCommands(deps)
    if (pushed.young) this.soon(UNDO_MS)
    await core.loadContact()
    if (core.unlocked && (pushed.renewStream || pushed.foreign)) {
      // One renewal a run: a bank that refuses every stream must not be asked for ever.
      const renew = !this.renewed
      this.renewed ||= renew
      const moved = await this.writer.restream(renew ? () => account.renewInstallation() : undefined, pushed.renewStream)
      if (moved > 0) this.again = true
    }
    if (core.unlocked) {
      const { epoch } = core.contact
      await noteAbout(core)
      await pull(core)
      // The pull met another life of the bank's database: what it lacks goes now, not with the next entry.
      if (epoch !== core.contact.epoch && core.outbox.unsent().depth > 0) this.again = true
      core.damaged.clear()
      core.emit('rows')
    }
    // Another tab may stand beyond the offline limit still.
    core.tellOthers('contact')
    await sendEscrow(core)
    // Only for the bank's overview: that it fails must not hold up what follows.
    await sendUnlockWays(core).catch(() => undefined)
    const files = await sendFiles(deps)
    if (files.stopped === null) this.filesNow = false
    await this.tidy()
  }

  /** A withdrawn phone that was not told yet that the bank has all it had. */
  private get delivers(): boolean {
    const { core } = this
    return core.revoked && (core.hasPin || core.outbox.all().length > 0)
  }

  /** What a withdrawn phone still does: files over any network, then all that waits, then it forgets everything. */
  private async deliver(deps: FileDeps): Promise<void> {
    const held = { ...deps, graceMs: 0, passForeign: true, stop: () => null }
    await pushCommands(held)
    await sendFiles(held)
    const whole = this.core.outbox.filesWaiting() === 0
    if (whole && (await pushLast(held))) await this.account.wipe(true)
  }

  /** The bank withdrew this phone: rows go now, the rest once the bank has it. */
  private async withdrawn(told: ApiProblem): Promise<void> {
    const { core } = this
    const first = !core.revoked
    await this.account.wipe(told.deliver === false)
    // The lock of the stream was given back: the next turn of the loop delivers.
    if (first && this.delivers) this.again = true
  }

  /** Drops what the bank holds safely. */
  private async tidy(): Promise<void> {
    const { core } = this
    const { unlocked } = core
    if (!unlocked) return
    const lying = core.outbox.lying((book, revision) => unlocked.rows.reached(book, revision, core.contact.epoch))
    const keep = new Set(lying.map((entry) => entry.command.id))
    const gone = await purge(core.store, core.contact.durableThrough, core.now(), keep)
    if (gone.length) await core.refreshOutbox()
  }

  private async failed(error: unknown): Promise<void> {
    const { core } = this
    await core.refreshOutbox().catch(() => undefined)
    if (error instanceof NetworkError) {
      core.online = false
      core.syncError = 'offline'
    } else if (error instanceof ApiProblem) {
      core.online = true
      core.syncError = error.code
      if (error.code === 'device_revoked') await this.withdrawn(error)
      else if (error.status === 401) core.needsLogin = true
    } else if (error instanceof EngineError) {
      core.syncError = error.code
      core.noteStorage(error)
    } else {
      core.syncError = 'failed'
    }
    this.failures++
    this.askBackgroundSync()
    // A login, not time, mends a 401.
    if (core.needsLogin || (core.revoked && !this.delivers)) return
    const wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.failures - 1))
    const asked = error instanceof ApiProblem && error.retryAfter !== null ? error.retryAfter * 1000 : 0
    this.soon(Math.max(asked, wait / 2), wait / 2)
  }

  /** Where the browser can, it sends the outbox on its own when the network returns, even with the app closed. */
  askBackgroundSync(): void {
    if (!this.core.options.live || typeof navigator === 'undefined' || !navigator.serviceWorker) return
    const { core } = this
    const files = core.outbox.filesWaiting() > 0 && !core.filesHeld()
    if (core.outbox.unsent().depth === 0 && !files) return
    type Syncing = ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } }
    void navigator.serviceWorker
      .getRegistration()
      .then((registration) => (registration as Syncing | undefined)?.sync?.register(OUTBOX_SYNC_TAG))
      .catch(() => undefined)
  }

  private idleSoon(): void {
    if (!this.core.options.live || this.idling) return
    this.idling = true
    void breath()
      .then(() => this.idle(breath))
      .finally(() => (this.idling = false))
  }

  /** Learns what chunks hold and merges small ones, bit by bit, while nothing else is to be done. */
  async idle(pause: () => Promise<void>): Promise<void> {
    const { core } = this
    const { unlocked } = core
    if (!unlocked || !core.db) return
    try {
      for (const rows of [...unlocked.rows.partitions.values()]) {
        if (core.unlocked !== unlocked) return
        await unlocked.lazy.learnRanges(rows, pause)
      }
      await core.options.locks.run(syncLock(core.db.name), async () => {
        for (const record of await unlocked.chunks.partitions()) {
          if (core.unlocked !== unlocked) return
          if (!record.stale && (await compact(unlocked.chunks, record))) await refreshRows(core, unlocked)
          await pause()
        }
      })
    } catch (error) {
      // Idle work may fail (a partition was replaced meanwhile); it is tried again after the next run.
      if (error instanceof DamagedChunk && core.unlocked === unlocked) await passOver(core, unlocked, error)
      core.noteStorage(error)
    }
  }

  close(): void {
    this.closed = true
    this.clearTimer()
  }
}

/** Waits for a quiet moment. */
function breath(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof requestIdleCallback === 'function') requestIdleCallback(() => resolve(), { timeout: 2_000 })
    else setTimeout(resolve, 30)
  })
}
