/** Rows of visits and other contacts: the synchronisation contract, section 7. Units as in rows.ts. */
import type { Channel, Day, Fen, Id, Instant, Outcome, PhotoClass, RowBase } from './rows'

/** [hash, class, arrived at the bank] */
export type VisitPhoto = [hash: string, fileClass: PhotoClass, arrived: boolean]
/** [hash, class, arrived at the bank, length in ms of a voice note] */
export type VisitFile = [hash: string, fileClass: 'signature' | 'voice', arrived: boolean, durationMs: number | null]

/** A visit without the bookkeeping of a row, as approvals carry it. */
export interface Visit {
  customer_id: Id
  staff_id: Id
  at: Instant
  channel: Channel
  purpose: string
  outcome: Outcome
  needs: string[]
  wanted_fen: Fen | null
  wanted_for: string | null
  note: string | null
  lon: number | null
  lat: number | null
  accuracy_m: number | null
  distance_m: number | null
  flags: string[]
  photos: VisitPhoto[]
  /** Signature and voice notes; rows from before these existed have none. */
  files?: VisitFile[]
  companion_id: Id | null
  next_on: Day | null
  next_purpose: string | null
  /** The same for all households of one village meeting. */
  meeting_id?: Id | null
  /** Products that were presented. */
  presented?: string[]
  /** What was added later, oldest first; its photos and files are among the visit's. */
  supplements?: VisitSupplement[]
}

export type VisitSupplement = [id: Id, staffId: Id, at: Instant, note: string | null]

export interface VisitRow extends RowBase, Visit {}
