/**
 * The waiting outbox as a file for support (section "Exported outbox" of the contract): the copies sealed to the bank,
 * and nothing that anyone else could read. It needs no data key, so a locked phone can make it too.
 */
import { concat, utf8, type Bytes } from '../store/bytes'
import { pack } from '../store/codec'
import { getMeta, withStore } from '../store/database'
import { allEntries, isUnsent } from '../store/outbox'
import type { Core } from './core'

export const EXPORT_MAGIC = 'TIANGE-OUTBOX-1\n'

export interface ExportedOutbox {
  /** A name for the file. */
  name: string
  bytes: Bytes
  commands: number
  files: number
}

/** Everything that the bank has no receipt for. Throws EngineError `signed_out`, `storage_failed`. */
export async function exportOutbox(core: Core): Promise<ExportedOutbox> {
  const { store: db, contact } = core
  const entries = await allEntries(db)
  const waiting = entries.filter(isUnsent)
  const unsentPhotos = entries.flatMap(({ id, photos, state }) =>
    state === 'rejected' ? [] : photos.filter(({ sentAt, refused }) => sentAt === 0 && refused === null).map((photo) => ({ ...photo, command: id })),
  )
  const files: { hash: string; class: string; command: string; sealed: Bytes }[] = []
  for (const { hash, fileClass, command } of unsentPhotos) {
    const blob = await withStore(db, () => db.blobs.get(hash))
    if (blob) files.push({ hash, class: fileClass, command, sealed: blob.sealed })
  }
  const made = core.options.now()
  const document = {
    format: 1,
    installation: core.identity?.installationId ?? '',
    epoch: (await withStore(db, () => getMeta<string>(db, 'epoch'))) ?? null,
    app: core.options.appVersion,
    made_at: made,
    // How far the phone's clock runs ahead of the bank's; null if the bank was never heard.
    clock_ahead_ms: contact.server ? contact.device - contact.server : null,
    commands: waiting.map(({ stream, id, seq, hash, sealed }) => ({ stream, id, seq, hash, sealed })),
    files,
  }
  const day = new Date(made).toISOString().slice(0, 10)
  return {
    name: `tiange-${document.installation.slice(-8)}-${day}.outbox`,
    bytes: concat(utf8(EXPORT_MAGIC), pack(document)),
    commands: document.commands.length,
    files: files.length,
  }
}
