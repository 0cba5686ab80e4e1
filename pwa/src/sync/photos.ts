/** Photos: from this phone if it still has them, else from the bank. */
import { NetworkError } from '../api/http'
import { EngineError } from '../domain/errors'
import { withStore } from '../store/database'
import { openFile } from '../store/outbox'
import type { Core } from './core'

/** Object URLs kept for photos that were looked at; the oldest are let go. */
const MOST_URLS = 60

export class Photos {
  private readonly urls = new Map<string, string>()

  constructor(private readonly core: Core) {}

  async url(hash: string, size: 'thumb' | 'full'): Promise<string> {
    const name = `${hash}.${size}`
    const known = this.urls.get(name)
    if (known) return known
    const url = URL.createObjectURL(await this.blob(hash, size))
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
        return new Blob([await openFile(mine, vault)], { type: 'image/jpeg' })
      } catch (error) {
        if (!(error instanceof EngineError)) throw error
      }
    }
    try {
      return new Blob([await core.transport.bytes(`/api/v1/files/${hash}?size=${size}`)], { type: 'image/jpeg' })
    } catch (error) {
      if (error instanceof NetworkError) throw new EngineError('file_needs_network', 'the photo is at the bank only', { cause: error })
      throw error
    }
  }

  /** Lets go of decrypted photos, at locking. */
  forget(): void {
    for (const url of this.urls.values()) URL.revokeObjectURL(url)
    this.urls.clear()
  }
}
