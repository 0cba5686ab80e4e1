/** How a branch's opportunities stand, for its heads: asked for online. */
import type { LostReason, OpportunityStage } from '../domain/opportunities'
import type { Day, Id, Instant } from '../domain/rows'
import { json, type HttpOptions } from './http'

export interface ListedOpportunity {
  id: Id
  customer_id: Id
  customer_name: string
  grid_name: string | null
  event: string
  product: string | null
  dimension: string
  priority: number
  stage: OpportunityStage
  outcome: 'won' | 'lost' | null
  reason: LostReason | null
  assignee_id: Id | null
  stepped_by: Id | null
  stepped_at: Instant
  valid_until: Day
}

export interface BranchOpportunities {
  /** The first of the month: `won` and `lost` count from there. */
  since: Day
  open: number
  waiting: number
  won: number
  lost: number
  to_review_count: number
  /** Of one customer so many may be open at once. */
  open_most: number
  /** So many new ones a day a run over everybody gives one person, and as many urgent ones. */
  day_most: number
  /** The head's own open ones, most urgent first. */
  mine: ListedOpportunity[]
  /** Closed ones that no head has seen, oldest first. */
  to_review: ListedOpportunity[]
}

export const branchOpportunities = (http: HttpOptions): Promise<BranchOpportunities> => json(http, 'GET', '/api/v1/opportunities/branch')
