/** What a phone holds, for the judge: its chunks as the bank sent them, and what its screens would show. */
import type { StaffDatabase } from '../../../pwa/src/store/database'
import type { PartitionRecord } from '../../../pwa/src/store/chunks'
import type { Vault } from '../../../pwa/src/store/vault'
import type { Engine } from '../../../pwa/src/sync/types'

/** What is taken from inside the engine: the open database and the key, nothing that reads rows. */
export interface Insides {
  db: StaffDatabase
  unlocked: { vault: Vault } | null
}

export async function dump(engine: Engine, core: Insides): Promise<unknown> {
  if (!core.unlocked) throw new Error('locked')
  const { vault } = core.unlocked
  const partitions = (await core.db.meta.where('key').startsWith('p:').toArray()).map(({ value }) => value as PartitionRecord)
  const chunks: { key: string; gen: string; id: string; packed: string }[] = []
  for (const record of await core.db.chunks.toArray()) {
    const bytes = await vault.decrypt(`chunks|${record.id}|1`, record)
    chunks.push({ key: record.key, gen: record.gen, id: record.id, packed: Buffer.from(bytes).toString('base64') })
  }
  const shown = []
  for (const entry of engine.customers()) {
    const view = await engine.customer(entry.id)
    shown.push(view)
  }
  const listed = engine.outbox().map(({ id, state, result, code, receipt }) => ({ id, state: state as string, result, code, receipt }))
  // What was received with the visit it belongs to is not named beside it on the screen; it lies there all the same.
  const named = new Set(listed.map(({ id }) => id))
  const unnamed = (await core.db.outbox.toArray())
    .filter(({ id }) => !named.has(id))
    .map(({ id, state, receipt }) => ({
      id,
      state: state as string,
      result: receipt?.result ?? null,
      code: receipt?.code ?? null,
      receipt: receipt?.receipt ?? null,
    }))
  const outbox = [...listed, ...unnamed]
  return { partitions, chunks, shown, outbox }
}
