/** What heads and administrators look after, online: phones that need somebody, and what the bank could not apply. */
import type { Id, Instant, StaffRole } from '../domain/rows'
import { json, type HttpOptions } from './http'

export const PHONE_STATES = ['lost_work', 'withdrawn_waiting', 'stuck', 'silent', 'old_version', 'withdrawn_done'] as const
export type PhoneState = (typeof PHONE_STATES)[number]

export interface WatchedPhone {
  installation_id: Id
  label: string
  platform: string
  app_version: string
  staff_id: Id
  person: string
  role: StaffRole
  branch_id: Id | null
  branch: string | null
  enrolled_at: Instant
  last_seen_at: Instant | null
  outbox_depth: number
  outbox_oldest_at: Instant | null
  outbox_photos: number
  revoked_at: Instant | null
  delivered_at: Instant | null
  /** Entries lost with a deleted database; null where the phone could not tell, or lost none (`lost_at` null). */
  lost: number | null
  lost_at: Instant | null
  /** How it opens, as it says; none where it has not said. */
  unlock_ways: ('pin' | 'passphrase' | 'prf')[]
  /** The most urgent first; none where all is well. */
  states: PhoneState[]
}

export interface PhonesAnswer {
  phones: WatchedPhone[]
  /** Phones by state, `well` and `all` too, whichever were asked for. */
  counts: Record<string, number>
  limits: { silent_days: number; stuck_hours: number; loss_days: number; oldest_app: string }
  more: boolean
}

export const phones = (http: HttpOptions, of: PhoneState | 'well' | null, skip: number, limit: number): Promise<PhonesAnswer> =>
  json(http, 'GET', `/api/v1/phones?skip=${skip}&limit=${limit}${of ? `&of=${of}` : ''}`)

export const withdraw = (http: HttpOptions, installation: Id): Promise<void> => json(http, 'POST', `/api/v1/devices/${installation}/revoke`)

export interface QuarantinedCommand {
  id: Id
  type: string
  result: 'rejected' | 'held'
  code: string | null
  received_at: Instant
  author_id: Id
  author: string
  installation_id: Id
  device: string
  bytes: number
  needs: Id[]
  replaces: Id | null
  settled: 'replaced' | 'discarded' | null
}

export const quarantine = (http: HttpOptions, settled: boolean, before: Id | null, limit: number): Promise<{ commands: QuarantinedCommand[]; more: boolean }> =>
  json(http, 'GET', `/api/v1/quarantine?limit=${limit}&settled=${settled}${before ? `&before=${before}` : ''}`)

export interface QuarantinedContent {
  id: Id
  /** The command as the phone made it; null where the bank cannot read it, and gives `sealed` in base64. */
  command: { body?: Record<string, unknown>; at?: Instant } | null
  sealed: string | null
  hash: string
}

/** Against a purpose, which goes into the audit trail. */
export const quarantined = (http: HttpOptions, command: Id, purpose: string): Promise<QuarantinedContent> =>
  json(http, 'POST', `/api/v1/quarantine/${command}/content`, { purpose })
