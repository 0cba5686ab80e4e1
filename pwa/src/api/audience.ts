/** Customers chosen by what is known of them: counted, listed, kept as groups and written into a file at the bank. */
import type { Choice } from '../domain/audience'
import type { CustomerKind, Id, Instant, Tier } from '../domain/rows'
import { bodyOf, json, send, type HttpOptions } from './http'

const BASE = '/api/v1/audience'

export interface Counted {
  count: number
  /** How many can be chosen from. */
  of: number
  as_of: Instant
}

export interface Chosen {
  id: Id
  kind: CustomerKind
  name: string
  grid_name: string | null
  township: string | null
  tier: Tier | null
  owner_name: string | null
}

export interface Group {
  id: Id
  name: string
  why: string
  /** With those who met the choice when it was made; else with whoever does. */
  fixed: boolean
  /** Of a fixed one, when it was made. */
  size: number
  choice: Choice
  owner_id: Id
  owner_name: string
  made_at: Instant
  removed: boolean
}

/** What there is to choose by, beside the phone's own words. */
export interface Ground {
  branches: { id: Id; name: string }[]
  grids: { id: Id; name: string; township: string; branch_id: Id }[]
  owners: { id: Id; name: string }[]
  tags: { name: string; dimension: string }[]
}

export type Whom = { choice: Choice } | { group_id: Id }

export const ground = (http: HttpOptions): Promise<Ground> => json(http, 'GET', `${BASE}/ground`)
export const count = (http: HttpOptions, choice: Choice): Promise<Counted> => json(http, 'POST', `${BASE}/count`, { choice })
export const countGroup = (http: HttpOptions, group: Id): Promise<Counted> => json(http, 'POST', `${BASE}/groups/${group}/count`)
/** Each page is in the audit trail; head office says what for. */
export const list = (http: HttpOptions, whom: Whom, after: Id | null, purpose: string | null): Promise<{ customers: Chosen[]; more: boolean }> =>
  json(http, 'POST', `${BASE}/list`, { ...whom, ...(after ? { after } : {}), ...(purpose ? { purpose } : {}) })
export const groups = (http: HttpOptions): Promise<{ groups: Group[] }> => json(http, 'GET', `${BASE}/groups`)
export const keep = (http: HttpOptions, group: { id: Id; name: string; choice: Choice; fixed: boolean; why: string }): Promise<Group> => json(http, 'POST', `${BASE}/groups`, group)
export const rename = (http: HttpOptions, group: Id, name: string): Promise<Group> => json(http, 'POST', `${BASE}/groups/${group}/rename`, { name })
export const remove = (http: HttpOptions, group: Id): Promise<Group> => json(http, 'POST', `${BASE}/groups/${group}/remove`)
export const restore = (http: HttpOptions, group: Id): Promise<Group> => json(http, 'POST', `${BASE}/groups/${group}/restore`)

/** How a file is written. */
export const FORMATS = { xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', csv: 'text/csv' } as const
export type Format = keyof typeof FORMATS

/** A file; what for goes into the audit trail with its count and digest. */
export async function exported(http: HttpOptions, whom: Whom, purpose: string, language: 'zh' | 'en', format: Format): Promise<Uint8Array<ArrayBuffer>> {
  const body = JSON.stringify({ ...whom, purpose, language, format })
  return bodyOf(await send(http, `${BASE}/export`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }))
}
