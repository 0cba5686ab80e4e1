/** Who said what in a village evaluation: online, for a purpose that the bank keeps. */
import type { Id } from '../domain/rows'
import type { Knows, Question } from '../domain/evaluation'
import { json, type HttpOptions } from './http'

export interface ShownForm {
  customer_id: Id
  customer_name: string
  knows: Knows
  grades: Partial<Record<Question, string>>
  limit_fen: number | null
  percent: number | null
  excluded: 'family' | 'said' | null
}

export interface ShownReviewer {
  id: Id
  name: string
  role: string
  forms: ShownForm[]
}

/** Against a purpose, which goes into the audit trail; of open results only. */
export const namedForms = (http: HttpOptions, session: Id, purpose: string): Promise<{ reviewers: ShownReviewer[] }> =>
  json(http, 'POST', `/api/v1/evaluations/${session}/forms`, { purpose })
