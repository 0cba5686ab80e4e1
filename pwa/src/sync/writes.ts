/** Saving what a person did, and taking it back while it was not sent. */
import { build, type Command, type NewCommand } from '../domain/commands'
import { filesOf, observedAt } from '../domain/commandFacts'
import { EngineError } from '../domain/errors'
import { uuid7 } from '../domain/ids'
import type { Id } from '../domain/rows'
import type { OutboxRecord, StoredPhoto } from '../store/database'
import { allEntries, append, complete, isUnsent, nextSeq, patchEntries, renumber, sealCommand, sealFile, takeBack, type About, type SaveTime } from '../store/outbox'
import type { Sealer } from '../store/seal'
import { aboutOf } from './about'
import { passed, reckon } from './contact'
import type { Core, Unlocked } from './core'
import type { BookEntry } from './outboxBook'
import type { NewFile, SaveOptions } from './types'

export class Writer {
  /** The next number of the stream as far as this tab knows; null: look it up. */
  private next: number | null = null
  private owner: Unlocked | null = null
  private stream = ''
  /** Saves are done one after the other, in the order they were asked for. */
  private queue: Promise<unknown> = Promise.resolve()

  constructor(private readonly core: Core) {}

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.queue.then(work, work)
    this.queue = done.catch(() => undefined)
    return done
  }

  save(commands: NewCommand[], files: NewFile[] = [], options: SaveOptions = {}): Promise<{ ids: Id[] }> {
    return this.inTurn(() => this.core.watchStore(() => this.saveNow(commands, files, options)))
  }

  private async saveNow(commands: NewCommand[], files: NewFile[], options: SaveOptions): Promise<{ ids: Id[] }> {
    const { core } = this
    const { vault, sealer, drafts } = core.open
    const db = core.store
    const stream = core.identity?.installationId ?? ''
    if (this.owner !== core.open || this.stream !== stream) {
      this.owner = core.open
      this.stream = stream
      this.next = null
    }
    const time = this.saveTime()
    const owners = ownersOf(commands, files)
    const abouts = commands.map((command) => aboutOf(core, command))
    const draft = options.draft === undefined ? null : drafts.take(options.draft)
    try {
      const blobs = await Promise.all(files.map((file) => sealFile(file, owners.get(file.hash) as Id, vault, sealer)))
      for (let attempt = 0; ; attempt++) {
        const first = this.next ?? (await nextSeq(db, stream))
        const completed = commands.map((command, i) => complete(this.asSeen(command, time), first + i, time))
        const save = (completed[0] as Command).id
        const entries = await Promise.all(
          completed.map((command, i) => sealCommand(command, { save, stream, photos: this.photosOf(command, files, owners), about: abouts[i] ?? null }, vault, sealer)),
        )
        const written = append(db, entries, blobs, draft?.id ?? null)
        core.noteMark(entries)
        if (await written) {
          this.next = first + commands.length
          this.noteSaved(completed, abouts, entries, sealer)
          draft?.release()
          return { ids: completed.map((command) => command.id) }
        }
        // Another tab saved meanwhile: look where the stream stands and seal again.
        this.next = null
        if (attempt >= 5) throw new EngineError('storage_failed', 'the outbox keeps moving')
      }
    } catch (error) {
      draft?.restore()
      this.next = null
      throw error
    }
  }

  private saveTime(): SaveTime {
    const { core } = this
    const at = core.options.now()
    core.contact = passed(core.contact, at)
    const { server: heard } = core.contact
    return { at, offsetMinutes: -new Date(at).getTimezoneOffset(), bank: heard ? { heard, reckoned: reckon(core.contact, at) } : null }
  }

  /** What replaces another command was observed when that one was: said by the clock as it stands now, if it was set since. */
  private asSeen<T extends NewCommand>(command: T, { at, bank }: SaveTime): T {
    const former = command.replaces ? this.core.outbox.get(command.replaces)?.command : null
    if (!bank || command.observed_at === undefined || former?.heard_at === undefined || former.observed_at !== command.observed_at) return command
    const ahead = at - bank.reckoned
    const plausible = command.observed_at - ahead >= former.heard_at - (former.at - former.observed_at) && command.observed_at <= at
    return plausible ? command : { ...command, observed_at: observedAt(former) + ahead }
  }

  /** The files that go with a command: its new ones, and those of the refused one in whose place it stands. */
  private photosOf(command: Command, files: NewFile[], owners: ReadonlyMap<string, Id>): StoredPhoto[] {
    const fresh = files
      .filter((file) => owners.get(file.hash) === command.id)
      .map((file) => ({ hash: file.hash, fileClass: file.class, bytes: file.bytes.length, sentAt: 0, refused: null }))
    const named = new Map(filesOf(command).map((file) => [file.hash, file.class]))
    if (!command.replaces || !named.size) return fresh
    const inherited = this.core.outbox.get(command.replaces)?.header.photos ?? []
    const missing = inherited.filter(({ hash }) => named.has(hash) && !fresh.some((photo) => photo.hash === hash))
    return [...fresh, ...missing.map((photo) => ({ ...photo, fileClass: named.get(photo.hash) ?? photo.fileClass }))]
  }

  /** Sends a refused entry's content again, as it is, in its place. */
  async resend(id: Id): Promise<{ ids: Id[] }> {
    const { command } = this.settleable(id)
    if (!command) throw new EngineError('damaged', 'its content cannot be read here')
    const { type, version, body, needs, observed_at } = command
    return this.save([{ id: uuid7(), type, version, body, needs, observed_at, replaces: id } as NewCommand])
  }

  async discard(id: Id, reason: string): Promise<{ ids: Id[] }> {
    this.settleable(id)
    return this.save([build.discard({ discards: id, reason })])
  }

  /** An entry that was refused or is held. Throws EngineError `not_found`. */
  private settleable(id: Id): BookEntry {
    const entry = this.core.outbox.get(id)
    if (!entry || !(entry.header.state === 'rejected' || entry.header.state === 'held') || this.core.outbox.settlerOf(id)) {
      throw new EngineError('not_found', `entry ${id} is not to be settled`)
    }
    return entry
  }

  private noteSaved(commands: Command[], abouts: (About | null)[], entries: OutboxRecord[], sealer: Sealer): void {
    this.core.outbox.add(
      entries.map((entry, i) => {
        const { sealed: _sealed, local: _local, about: _about, ...header } = entry
        return { header, command: commands[i] as Command, about: abouts[i] ?? null }
      }),
    )
    // Whoever waits for the save hears of it first; keys are made and lists are drawn anew after that.
    const settling = entries.some((entry) => entry.settles !== undefined)
    setTimeout(() => {
      sealer.warm()
      if (settling) void this.core.refreshOutbox().catch(() => undefined)
      this.core.emit('rows')
      this.core.emit('outbox')
      this.core.emit('status')
      this.core.tellOthers('outbox')
    })
  }

  undo(ids: Id[]): Promise<boolean> {
    return this.inTurn(() => this.core.watchStore(() => this.undoNow(ids)))
  }

  private async undoNow(ids: Id[]): Promise<boolean> {
    const { core } = this
    const { vault, sealer } = core.open
    const entries = core.outbox.all().filter(({ header }) => header.stream === core.identity?.installationId)
    const taken = entries.filter(({ header }) => ids.includes(header.id))
    if (taken.length === 0 || taken.length !== ids.length) return false
    // What it settled gave it its photos: it can be mended or discarded in its turn, not taken back.
    if (taken.some(({ header }) => header.settles !== undefined)) return false
    const lowest = Math.min(...taken.map(({ header }) => header.seq))
    const later = entries.filter(({ header }) => header.seq > lowest && !ids.includes(header.id)).sort((a, b) => a.header.seq - b.header.seq)
    // What was saved after it on top of it would hang in the air.
    if (later.some(({ command }) => !command || command.needs.some((id) => ids.includes(id)))) return false
    const resealed: OutboxRecord[] = []
    for (const [i, { header, command, about }] of later.entries()) {
      resealed.push(await sealCommand({ ...(command as Command), seq: lowest + i }, { ...header, about }, vault, sealer))
    }
    const done = await takeBack(core.store, ids, resealed)
    this.next = null
    await core.refreshOutbox()
    core.emit('rows')
    return done
  }

  async acknowledge(ids: Id[]): Promise<void> {
    await this.core.watchStore(() => patchEntries(this.core.store, ids, (entry) => void (entry.acknowledged = true)))
    await this.core.refreshOutbox()
  }

  /** Another tab wrote: its undo may have freed places, so the next one is to be looked up. */
  forgetPlace(): void {
    this.next = null
  }

  /**
   * Gives entries a place in the present stream where some wait in a former one, after the installation was renewed: all
   * that is kept, in its order, for a restored bank may lack what was received before (CONTRACT.md, section 4). They are sealed anew, so this needs the unlocked engine. `renew` renews the installation: first of all
   * where the stream was `copied`, else only if the present stream has entries too, before which the others must come;
   * without `renew` these wait. Returns how many entries got a new place.
   */
  restream(renew?: () => Promise<void>, copied = false): Promise<number> {
    return this.inTurn(async () => {
      if (copied) await renew?.()
      return this.restreamNow(renew)
    })
  }

  private async restreamNow(renew?: () => Promise<void>): Promise<number> {
    const { core } = this
    const { vault, sealer } = core.open
    const kept = await allEntries(core.store)
    const isForeign = (entry: OutboxRecord): boolean => entry.stream !== core.identity?.installationId
    if (!kept.some((entry) => isForeign(entry) && isUnsent(entry))) return 0
    await core.outbox.refresh(core.store, () => vault)
    // Without its content an entry can't get another number; it stays as it is, whole, for support to load.
    const readable = kept.filter((entry) => core.outbox.get(entry.id)?.command)
    if (!readable.some((entry) => isForeign(entry) && isUnsent(entry))) return 0
    if (!readable.every(isForeign)) {
      if (!renew) return 0
      await renew()
    }
    const stream = core.identity?.installationId ?? ''
    let seq = await nextSeq(core.store, stream)
    const resealed: OutboxRecord[] = []
    for (const entry of readable) {
      const known = core.outbox.get(entry.id)
      // Its content stays as it was: the bank knows by it what it has already.
      const command = (known?.sealedAs ?? known?.command) as Command
      const sealed = await sealCommand({ ...command, seq }, { ...entry, stream, about: known?.about ?? null }, vault, sealer)
      const { savedAt, tries, receipt, acknowledged, state } = entry
      // What the bank has answered stays so on the screen while it goes up anew.
      const answered = state === 'received' || state === 'rejected'
      resealed.push({ ...sealed, savedAt, tries, receipt, acknowledged, ...(answered ? { state, resend: true } : {}) })
      seq++
    }
    await renumber(core.store, resealed)
    this.next = null
    await core.refreshOutbox()
    return resealed.length
  }
}

/** Which command a file goes with: the one whose body names it. Throws TypeError if none does. */
function ownersOf(commands: NewCommand[], files: NewFile[]): Map<string, Id> {
  const owners = new Map<string, Id>()
  for (const command of commands) {
    for (const file of filesOf(command)) owners.set(file.hash, command.id)
  }
  for (const file of files) {
    if (!owners.has(file.hash)) throw new TypeError(`no command names the file ${file.hash}`)
  }
  return owners
}
