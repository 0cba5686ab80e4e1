/**
 * Sending in the background: for the service worker's Background Sync. It knows no window and no data key; the entries
 * are sealed for the bank already, so a locked phone sends them too.
 */
import { StaffDatabase, withStore } from '../store/database'
import { Device, DEVICE_DATABASE } from '../store/device'
import { unsent } from '../store/outbox'
import { firstPace, sendFiles, type FileDeps } from './files'
import { browserLocks, syncLock, type Locks } from './locks'
import { heldBy, networkKind, readFilesOver } from './network'
import { pushCommands } from './push'
import { Transport } from './transport'

/** The tag under which the engine registers for Background Sync. */
export const OUTBOX_SYNC_TAG = 'tiange-outbox'

export interface FlushOptions {
  appVersion?: string
  fetch?: typeof fetch
  baseUrl?: string
  now?: () => number
  locks?: Locks
  deviceDatabase?: string
}

/**
 * Sends the outbox of whoever is signed in. Throws ApiProblem or NetworkError, so that the browser tries again later;
 * nothing is lost by that. Returns how many commands got their receipt.
 */
export async function flushOutbox(options: FlushOptions = {}): Promise<number> {
  const device = await Device.open(options.deviceDatabase ?? DEVICE_DATABASE)
  try {
    const current = await device.current()
    if (!current?.signedIn) return 0
    const identity = await device.identity(current.staffId)
    if (!identity) return 0
    const db = new StaffDatabase(identity.database)
    const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('tiange')
    try {
      await withStore(db, async () => void (await db.open()))
      const http = { fetch: options.fetch ?? fetch.bind(globalThis), baseUrl: options.baseUrl ?? '' }
      const over = await readFilesOver(db)
      // Entries of a former stream wait for the unlocked app, and all others with them.
      let held = false
      const deps: FileDeps = {
        ...(options.appVersion ? { appVersion: options.appVersion } : {}),
        db,
        transport: new Transport(http, identity),
        now: options.now ?? Date.now,
        onEntries: () => channel?.postMessage({ db: db.name, what: 'outbox' }),
        pace: firstPace(),
        stop: async () => {
          if (!held && (await unsent(db)).some(({ tries }) => tries === 0)) return 'commands'
          return heldBy(over, networkKind()) ? 'held' : null
        },
      }
      return await (options.locks ?? browserLocks()).run(syncLock(db.name), async () => {
        let received = 0
        for (;;) {
          const pushed = await pushCommands(deps)
          received += pushed.received
          held = pushed.foreign
          // What was saved while a file was on its way goes before the rest of it.
          if ((await sendFiles(deps)).stopped !== 'commands') return received
        }
      })
    } finally {
      channel?.close()
      db.close()
    }
  } finally {
    device.close()
  }
}
