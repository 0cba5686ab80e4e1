/**
 * The day at a glance: what the Today screen shows, as one small sealed record beside the chunks, so that the list is
 * drawn before thousands of rows are unpacked. It is only ever a copy: every write of rows removes it in its own
 * transaction, it is written only over the very rows it was made from, and it says what it was made from.
 */
import { utf8, type Bytes } from './bytes'
import { GLANCE, partitionsNow, type PartitionRecord } from './chunks'
import { withStore, type DraftRecord, type StaffDatabase } from './database'
import type { Boxed, Vault } from './vault'

const PLACE = `meta|${GLANCE}|1`

/** What is read while the PIN is still being stretched: all of it encrypted, or no secret. */
export interface Ahead {
  glance: Boxed | undefined
  partitions: PartitionRecord[]
  drafts: DraftRecord[]
}

export async function readAhead(db: StaffDatabase): Promise<Ahead> {
  return withStore(db, () =>
    db.transaction('r', db.meta, db.drafts, async () => {
      const [glance, partitions, drafts] = await Promise.all([db.meta.get(GLANCE), partitionsNow(db), db.drafts.toArray()])
      return { glance: glance?.value as Boxed | undefined, partitions, drafts }
    }),
  )
}

type Standing = Pick<PartitionRecord, 'key' | 'gen' | 'revision' | 'shape'>

/** Names the state of all partitions: two that differ in any row have different ones. */
export function rowsStamp(partitions: readonly Standing[]): string {
  return partitions
    .map(({ key, gen, revision, shape }) => `${key}|${gen}|${revision}|${shape}`)
    .sort()
    .join(' ')
}

/** A partition is shown as it stands: nothing of it is damaged, of another life of the bank's database, or on its way. */
const sound = ({ stale, whole }: PartitionRecord): boolean => !stale && whole === undefined

/** The stamp of partitions that are all sound; null if one is not. */
export const soundStamp = (partitions: readonly PartitionRecord[]): string | null => (partitions.length && partitions.every(sound) ? rowsStamp(partitions) : null)

/** The value as it was put; null if it can't be opened. */
export async function openGlance(vault: Vault, box: Boxed): Promise<unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(await vault.decrypt(PLACE, box))) as unknown
  } catch {
    // A copy: whoever can't read it unpacks the rows themselves.
    return null
  }
}

/** Seals a value and keeps it, if the rows it was made from are still those that lie here. */
export async function putGlance(db: StaffDatabase, vault: Vault, madeFrom: string, value: unknown): Promise<boolean> {
  const bytes: Bytes = utf8(JSON.stringify(value))
  const box = await vault.encrypt(PLACE, bytes)
  return withStore(db, () =>
    db.transaction('rw', db.meta, async () => {
      if (soundStamp(await partitionsNow(db)) !== madeFrom) return false
      await db.meta.put({ key: GLANCE, value: box })
      return true
    }),
  )
}
