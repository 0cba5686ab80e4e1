/** Households that may be one, and merges that can be taken back: looked at online. */
import type { Day, FileRow, Id, Instant, MemberRow, RecordRow } from '../domain/rows'
import { json, type HttpOptions } from './http'

export interface Household {
  id: Id
  kind: 'household' | 'business'
  name: string
  address: string
  grid_name: string | null
  members: number
  created_on: Day
  points: number
}

/** Two members who may be one; the second lives in the other household. */
export interface DuplicatePeople {
  member_id: Id
  person_id: Id
  name: string
  other_member_id: Id
  other_person_id: Id
  other_name: string
  per_mille: number
  reasons: string[]
}

export interface DuplicateHouseholds {
  one: Household
  other: Household
  people: DuplicatePeople[]
  /** Two businesses that may be one themselves: how likely, and what agrees. */
  business?: { per_mille: number; reasons: string[] } | null
}

export interface MergedHouseholds {
  customer_id: Id
  kind: 'household' | 'business'
  name: string
  into_id: Id
  into_name: string
  merged_at: Instant
  merged_by: Id
  undo_until: Instant
}

/** Somebody who had an entry in two households and lives in `into_name`. */
export interface UnitedPerson {
  member_id: Id
  customer_id: Id
  person: string
  name: string
  into_name: string
  united_at: Instant
  united_by: Id
  undo_until: Instant
}

/** Somebody of this head's branch, and somebody of another one who may be them. */
export interface AcrossPeople {
  person_id: Id
  name: string
  born: number | null
  other_id: Id
  other_name: string
  other_born: number | null
  /** Whether the bank has the ID number of the other one. */
  other_numbered: boolean
  per_mille: number
  reasons: string[]
}

/** A household of this head's branch, and where the other one lies; more of that only its own branch sees. */
export interface AcrossHouseholds {
  household: Household
  branch_name: string
  grid_id: Id | null
  grid_name: string | null
  people: AcrossPeople[]
}

export interface DuplicateList {
  waiting: DuplicateHouseholds[]
  merged: MergedHouseholds[]
  united: UnitedPerson[]
  /** For heads; a bank of before says nothing of it. */
  across?: AcrossHouseholds[]
  businesses?: DuplicateHouseholds[]
}

/** A household as a manager's phone has it. */
export interface WholeHousehold {
  customer: { id: Id; name: string; address: string; phone: string | null }
  file: Pick<FileRow, 'id' | 'values' | 'points'>
  members: Omit<MemberRow, 'revision'>[]
  records: Omit<RecordRow, 'revision'>[]
  visits: number
  /** Of a business, the members who live in a household. */
  at_home?: Id[]
  known_to_bank: boolean
}

/** In the order asked for. */
export interface SideBySide {
  pair: DuplicateHouseholds
  households: [WholeHousehold, WholeHousehold]
}

export const duplicates = (http: HttpOptions): Promise<DuplicateList> => json(http, 'GET', '/api/v1/duplicates')
export const sideBySide = (http: HttpOptions, one: Id, other: Id): Promise<SideBySide> => json(http, 'GET', `/api/v1/duplicates/${one}/${other}`)
