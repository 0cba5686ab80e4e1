/** Which network the phone is on, as far as its browser says, and whether files may go over it. */
import type { StaffDatabase } from '../store/database'
import { getMeta, putMeta, withStore } from '../store/database'

/** What the person chose: files over any network, or over Wi-Fi and cable only. */
export type FilesOver = 'any' | 'wifi'

/** `free`: Wi-Fi or cable; `metered`: mobile, or the person asked the phone to save data; `unknown`: not told. */
export type NetworkKind = 'free' | 'metered' | 'unknown'

/** Not in TypeScript's library: Chromium on phones tells both, elsewhere nothing or half of it. */
interface Connection extends EventTarget {
  readonly type?: string
  readonly saveData?: boolean
}

const FREE = ['wifi', 'ethernet']
const METERED = ['cellular', 'bluetooth', 'wimax']
const FILES_OVER = 'filesOver'

/** The browser's word on its connection; undefined where it has none. */
export function connection(): Connection | undefined {
  return typeof navigator === 'undefined' ? undefined : (navigator as { connection?: Connection }).connection
}

export function networkKind(of: Pick<Connection, 'type' | 'saveData'> | undefined = connection()): NetworkKind {
  if (of?.saveData) return 'metered'
  if (of?.type !== undefined && FREE.includes(of.type)) return 'free'
  return of?.type !== undefined && METERED.includes(of.type) ? 'metered' : 'unknown'
}

/** Why files do not go by themselves now; null if they do. */
export function heldBy(over: FilesOver, kind: NetworkKind): 'metered' | 'unknown' | null {
  return over === 'any' || kind === 'free' ? null : kind
}

/** Kept in the clear, so that the locked phone and the service worker know it too. */
export async function readFilesOver(db: StaffDatabase): Promise<FilesOver> {
  return (await withStore(db, () => getMeta<FilesOver>(db, FILES_OVER))) === 'wifi' ? 'wifi' : 'any'
}

export async function writeFilesOver(db: StaffDatabase, over: FilesOver): Promise<void> {
  await withStore(db, () => putMeta(db, FILES_OVER, over))
}
