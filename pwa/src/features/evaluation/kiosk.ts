/**
 * Kiosk mode: while reviewers answer on the host's phone no other page opens, and only the host's unlock ends it. It is
 * kept as drafts are, on the disk before the first reviewer has the phone: a killed app comes back to it. (What a page
 * puts into localStorage Chromium writes some seconds later, and a killed one never.)
 */
import type { Id } from '../../domain/rows'
import type { Drafts } from '../../sync/types'

const KEY = 'kiosk'

export const kioskPath = (session: Id): string => `/evaluations/${session}/kiosk`

/** Resolves when it is on the disk. Throws EngineError `storage_failed`. */
export async function beginKiosk(drafts: Drafts, session: Id): Promise<void> {
  // Full screen where the browser has it, asked for while the tap counts; the phone's own way back is closed by the router.
  void document.documentElement.requestFullscreen?.().catch(() => undefined)
  await drafts.put(KEY, session)
}

/** Ends it together with the unlocked phone: whoever unlocks it next is the host. */
export function endKiosk(drafts: Drafts, lock: () => void): void {
  // Out of memory at once, from the disk a moment later: a phone that dies between is in kiosk mode still.
  void drafts.remove(KEY).catch(() => undefined)
  lock()
  if (document.fullscreenElement) void document.exitFullscreen().catch(() => undefined)
}

/** The only page that may open now; null outside of kiosk mode. To be asked while the phone is unlocked. */
export function kioskNow(drafts: Drafts): string | null {
  const session = drafts.get<Id>(KEY)
  return session === undefined ? null : kioskPath(session)
}
