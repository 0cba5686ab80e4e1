/** Drafts of forms, encrypted, in memory while unlocked. Their keys are encrypted with them. */
import { hex, randomBytes } from './bytes'
import { pack, unpack } from './codec'
import { withStore, type DraftRecord, type StaffDatabase } from './database'
import type { Vault } from './vault'

interface Draft {
  id: string
  key: string
  savedAt: number
  value: unknown
}

export class DraftStore {
  private readonly drafts = new Map<string, Draft>()
  /** Drafts whose entry is being saved, as their forms stand meanwhile; null for one that was never written. */
  private readonly taken = new Map<string, Draft | null>()
  private writing: Promise<void> = Promise.resolve()

  constructor(
    private readonly db: StaffDatabase,
    private readonly vault: Vault,
    private readonly now: () => number,
  ) {}

  /** Opens all drafts, as they were read; one that can't be opened is left where it is. */
  async open(records: readonly DraftRecord[]): Promise<void> {
    await Promise.all(
      records.map(async (record) => {
        try {
          const bytes = await this.vault.decrypt(`drafts|${record.id}|1`, record)
          const { key, savedAt, value } = unpack(bytes) as Omit<Draft, 'id'>
          this.drafts.set(key, { id: record.id, key, savedAt, value })
        } catch {
          // Written under a key that was wiped: unreadable for good, and not in the way.
        }
      }),
    )
  }

  get<T>(key: string): T | undefined {
    return this.drafts.get(key)?.value as T | undefined
  }

  /**
   * Takes a draft out of memory, so that no write of it can start any more (a form's own timer, or a fix that comes
   * late, would write again what is being saved, and the next entry would begin as this one), and tells its id, for its
   * removal in the transaction that saves the entry. Then `release`, or `restore` if that fails.
   */
  take(key: string): { id: string | null; release: () => void; restore: () => void } {
    const draft = this.drafts.get(key) ?? null
    this.drafts.delete(key)
    this.taken.set(key, draft)
    return {
      id: draft?.id ?? null,
      release: () => void this.taken.delete(key),
      restore: () => {
        const newest = this.taken.get(key) ?? draft
        this.taken.delete(key)
        if (!newest || this.drafts.has(key)) return
        this.drafts.set(key, newest)
        if (newest !== draft) void this.put(key, newest.value).catch(() => undefined)
      },
    }
  }

  /** Writes are done one after the other, so that the last one wins. */
  put(key: string, value: unknown): Promise<void> {
    const before = this.drafts.get(key) ?? this.taken.get(key)
    const draft: Draft = { id: before?.id ?? hex(randomBytes(12)), key, savedAt: this.now(), value }
    if (this.taken.has(key)) {
      this.taken.set(key, draft)
      return Promise.resolve()
    }
    this.drafts.set(key, draft)
    const bytes = pack({ key, savedAt: draft.savedAt, value })
    return this.queue(async () => {
      if (this.drafts.get(key)?.id !== draft.id) return
      const box = await this.vault.encrypt(`drafts|${draft.id}|1`, bytes)
      if (this.drafts.get(key)?.id !== draft.id) return
      await withStore(this.db, () => this.db.drafts.put({ id: draft.id, ...box }))
    })
  }

  remove(key: string): Promise<void> {
    const draft = this.drafts.get(key)
    if (!draft) return Promise.resolve()
    this.drafts.delete(key)
    return this.queue(() => withStore(this.db, () => this.db.drafts.delete(draft.id)))
  }

  /** Writes all drafts again, after their database was deleted. */
  rewrite(): Promise<void> {
    return this.queue(async () => {
      for (const { id, ...draft } of this.drafts.values()) {
        const box = await this.vault.encrypt(`drafts|${id}|1`, pack(draft))
        await withStore(this.db, () => this.db.drafts.put({ id, ...box }))
      }
    })
  }

  list(): { key: string; savedAt: number }[] {
    return [...this.drafts.values()].sort((a, b) => b.savedAt - a.savedAt).map(({ key, savedAt }) => ({ key, savedAt }))
  }

  /** Resolves when all writes so far are done. */
  async settle(): Promise<void> {
    await this.writing.catch(() => undefined)
  }

  private queue(work: () => Promise<void>): Promise<void> {
    const done = this.writing.catch(() => undefined).then(work)
    this.writing = done
    done.catch(() => undefined)
    return done
  }
}
