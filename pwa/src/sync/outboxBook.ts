/** The outbox in memory: headers always, contents while unlocked. */
import { type Command } from '../domain/commands'
import { asNow, customerOf } from '../domain/commandFacts'
import type { OverlayEntry } from '../domain/overlay'
import type { FileClass, Id, Instant } from '../domain/rows'
import type { OutboxRecord, StaffDatabase } from '../store/database'
import { allEntries, filesLeft, isUnsent, openAbout, openCommand, type About, type OutboxHeader } from '../store/outbox'
import type { Vault } from '../store/vault'
import type { OutboxEntry, OutboxState } from './types'

/** What a seal adds to a file. */
const SEAL_BYTES = 106

export interface BookEntry {
  header: OutboxHeader
  /** As today's app reads it; null while locked, or if its key is gone. */
  command: Command | null
  /** Whom it is about as far as the phone knew; null while locked too. */
  about: About | null
  /** As it was sealed, where an older app named its type otherwise. */
  sealedAs?: Command
}

function stateOf({ state, receipt, acknowledged, photos }: OutboxHeader): OutboxState {
  // What was refused is never shown as received, however often the person has looked at it.
  if (state === 'held' || state === 'rejected') return 'attention'
  if (state === 'received' && !acknowledged) {
    if (receipt?.result === 'merged' || photos.some((photo) => photo.refused !== null)) return 'attention'
  }
  return state === 'received' ? 'received' : state
}

/** A command about a duplicate, as one about the customer it stands for; null for the one that made the duplicate. */
function aboutKnown(command: Command, aliases: ReadonlyMap<Id, Id>): Command | null {
  const made = customerOf(command)
  let known = made
  for (let step = 0; known !== null && aliases.has(known) && step < aliases.size; step++) known = aliases.get(known) as Id
  if (known === made) return command
  return command.type === 'customer.create' ? null : ({ ...command, body: { ...command.body, customer_id: known } } as Command)
}

export class OutboxBook {
  private entries = new Map<Id, BookEntry>()
  /** Grows with each change. */
  version = 0

  private turn: Promise<void> = Promise.resolve()

  /** Reads the stored entries again; those already opened are not opened twice. `vault` is null while locked. */
  refresh(db: StaffDatabase, vault: () => Vault | null): Promise<void> {
    const turn = this.turn.then(() => this.read(db, vault))
    this.turn = turn.catch(() => undefined)
    return turn
  }

  /** What was saved, or locked, while it was being read counts: then it is read once more. */
  private async read(db: StaffDatabase, vault: () => Vault | null): Promise<void> {
    for (let version = -1; version !== this.version; ) {
      version = this.version
      const key = vault()
      const records = await allEntries(db)
      const entries = await Promise.all(records.map((record) => this.opened(record, key)))
      if (version !== this.version) continue
      this.entries = new Map(entries.map((entry) => [entry.header.id, entry]))
      this.version = ++version
    }
  }

  private async opened(record: OutboxRecord, vault: Vault | null): Promise<BookEntry> {
    const { sealed: _sealed, local: _local, about: _about, ...header } = record
    const known = this.entries.get(record.id)
    const about = known?.about ?? (vault ? await openAbout(record, vault) : null)
    // A number given anew is the only change of a command's content after it was saved.
    const same = known?.command && known.header.seq === record.seq
    if (same) return { ...known, header, about }
    const said = vault ? await openCommand(record, vault) : null
    const command = said && asNow(said)
    return said === command || !said ? { header, command, about } : { header, command, about, sealedAs: said }
  }

  add(added: readonly BookEntry[]): void {
    for (const entry of added) this.entries.set(entry.header.id, entry)
    this.version++
  }

  forgetContents(): void {
    for (const entry of this.entries.values()) {
      entry.command = null
      entry.about = null
      delete entry.sealedAs
    }
    this.version++
  }

  /** Whether an entry's content is not known (yet). */
  unread(): boolean {
    return this.all().some((entry) => entry.command === null)
  }

  /** The entry that settles this one; undefined while nothing does. */
  settlerOf(id: Id): BookEntry | undefined {
    for (const entry of this.entries.values()) if (entry.header.settles === id) return entry
    return undefined
  }

  private settled(): Set<Id> {
    return new Set([...this.entries.values()].flatMap(({ header }) => header.settles ?? []))
  }

  get(id: Id): BookEntry | undefined {
    return this.entries.get(id)
  }

  /** In the order they were saved, which a clock that was turned back does not change. */
  all(): BookEntry[] {
    return [...this.entries.values()]
  }

  unsent(): { depth: number; oldest: Instant | null; photos: number } {
    const waiting = [...this.entries.values()].filter(({ header }) => isUnsent(header))
    const oldest = waiting.length ? Math.min(...waiting.map(({ header }) => header.savedAt)) : null
    return { depth: waiting.length, oldest, photos: filesLeft([...this.entries.values()].map(({ header }) => header)) }
  }

  /** Photos, signatures and voice notes that the bank has no receipt for and may still take. */
  filesWaiting(): number {
    return filesLeft([...this.entries.values()].map(({ header }) => header).filter(({ state }) => state !== 'rejected'))
  }

  counts(isToday: (at: Instant) => boolean): { waiting: number; waitingBytes: number; receivedToday: number; attention: number } {
    // A person counts saves: a visit and the task it fulfils were saved in one go and are one record.
    const waiting = new Set<Id>()
    const received = new Set<Id>()
    let waitingBytes = 0
    let attention = 0
    const settled = this.settled()
    for (const { header } of this.entries.values()) {
      if (settled.has(header.id)) continue
      const state = stateOf(header)
      if (state === 'saved' || state === 'sending') {
        waiting.add(header.save)
        waitingBytes += header.bytes
      }
      for (const photo of header.photos) if (photo.sentAt === 0 && photo.refused === null) waitingBytes += photo.bytes
      if (state === 'attention' && !header.acknowledged) attention++
      if (header.state === 'received' && header.receipt && isToday(header.receipt.receivedAt)) received.add(header.save)
    }
    // One of which a part still waits has not been received.
    for (const save of waiting) received.delete(save)
    return { waiting: waiting.size, waitingBytes, receivedToday: received.size, attention }
  }

  /** The entries whose effect is not in the phone's rows yet; `reached` says whether a book has come to a revision. */
  lying(reached: (book: string, revision: number) => boolean): OverlayEntry[] {
    const lying: OverlayEntry[] = []
    const settled = this.settled()
    const aliases = this.aliases()
    for (const { header, command: said } of this.all()) {
      if (!said || header.state === 'rejected' || settled.has(header.id)) continue
      const command = aliases.size ? aboutKnown(said, aliases) : said
      if (!command) continue
      if (header.state !== 'received') lying.push({ command, state: 'saved' })
      else if (Object.entries(header.receipt?.await ?? {}).some(([book, revision]) => !reached(book, revision))) {
        lying.push({ command, state: 'received' })
      }
    }
    return lying
  }

  /** What duplicates stand for: the id made on this phone → the customer the bank knew already. */
  aliases(): Map<Id, Id> {
    const aliases = new Map<Id, Id>()
    for (const { header } of this.entries.values()) {
      for (const [made, known] of Object.entries(header.receipt?.alias ?? {})) aliases.set(made, known)
    }
    return aliases
  }

  /** What a held entry waits for, of what this phone still keeps. */
  private missing(command: Command | null): Id[] {
    return (command?.needs ?? []).filter((id) => {
      const state = this.entries.get(id)?.header.state
      return state !== undefined && state !== 'received'
    })
  }

  /** Entries that wait for this one. */
  private dependents(id: Id): Id[] {
    return [...this.entries.values()].filter(({ header, command }) => header.state !== 'received' && command?.needs.includes(id)).map(({ header }) => header.id)
  }

  /** Saved in one go with what it needs, and nothing to say for itself: its companion stands for both. */
  private ridesAlong({ header, command }: BookEntry, settled: ReadonlySet<Id>): boolean {
    if (stateOf(header) === 'attention') return false
    return (command?.needs ?? []).some((id) => !settled.has(id) && this.entries.get(id)?.header.save === header.save)
  }

  /** The list for the screens, newest first. */
  list(customerName: (entry: BookEntry) => { id: Id | null; name: string }): OutboxEntry[] {
    const settled = this.settled()
    const needed = new Set([...this.entries.values()].flatMap(({ command }) => command?.needs ?? []))
    return this.all()
      .reverse()
      .filter((entry) => !settled.has(entry.header.id) && !this.ridesAlong(entry, settled))
      .map((entry) => {
        const { header, command } = entry
        const customer = customerName(entry)
        return {
          id: header.id,
          seq: header.seq,
          type: command?.type ?? null,
          customerId: customer.id ?? (command ? customerOf(command) : null),
          customerName: customer.name,
          command,
          savedAt: command?.reckoned_at ?? header.savedAt,
          bytes: header.bytes,
          state: stateOf(header),
          receipt: header.receipt?.receipt ?? null,
          receivedAt: header.receipt?.receivedAt ?? null,
          result: header.receipt?.result ?? null,
          code: header.receipt?.code ?? null,
          reason: header.receipt?.reason ?? null,
          lost: header.receipt?.lost ?? [],
          acknowledged: header.acknowledged,
          photos: header.photos.map((photo) => ({
            hash: photo.hash,
            class: photo.fileClass as FileClass,
            bytes: photo.bytes,
            sent: photo.sentAt > 0,
            refused: photo.refused,
            progress: photo.at === undefined || photo.sentAt > 0 ? null : Math.min(0.99, photo.at / (photo.bytes + SEAL_BYTES)),
            receipt: photo.receipt ?? null,
            receivedAt: photo.sentAt || null,
          })),
          // A sealed form is nobody's to take away, unread: not even the host's.
          canUndo: command?.type !== 'evaluation.hand_in' && header.state === 'saved' && header.tries === 0 && header.settles === undefined && !needed.has(header.id),
          waitsFor: header.state === 'held' ? this.missing(command) : [],
          heldBack: this.dependents(header.id),
        }
      })
  }
}
