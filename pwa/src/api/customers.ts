/** The branch's customers, which a head's phone does not hold: looked up online. */
import type { CustomerKind, Day, Id } from '../domain/rows'
import { json, type HttpOptions } from './http'

export interface FoundCustomer {
  id: Id
  kind: CustomerKind
  name: string
  /** Null where the whole bank was asked. */
  address: string | null
  grid_name: string | null
  /** Only where the whole bank was asked. */
  branch_name: string | null
}

export interface FoundCustomers {
  /** The likeliest first. */
  customers: FoundCustomer[]
  /** There are others. */
  more: boolean
}

export interface FormerMember {
  id: Id
  name: string
  relation: string
  /** `moved_out`, `married_out`, `died`, `mistake`. */
  reason: string
  on: Day
}

/** Who left, the last one first. */
export const formerMembers = (http: HttpOptions, customer: Id): Promise<{ members: FormerMember[] }> => json(http, 'GET', `/api/v1/customers/${customer}/former-members`)

/** By words of a name or place, or by ids; head office by a whole name, with a purpose. Each look-up is in the bank's audit trail. */
export const lookUp = (http: HttpOptions, asked: { text: string; purpose?: string } | { ids: readonly Id[] }): Promise<FoundCustomers> =>
  json(http, 'POST', '/api/v1/customers/look-up', asked)

/** How complete the files of a grid are: average points, how many reach the mark, how many lack each section. */
export interface GridCompleteness {
  /** Null: those of the branch that lie in no grid. */
  id: Id | null
  name: string | null
  customers: number
  points: number
  complete: number
  open: Record<string, number>
}

export interface Completeness extends Omit<GridCompleteness, 'id' | 'name'> {
  mark: number
  /** The least complete first. */
  grids: GridCompleteness[]
}

/** Of a manager's grids; of the whole branch for its heads. */
export const completeness = (http: HttpOptions): Promise<Completeness> => json(http, 'GET', '/api/v1/customers/completeness')
