/** What the offline engine offers to the screens. It knows no UI; everything a screen shows or saves goes through it. */
import type { KnownPeople } from '../domain/alike'
import type { CommandType, NewCommand } from '../domain/commands'
import type { FormAnswers } from '../domain/evaluation'
import type { ApprovalRow, EvaluationRow, FieldValue, FileClass, GridRow, Id, InboxRow, Instant, ProductRow, RulesRow, StafferRow, StaffRole, TaskRow, TermRow, DisputeRow, SuggestionRow, UnplacedRow } from '../domain/rows'
import type { OpportunityRow } from '../domain/opportunities'
import type { VisitRow } from '../domain/visitRows'
import type { CustomerEntry, CustomerView } from '../domain/views'
import type { Column, Counts } from '../domain/duties'
import type { Team } from '../domain/team'
import type { ClockTrouble } from './contact'
import type { FilesOver } from './network'

/**
 * `signed_out`: nobody is signed in here; `not_enrolled`: signed in, the phone is not known to the bank yet; `no_pin`:
 * no PIN is set (first use, or a forgotten PIN was just released); `locked`; `ready`.
 */
export type Phase = 'signed_out' | 'not_enrolled' | 'no_pin' | 'locked' | 'ready'

export interface SignedInStaff {
  id: Id
  name: string
  role: StaffRole
  unit_id: Id | null
  unit_name: string | null
  branch_id: Id | null
  branch_name: string | null
}

export interface EngineStatus {
  phase: Phase
  staff: SignedInStaff | null
  online: boolean
  syncing: boolean
  /** Rows of the snapshot being fetched; null while none is. */
  progress: { done: number; total: number } | null
  /** True once a first complete set of rows is on this phone. */
  hasRows: boolean
  /** Entries saved here that have no receipt yet. Known while locked too. */
  waiting: number
  /** Their size in bytes, photos included. */
  waitingBytes: number
  /** Entries that got their receipt today (the bank's day). */
  receivedToday: number
  /** Entries that need the person: refused, held, or with a value that lost. */
  attention: number
  /** The bank must be signed in to again before anything can be sent; nothing is lost. */
  needsLogin: boolean
  /** Locked out by wrong PINs until an online login. */
  lockedOut: boolean
  /** What opens this phone. `prfOnly`: the bank insists on fingerprint or face. */
  unlockBy: { secret: 'pin' | 'passphrase' | null; prf: boolean; prfOnly: boolean }
  /** Unlocks still to be tried before that. */
  pinTriesLeft: number
  /** The bank withdrew this phone: rows are wiped, the outbox stays. */
  revoked: boolean
  /** Offline for longer than the bank allows: reading is closed, new entries can still be saved. */
  readLocked: boolean
  /** Until when reading stays open without contact. */
  offlineUntil: Instant | null
  lastContactAt: Instant | null
  /** What is wrong with the phone's clock; null if nothing is, as far as it can tell. */
  clock: ClockTrouble | null
  epoch: string | null
  /** The phone's storage failed (full, or damaged): stop recording. What was saved is safe. */
  storageFailed: boolean
  /** Why: no room, or anything else; `newer`: a newer version of the app changed the database. Null if it works. */
  storage: 'full' | 'newer' | 'broken' | null
  /** Another tab runs a newer version: this page must be loaded again before anything can be saved. */
  superseded: boolean
  /** A part of the rows is damaged and will be fetched anew; nothing that was recorded is concerned. */
  damaged: boolean
  /** The database was deleted with so many entries that had no receipt; null if not, or once the person has read it. */
  lost: { unsent: number; oldest: Instant | null } | null
  /** Photos, signatures and voice notes that have no receipt yet. */
  filesWaiting: number
  /** Why these do not go by themselves: this is no Wi-Fi, or the browser does not say; null if they do, or none waits. */
  filesHeld: 'metered' | 'unknown' | null
  /** What the person chose for files. */
  filesOver: FilesOver
  /** Why the last synchronisation failed, as a stable code (`offline`, `try_again`, …); null if it did not. */
  syncError: string | null
  testMode: boolean
  demoMode: boolean
}

export type OutboxState = 'saved' | 'sending' | 'received' | 'attention'

/** A photo, signature or voice note of an entry. */
export interface OutboxFile {
  hash: string
  class: FileClass
  bytes: number
  /** The bank has it. */
  sent: boolean
  /** Why it will not take it. */
  refused: string | null
  /** Which part of it the bank has, from 0 to 1; null while none of it, and once all of it was received. */
  progress: number | null
  /** The bank's receipt for the file, 16 hex digits; null without, and for what was received by an older version. */
  receipt: string | null
  receivedAt: Instant | null
}

export interface OutboxEntry {
  id: Id
  seq: number
  /** Null only if the entry can't be read here any more (it was saved under a key that was wiped). */
  type: CommandType | null
  /** The customer it is about, where it is about one. */
  customerId: Id | null
  /** The customer's name, for the line's title; empty if unknown. */
  customerName: string
  /** The command as saved; null as for `type`. */
  command: NewCommand | null
  savedAt: Instant
  bytes: number
  state: OutboxState
  /** 16 hex digits, only with state `received` (or `attention` after a merge or refusal). */
  receipt: string | null
  receivedAt: Instant | null
  /** `suggested`: the customer went to somebody else, who decides about it. */
  result: 'applied' | 'merged' | 'suggested' | 'held' | 'rejected' | null
  code: string | null
  reason: string | null
  /** Fields that kept a newer value at the bank. */
  lost: string[]
  /** The person has seen why it needs attention. */
  acknowledged: boolean
  photos: OutboxFile[]
  /** True while `undo` can still take it back. */
  canUndo: boolean
  /** Of a held entry: the entries it waits for, as far as this phone still has them. */
  waitsFor: Id[]
  /** Entries that wait for this one and go, or are given up, with it. */
  heldBack: Id[]
}

export interface NewFile {
  /** Hex SHA-256 of `bytes`, as named by the command: see `Engine.hashFile`. */
  hash: string
  class: FileClass
  bytes: Uint8Array<ArrayBuffer>
}

export type UnlockResult = 'ok' | { wrong: number } | 'locked_out'

/** `unsupported`: this browser has no Web Push; `denied`: the person refused; `off`, `on`. */
export type PushState = 'unsupported' | 'denied' | 'off' | 'on'

export { EngineError, type EngineErrorCode } from '../domain/errors'

export interface Drafts {
  /** A draft that was put under this key, or undefined. Synchronous: drafts are in memory while unlocked. */
  get<T>(key: string): T | undefined
  /** Keeps a draft, encrypted. Resolves when it is stored. */
  put(key: string, value: unknown): Promise<void>
  remove(key: string): Promise<void>
  /** Newest first. */
  list(): { key: string; savedAt: Instant }[]
}

export interface SaveOptions {
  /** A draft that this entry makes superfluous: removed in the same transaction. */
  draft?: string
}

/** What the Today screen shows, while the rows are still being unpacked. */
export interface Glance {
  /** The bank's time zone. */
  zone: string
  /** Done, overdue and to do in each column. */
  columns: Readonly<Record<Column, Counts>>
  /** Open tasks that are due today, and some that are due in the days after. */
  tasks: readonly TaskRow[]
  /** Their customers. */
  customers: readonly CustomerEntry[]
  grids: readonly GridRow[]
  /** How many of each. */
  unplaced: number
  unread: number
  toApprove: number
  /** The branch's work today, for its heads; null for others. */
  branch: Counts | null
}

export interface Engine {
  status(): EngineStatus
  subscribe(listener: (what: 'status' | 'rows' | 'outbox') => void): () => void

  /** Throws ApiProblem (wrong password, too many tries) or EngineError `offline`. */
  login(login: string, password: string): Promise<void>
  /** Registers this installation under a label such as the phone's model. Online. */
  enrol(label: string): Promise<void>
  /** Sets the PIN (six digits or more, or a passphrase of eight characters or more). Throws `pin_too_short`. */
  setPin(pin: string): Promise<void>
  /** Changes the PIN. Wrong tries of the old one count as at unlocking. */
  changePin(old: string, pin: string): Promise<UnlockResult>
  unlock(pin: string): Promise<UnlockResult>
  biometrics: {
    /** Whether this phone has fingerprint or face for it, and the address of the app allows to use them. */
    available(): Promise<boolean>
    /**
     * Sets it up, with the PIN or passphrase in hand; null where none is set yet, or where only fingerprint or face opens
     * the phone (it is asked for the old one then). Throws `prf_cancelled`, `prf_unsupported`, `prf_changed`.
     */
    setUp(secret: string | null): Promise<UnlockResult>
    /**
     * Unlocks by it. Throws as `setUp`; nothing is counted, the PIN stays open as the other way: `signal` ends the asking
     * (`prf_cancelled`) for whoever begins to type it.
     */
    unlock(signal?: AbortSignal): Promise<UnlockResult>
    /** Throws `prf_required` where it is the only way. */
    remove(): Promise<void>
  }
  lock(): void
  /** Online: releases the key with the password; `setPin` must follow. No data is lost. */
  forgotPin(password: string): Promise<void>
  /** Ends the session; rows and outbox stay encrypted on the phone for the next sign-in. */
  logout(everywhere?: boolean): Promise<void>

  /** Right after an unlock, until the rows are there: enough to draw the day's list. Null at all other times. */
  glance(): Glance | null
  /** Resolves when the rows are there after an unlock; at once where none is under way. */
  whole(): Promise<void>
  customers(): readonly CustomerEntry[]
  search(text: string, limit?: number): CustomerEntry[]
  /** Throws EngineError `not_found`, `locked`, `read_locked`. */
  customer(id: Id): Promise<CustomerView>
  /**
   * Asks the bank for a customer whom this phone does not hold, for those who may look (head office says what for): `customer`
   * shows them from then on, in memory only, until `forgetLook` or the lock. Returns who they are by now: whoever became part
   * of another one is that one. Throws ApiProblem, NetworkError, EngineError `locked`, `read_locked`.
   */
  look(id: Id, purpose?: string): Promise<Id>
  forgetLook(id: Id): void
  /** The newest visit of a customer, or null; cheaper than the whole customer. Throws EngineError `locked`, `read_locked`. */
  lastVisit(id: Id): Promise<VisitRow | null>
  /**
   * All people on the phone, so that a form can say who may be known already; `pause` is awaited while it reads. Nobody past the
   * offline limit. Throws EngineError `locked`.
   */
  knownPeople(pause: () => Promise<void>): Promise<KnownPeople>
  tasks(): readonly TaskRow[]
  inbox(): readonly InboxRow[]
  approvals(): readonly ApprovalRow[]
  /** What a head steers the branch by; empty for others. */
  team(): Team
  /** Visits that wait for somebody to say which household they were made to, newest first. */
  /** One row a customer with any. */
  opportunities(): readonly OpportunityRow[]
  unplaced(): readonly UnplacedRow[]
  /** What waits for a head's word about households that nobody looks after, oldest first; they are not on this phone. */
  nobodys(): { suggestions: SuggestionRow[]; disputes: DisputeRow[] }
  /** Village evaluations, the newest first. */
  evaluations(): readonly EvaluationRow[]
  /** Seals a form to the bank: nothing on this phone opens it again. Throws `not_enrolled`, `storage_failed`. */
  sealForm(session: Id, reviewer: Id, customer: Id, answers: FormAnswers): Promise<Uint8Array<ArrayBuffer>>
  grids(): readonly GridRow[]
  /** Everybody of the bank whom this phone knows. */
  colleagues(): readonly StafferRow[]
  staff(id: Id): StafferRow | undefined
  products(): readonly ProductRow[]
  terms(): readonly TermRow[]
  /** The bank's rules in force; absent for agents, and until they have arrived. */
  rules(): RulesRow | undefined
  policy(key: string): FieldValue | undefined
  /** The bank's time as far as this phone knows it (the phone's clock may be wrong). */
  now(): Instant
  /** The bank's local day. */
  today(): string

  /**
   * Saves commands in one durable transaction; resolves when they are on disk. Commands given together are sent in this
   * order, each after the one it `needs`. Throws EngineError `storage_failed`: then nothing was saved.
   */
  save(commands: NewCommand[], files?: NewFile[], options?: SaveOptions): Promise<{ ids: Id[] }>
  /** Takes saved entries back; false if one was sent already or another entry needs it. */
  undo(ids: Id[]): Promise<boolean>
  drafts: Drafts
  /** Newest first. Entries disappear once a backup at the bank covers them, after seven days at the earliest. */
  outbox(): readonly OutboxEntry[]
  /** The person has seen why an entry needs attention; it stays in the list but is no longer counted. */
  acknowledge(ids: Id[]): Promise<void>

  /** Sends a refused entry again as it is, in its place. Throws `not_found`, `damaged`, `storage_failed`. */
  resend(id: Id): Promise<{ ids: Id[] }>
  /** Gives a refused or held entry up for good: the bank keeps its bytes, it never takes effect. Throws as `resend`. */
  discard(id: Id, reason: string): Promise<{ ids: Id[] }>

  /** Sends and fetches now. Resolves when done; failures show in the status. */
  sync(): Promise<void>
  /** The same, and files go over whatever network there is, until none waits. */
  sendFilesNow(): Promise<void>
  /** Whether files go over any network or Wi-Fi only; kept on this phone. Throws `storage_failed`. */
  setFilesOver(over: FilesOver): Promise<void>
  hashFile(bytes: Uint8Array<ArrayBuffer>): Promise<string>
  /** A blob: URL of a photo, from this phone or the network. Throws `file_needs_network`. */
  fileUrl(hash: string, size: 'thumb' | 'full'): Promise<string>
  push: {
    state(): Promise<PushState>
    /** Asks for permission if need be and registers with the bank. */
    enable(): Promise<PushState>
    disable(): Promise<PushState>
  }
  usage(): Promise<{ bytes: number; quota: number; offlineUntil: Instant | null; persistent: boolean }>
  /** What waits, sealed to the bank, as a file that support can load; works while locked. */
  exportOutbox(): Promise<{ name: string; bytes: Uint8Array<ArrayBuffer>; commands: number; files: number }>
  /** Looks whether the store works again; the status says the outcome. */
  checkStore(): Promise<void>
  /** The person has read what was lost with a deleted database. */
  lossSeen(): Promise<void>
  /** Stops timers and connections (tests, hot reload). */
  close(): Promise<void>
}
