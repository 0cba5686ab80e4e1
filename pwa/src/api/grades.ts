/** Our grades beside those of the provincial credit system, online. Money in fen. */
import type { Day, Fen, Grade, Id } from '../domain/rows'
import { bodyOf, json, send, type HttpOptions } from './http'

/** Of whom both grade, how many steps lie between; else who alone has a grade. */
export type Difference = 'more' | 'one' | 'only_there' | 'only_here'

export interface GradesOfBranch {
  branch_id: Id | null
  name: string | null
  same: number
  one: number
  more: number
  only_there: number
  only_here: number
  /** The province has a grade that nobody consented to be looked at. */
  unseen: number
}

export interface GradeReport {
  /** Best first. */
  grades: Grade[]
  pairs: { ours: Grade; theirs: Grade; customers: number }[]
  total: GradesOfBranch
  branches: GradesOfBranch[]
  /** Null: no file was ever taken. */
  file: { name: string; as_of: Day | null; rows: number; rejected: number } | null
}

export interface Differing {
  customer_id: Id
  name: string
  branch: string | null
  difference: Difference
  ours: Grade | null
  ours_on: Day | null
  our_limit_fen: Fen | null
  theirs: Grade | null
  theirs_on: Day | null
  their_limit_fen: Fen | null
}

const BASE = '/api/v1/strategy/grades'

export const gradesOf = (http: HttpOptions): Promise<GradeReport> => json(http, 'GET', BASE)
/** `purpose`: null where none is needed. Throws ApiProblem `purpose_needed`, `too_many_look_ups`. */
export const differingOf = (http: HttpOptions, difference: Difference, purpose: string | null): Promise<{ total: number; customers: Differing[] }> => json(http, 'POST', `${BASE}/differing`, { difference, purpose })
/** All of them as CSV. */
export async function exportGrades(http: HttpOptions, purpose: string | null): Promise<Blob> {
  const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ purpose }) }
  return new Blob([await bodyOf(await send(http, `${BASE}/export`, init))])
}
