/** Photos, signatures and voice notes: from this phone if it still has them, else from the bank. */
import { NetworkError } from '../api/http'
import { EngineError } from '../domain/errors'
import type { Bytes } from '../store/bytes'
import { withStore } from '../store/database'
import { openFile } from '../store/outbox'
import type { Core } from './core'
import type { Looks } from './looks'

/** Object URLs kept for photos that were looked at; the oldest are let go. */
const MOST_URLS = 60

/** What files begin with, here as they were made, from the bank as it keeps them. */
const KINDS: readonly [type: string, head: string][] = [
  ['image/png', '\x89PNG'],
  ['audio/ogg', 'OggS'],
  ['audio/wav', 'RIFF'],
  ['audio/mpeg', 'ID3'],
  ['audio/mpeg', '\xff\xf3'],
  ['audio/mpeg', '\xff\xfb'],
]

function typed(bytes: Bytes): Blob {
  const head = String.fromCharCode(...bytes.subarray(0, 4))
  return new Blob([bytes], { type: KINDS.find(([, start]) => head.startsWith(start))?.[0] ?? 'image/jpeg' })
}

export class Photos {
  private readonly urls = new Map<string, string>()

  constructor(
    private readonly core: Core,
    private readonly looks: Looks,
  ) {}

  async url(hash: string, size: 'thumb' | 'full'): Promise<string> {
    const name = `${hash}.${size}`
    const known = this.urls.get(name)
    if (known) return known
    const { core } = this
    const owner = core.open
    const blob = await this.blob(hash, size)
    // Locked while it was read: nothing decrypted may outlive that.
    if (core.unlocked !== owner) throw new EngineError('locked')
    const url = URL.createObjectURL(blob)
    this.urls.set(name, url)
    if (this.urls.size > MOST_URLS) {
      const [oldest, old] = this.urls.entries().next().value as [string, string]
      URL.revokeObjectURL(old)
      this.urls.delete(oldest)
    }
    return url
  }

  private async blob(hash: string, size: 'thumb' | 'full'): Promise<Blob> {
    const { core } = this
    const { vault } = core.open
    const mine = await withStore(core.store, () => core.store.blobs.get(hash))
    if (mine) {
      try {
        return typed(await openFile(mine, vault))
      } catch (error) {
        if (!(error instanceof EngineError)) throw error
      }
    }
    try {
      const purpose = this.looks.purposeOf(hash)
      return typed(await (purpose ? core.transport.bytesFor(`/api/v1/files/${hash}/look`, { purpose, size }) : core.transport.bytes(`/api/v1/files/${hash}?size=${size}`)))
    } catch (error) {
      if (error instanceof NetworkError) throw new EngineError('file_needs_network', 'the file is at the bank only', { cause: error })
      throw error
    }
  }

  /** Lets go of decrypted photos, at locking, or of some of them. */
  forget(hashes?: ReadonlySet<string>): void {
    for (const [name, url] of this.urls) {
      if (hashes && !hashes.has(name.slice(0, name.lastIndexOf('.')))) continue
      URL.revokeObjectURL(url)
      this.urls.delete(name)
    }
  }
}
