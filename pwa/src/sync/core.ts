/** What the parts of the engine share: who is signed in, the open databases, the unlocked keys, and the status. */
import { NetworkError, type HttpOptions } from '../api/http'
import type { StaffAnswer } from '../api/identity'
import { DEFAULT_TIME_ZONE, dayOf } from '../domain/dates'
import { EngineError } from '../domain/errors'
import type { FieldValue, Id, Instant } from '../domain/rows'
import { problemOf, StaffDatabase, withStore, type OutboxRecord, type StorageProblem } from '../store/database'
import type { ChunkStore } from '../store/chunks'
import type { CurrentStaff, Device, DeviceIdentity } from '../store/device'
import type { DraftStore } from '../store/drafts'
import type { Argon2Cost } from '../store/kdf'
import type { LazyRows } from '../store/lazy'
import { Ledger, lossOf, type LedgerMark, type LedgerPlace, type Loss } from '../store/ledger'
import type { Rows } from '../store/memory'
import type { Sealer } from '../store/seal'
import type { Vault, WrappedKey } from '../store/vault'
import type { Authenticator } from './authenticator'
import { clockTrouble, NO_CONTACT, readContact, reckon, type ClockTrouble, type Contact } from './contact'
import type { Locks } from './locks'
import { heldBy, readFilesOver, type FilesOver, type NetworkKind } from './network'
import { OutboxBook } from './outboxBook'
import { checkStore, recognise } from './repair'
import { Transport } from './transport'
import type { EngineStatus, Glance, Phase } from './types'

export interface EngineOptions {
  http: HttpOptions
  appVersion: string
  platform: string
  /** The phone's clock. */
  now: () => number
  cost: Argon2Cost
  locks: Locks
  authenticator: Authenticator
  /** Minutes in the background after which the engine locks itself. */
  lockAfterMinutes: number
  deviceDatabase: string
  /** Where a mark of the database is kept outside it; null: nowhere. */
  ledger: LedgerPlace | null
  /** Which network the phone is on. */
  network: () => NetworkKind
  /** Live news and timers; off in tests that drive the engine by hand. */
  live: boolean
}

/** What exists only between unlock and lock. */
export interface Unlocked {
  vault: Vault
  sealer: Sealer
  chunks: ChunkStore
  rows: Rows
  lazy: LazyRows
  drafts: DraftStore
  /** Names that an app of before kept beside the outbox. */
  noted: Map<Id, string>
}

export type Topic = 'status' | 'rows' | 'outbox'
/** What another tab did to the same database; `contact`: it heard the bank. */
export type Foreign = 'rows' | 'outbox' | 'contact'

/** Wrong PINs before only an online login helps. */
export const PIN_TRIES = 5
const HOUR_MS = 3_600_000

export class Core {
  current: CurrentStaff<StaffAnswer> | null = null
  identity: DeviceIdentity | null = null
  db: StaffDatabase | null = null
  unlocked: Unlocked | null = null
  /** What is shown of the day while the rows are being unpacked; then `unlocked` takes its place. */
  glance: { shown: Glance; drafts: DraftStore } | null = null
  /** Resolves, never rejects, when an unlock under way is over; null while none is. */
  opening: Promise<void> | null = null
  outbox = new OutboxBook()
  contact: Contact = NO_CONTACT
  /** The data key after its release by the bank, until a new PIN wraps it. */
  releasedKey: Uint8Array<ArrayBuffer> | null = null

  enrolled = false
  /** The data key is wrapped by something: a PIN, a passphrase, fingerprint or face. */
  hasPin = false
  /** By what: `pin` or `passphrase`, `prf`. */
  ways: string[] = []
  wrongPins = 0
  online = typeof navigator === 'undefined' || navigator.onLine !== false
  syncing = false
  progress: { done: number; total: number } | null = null
  needsLogin = false
  revoked = false
  /** What ails the store; null if nothing does. */
  storage: StorageProblem | null = null
  /** A newer version of the app has changed the database: this page can't write to it any more. */
  superseded = false
  /** Partitions that are fetched anew because a chunk of them is damaged. */
  readonly damaged = new Set<string>()
  /** What a deleted database took with it. */
  lost: Loss | null = null
  /** The mark of the database that is open. */
  born = ''
  /** What an unlocked phone needs to write its database again. */
  essentials = new Map<string, unknown>()
  /** Asks for a run of the synchronisation soon. */
  wake: () => void = () => undefined
  syncError: string | null = null
  /** Over which networks files go. */
  filesOver: FilesOver = 'any'
  private closed = false

  private readonly listeners = new Set<(what: Topic) => void>()
  private readonly channel: BroadcastChannel | null
  private readonly ledger: Ledger

  constructor(
    readonly options: EngineOptions,
    readonly device: Device,
  ) {
    this.channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('tiange')
    // Node's channels would keep a test's process alive.
    ;(this.channel as { unref?: () => void } | null)?.unref?.()
    this.ledger = new Ledger(options.ledger)
    this.subscribe((what) => what === 'outbox' && this.noteMark())
  }

  /** Hears what other tabs and the service worker wrote to the same database. */
  onForeignWrite(listener: (what: Foreign) => void): void {
    this.channel?.addEventListener('message', (event: MessageEvent<{ db: string; what: Foreign }>) => {
      if (event.data.db === this.db?.name) listener(event.data.what)
    })
  }

  tellOthers(what: Foreign): void {
    if (this.db && !this.closed) this.channel?.postMessage({ db: this.db.name, what })
  }

  subscribe(listener: (what: Topic) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  emit(what: Topic): void {
    for (const listener of [...this.listeners]) listener(what)
  }

  /** Opens the databases of whoever is signed in; called at start and after each login. */
  async openCurrent(): Promise<void> {
    this.current = await this.device.current<StaffAnswer>()
    const identity = this.current ? await this.device.ensureIdentity(this.current.staffId) : null
    if (identity?.database !== this.db?.name) {
      this.db?.close()
      this.db = identity ? this.watched(new StaffDatabase(identity.database)) : null
    }
    this.identity = identity
    await this.loadState()
    this.noteMark()
  }

  /** Hears at once when the browser closes or deletes the database, or a newer version of the app changes it. */
  private watched(db: StaffDatabase): StaffDatabase {
    const look = (): void => {
      if (!this.closed && this.db === db) void checkStore(this)
    }
    db.on('versionchange', (event: IDBVersionChangeEvent) => {
      if (event.newVersion !== null && this.db === db) this.superseded = true
      setTimeout(look)
      this.emit('status')
    })
    db.on('close', () => setTimeout(look))
    return db
  }

  /** What is known of this database, to be kept outside it; `saving`: entries that are being written. */
  mark(saving: readonly Pick<OutboxRecord, 'stream' | 'seq' | 'hash' | 'savedAt'>[] = []): LedgerMark {
    const installation = this.identity?.installationId ?? ''
    const known = this.current ? this.ledger.read(this.current.staffId) : null
    let { last, hash } = known?.installation === installation && known.born === this.born ? known : { last: 0, hash: undefined }
    const take = (one: Pick<OutboxRecord, 'stream' | 'seq' | 'hash'>): void => {
      // at the same number too: something else may have got it since
      if (one.stream === installation && one.seq >= last) ({ seq: last, hash } = one)
    }
    for (const { header } of this.outbox.all()) take(header)
    saving.forEach(take)
    const { depth, oldest } = this.outbox.unsent()
    return { installation, born: this.born, last, ...(hash ? { hash } : {}), unsent: depth + saving.length, oldest: oldest ?? saving[0]?.savedAt ?? null }
  }

  /**
   * Notes outside the database what is in it. `saving`: noted while the browser writes them, for the moment in which the
   * person is told that they are saved may be the database's last.
   */
  noteMark(saving: readonly OutboxRecord[] = []): void {
    if (this.db && this.current && this.born) this.ledger.write(this.current.staffId, this.mark(saving))
  }

  /** Reads what is known in the clear: enrolment, tries, contact, outbox headers. */
  async loadState(): Promise<void> {
    const { db } = this
    if (!db) {
      this.enrolled = this.hasPin = this.revoked = false
      this.wrongPins = 0
      this.contact = NO_CONTACT
      this.outbox = new OutboxBook()
      const mark = this.ledger.any()
      this.lost = mark ? lossOf(mark, this.now()) : null
      return
    }
    const meta = await withStore(db, async () => {
      if (!db.isOpen()) await db.open()
      const found = await db.meta.bulkGet(['enrolment', 'pin', 'tries', 'revoked', 'prf'])
      return found.map((record) => record?.value)
    })
    this.enrolled = meta[0] !== undefined
    this.hasPin = meta[1] !== undefined || meta[4] !== undefined
    this.ways = [...(meta[1] ? [(meta[1] as WrappedKey).kind ?? 'pin'] : []), ...(meta[4] ? ['prf'] : [])]
    this.wrongPins = (meta[2] as number | undefined) ?? 0
    this.revoked = meta[3] === true
    this.contact = await readContact(db)
    this.filesOver = await readFilesOver(db)
    this.lost = await withStore(db, () => recognise(this, this.current ? this.ledger.read(this.current.staffId) : null))
    this.outbox = new OutboxBook()
    await this.outbox.refresh(db, () => this.unlocked?.vault ?? null)
  }

  async loadContact(): Promise<void> {
    const { server, device, highest } = this.contact
    const stored = await readContact(this.store)
    const same = stored.server === server && stored.device === device
    this.contact = same ? { ...stored, highest: Math.max(stored.highest, highest) } : stored
  }

  /** Why files do not go over the present network by themselves; null if they do. */
  filesHeld(): 'metered' | 'unknown' | null {
    return heldBy(this.filesOver, this.options.network())
  }

  /** Reads the outbox again after it was written to, and tells everyone. */
  async refreshOutbox(): Promise<void> {
    await this.outbox.refresh(this.store, () => this.unlocked?.vault ?? null)
    this.emit('outbox')
    this.emit('status')
    this.tellOthers('outbox')
  }

  /** The rows in memory changed and are stored. */
  rowsChanged(): void {
    this.emit('rows')
    this.emit('status')
    this.tellOthers('rows')
  }

  /** The database of the person signed in. Throws EngineError `signed_out`. */
  get store(): StaffDatabase {
    if (!this.db) throw new EngineError('signed_out')
    return this.db
  }

  get drafts(): DraftStore | undefined {
    return (this.unlocked ?? this.glance)?.drafts
  }

  get open(): Unlocked {
    if (!this.unlocked) throw new EngineError('locked')
    return this.unlocked
  }

  get transport(): Transport {
    if (!this.identity) throw new EngineError('signed_out')
    return new Transport(this.options.http, this.identity)
  }

  get phase(): Phase {
    if (!this.current?.signedIn) return 'signed_out'
    if (this.unlocked || this.glance) return 'ready'
    if (!this.enrolled) return 'not_enrolled'
    if (!this.hasPin || this.releasedKey) return 'no_pin'
    return 'locked'
  }

  /** The bank's time, by the phone's clock and the difference seen at the last contact. */
  now(): Instant {
    return reckon(this.contact, this.options.now())
  }

  policy(key: string): FieldValue | undefined {
    return this.unlocked?.rows.get('policy', key)?.value
  }

  timeZone(): string {
    const zone = this.glance?.shown.zone ?? this.policy('time_zone')
    return typeof zone === 'string' ? zone : DEFAULT_TIME_ZONE
  }

  today(): string {
    return dayOf(this.now(), this.timeZone())
  }

  /** Time without contact, by a clock that can't be turned back. */
  private offlineFor(): number {
    const { contact } = this
    return contact.device ? Math.max(this.options.now(), contact.highest) - contact.device : 0
  }

  private get offlineLimitMs(): number {
    return (this.current?.offlineHours ?? 72) * HOUR_MS
  }

  get prfOnly(): boolean {
    return this.current?.prfOnly === true
  }

  readLocked(): boolean {
    return this.contact.device > 0 && this.offlineFor() > this.offlineLimitMs
  }

  clock(): ClockTrouble | null {
    return clockTrouble(this.contact, this.options.now(), this.offlineLimitMs)
  }

  offlineUntil(): Instant | null {
    return this.contact.device ? this.contact.server + this.offlineLimitMs : null
  }

  get storageFailed(): boolean {
    return this.storage !== null || this.superseded
  }

  /** Notes a failure of the store for the screens, if it is one. */
  noteStorage(error: unknown): void {
    if (error instanceof EngineError && error.code === 'storage_failed') {
      this.storage = problemOf(error)
      this.emit('status')
    }
  }

  status(): EngineStatus {
    const zone = this.timeZone()
    const today = this.today()
    const counts = this.outbox.counts((at) => dayOf(at, zone) === today)
    return {
      phase: this.phase,
      staff: this.current?.signedIn ? this.current.staff : null,
      online: this.online,
      syncing: this.syncing,
      progress: this.progress,
      hasRows: this.glance !== null || (this.unlocked?.rows.partitions.size ?? 0) > 0,
      ...counts,
      needsLogin: this.needsLogin,
      lockedOut: this.wrongPins >= PIN_TRIES,
      unlockBy: { secret: this.ways.includes('pin') ? 'pin' : this.ways.includes('passphrase') ? 'passphrase' : null, prf: this.ways.includes('prf'), prfOnly: this.prfOnly },
      pinTriesLeft: Math.max(0, PIN_TRIES - this.wrongPins),
      revoked: this.revoked,
      readLocked: this.readLocked(),
      offlineUntil: this.offlineUntil(),
      lastContactAt: this.contact.server || null,
      clock: this.clock(),
      epoch: this.contact.epoch,
      storageFailed: this.storageFailed,
      storage: this.storage,
      superseded: this.superseded,
      damaged: this.damaged.size > 0,
      lost: this.lost && !this.lost.seen ? { unsent: this.lost.unsent, oldest: this.lost.oldest } : null,
      syncError: this.syncError,
      filesWaiting: this.outbox.filesWaiting(),
      filesHeld: this.outbox.filesWaiting() > 0 ? this.filesHeld() : null,
      filesOver: this.filesOver,
      testMode: this.current?.testMode ?? false,
      demoMode: this.current?.demoMode ?? false,
    }
  }

  /** Runs a request that a person waits for: no network is EngineError `offline`. */
  async ask<T>(request: () => Promise<T>): Promise<T> {
    try {
      const answer = await request()
      this.online = true
      return answer
    } catch (error) {
      if (error instanceof NetworkError) throw new EngineError('offline', 'the network is needed', { cause: error })
      throw error
    }
  }

  /** Notes a storage failure in the status and lets it pass; success clears the note. */
  async watchStore<T>(work: () => Promise<T>): Promise<T> {
    // What this version writes may not be what the newer one reads.
    if (this.superseded) throw new EngineError('storage_failed', 'a newer version of the app holds the database')
    try {
      const done = await work()
      if (this.storage !== null) {
        this.storage = null
        this.emit('status')
      }
      return done
    } catch (error) {
      this.noteStorage(error)
      throw error
    }
  }

  close(): void {
    this.closed = true
    this.listeners.clear()
    this.channel?.close()
    this.db?.close()
    this.device.close()
  }
}
