/**
 * What a reviewer's own phone keeps until it has handed in: the code, and sealed forms that nobody here can open. There is
 * no PIN: whoever has the phone open could answer in the reviewer's place, and sees nothing of what was answered.
 */
import { createStore, del, entries, set } from 'idb-keyval'
import type { Id, Instant } from '../domain/rows'
import type { Bytes } from './bytes'

export interface KeptTurn {
  code: string
  /** By household. */
  sealed: Record<Id, Bytes>
  /** It may have arrived: it goes again as it is. */
  sending: boolean
  at: Instant
}

/** Codes live for hours: what is older is of no use to anybody. */
const KEPT_MS = 7 * 86_400_000
const store = () => createStore('tiange-review', 'turns')

/** By reviewer; '' holds the code that has not been opened yet. Rejects where the browser keeps nothing. */
export async function keptTurns(now: Instant): Promise<Map<Id, KeptTurn>> {
  const found = new Map<Id, KeptTurn>()
  for (const [id, kept] of await entries<string, KeptTurn>(store())) {
    if (now - kept.at > KEPT_MS) await del(id, store())
    else found.set(id, kept)
  }
  return found
}

export const keepTurn = (id: Id, kept: KeptTurn): Promise<void> => set(id, kept, store())
export const dropTurn = (id: Id): Promise<void> => del(id, store())
