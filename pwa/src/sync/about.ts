/**
 * Whom an entry is about, by name. Rows leave the phone with the right to see them, often just when an entry about them was
 * refused; whoever has to put it right must still be able to tell which household it was.
 */
import { customerOf } from '../domain/commands'
import type { Id } from '../domain/rows'
import { pack, unpack } from '../store/codec'
import { getMeta, putMeta, withStore, type StaffDatabase } from '../store/database'
import type { Boxed, Vault } from '../store/vault'
import type { Core } from './core'

export const ABOUT = 'about'
const PLACE = 'meta|about|1'

/** The names that were noted; none where they can't be read. */
export async function openAbout(db: StaffDatabase, vault: Vault): Promise<Map<Id, string>> {
  const box = await withStore(db, () => getMeta<Boxed>(db, ABOUT))
  if (!box) return new Map()
  try {
    return new Map(Object.entries(unpack(await vault.decrypt(PLACE, box)) as Record<Id, string>))
  } catch {
    return new Map()
  }
}

/** Notes the names of those whom entries without a final receipt are about, before rows may go. */
export async function noteAbout(core: Core): Promise<void> {
  const { rows, about, vault } = core.open
  const names = new Map<Id, string>()
  for (const { header, command } of core.outbox.all()) {
    const id = command && header.state !== 'received' ? customerOf(command) : null
    const name = id && (rows.get('customer', id)?.name ?? about.get(id))
    if (id && name) names.set(id, name)
  }
  if (names.size === about.size && [...names].every(([id, name]) => about.get(id) === name)) return
  const box = await vault.encrypt(PLACE, pack(Object.fromEntries(names)))
  await withStore(core.store, () => putMeta(core.store, ABOUT, box))
  about.clear()
  for (const [id, name] of names) about.set(id, name)
}
