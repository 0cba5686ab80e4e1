/** Opportunities of a customer: what a row holds, what a step makes of it, which are open. Pure. */
import { ids, LONGEST, text } from './checks'
import type { Day, Fen, Id, Instant, RowBase } from './rows'

/** Reasons why nothing came of one. */
export const LOST_REASONS = ['not_needed', 'elsewhere', 'terms', 'later', 'unreachable', 'unfit'] as const
export type LostReason = (typeof LOST_REASONS)[number]
export type OpportunityStep = 'contact' | 'follow' | 'win' | 'lose' | 'reopen'
export type OpportunityStage = 'screened' | 'assigned' | 'contacted' | 'followed' | 'won' | 'lost' | 'reviewed'

/** An agent's end with the last day. */
export type OpportunityItem = [
  id: Id,
  event: string,
  dimension: string,
  product: string | null,
  priority: number,
  stage: OpportunityStage,
  raisedOn: Day,
  validUntil: Day,
  steppedAt?: Instant,
  steppedBy?: Id | null,
  assigneeId?: Id | null,
  outcome?: 'won' | 'lost' | null,
  reason?: LostReason | null,
  beforeFen?: Fen | null,
  afterFen?: Fen | null,
]

/** Those of one customer, under the customer's id: open ones by priority, then the last closed ones. */
export interface OpportunityRow extends RowBase {
  items: OpportunityItem[]
}

export interface OpportunityBodies {
  'opportunity.step': { opportunity_id: Id; customer_id: Id; step: OpportunityStep; reason?: LostReason | null }
  'opportunity.review': { opportunity_id: Id; note?: string | null }
}

/** A step as the bank takes it. Throws CommandInvalid where nothing came of it and nobody says why. */
export function checkedStep(body: OpportunityBodies['opportunity.step']): OpportunityBodies['opportunity.step'] {
  ids(body, 'opportunity_id', 'customer_id')
  text('reason', body.reason, LONGEST.code, body.step === 'lose')
  return body
}

export interface Opportunity {
  id: Id
  customerId: Id
  event: string
  dimension: string
  product: string | null
  /** 1 first, 5 last. */
  priority: number
  stage: OpportunityStage
  raisedOn: Day
  validUntil: Day
  steppedAt: Instant | null
  steppedBy: Id | null
  outcome: 'won' | 'lost' | null
  reason: LostReason | null
  /** Of a limit that rose. */
  beforeFen: Fen | null
  afterFen: Fen | null
}

export function opportunitiesIn(row: OpportunityRow | null | undefined): Opportunity[] {
  return (row?.items ?? []).map(([id, event, dimension, product, priority, stage, raisedOn, validUntil, at, by, , outcome, reason, before, after]) => ({
    id, customerId: row?.id ?? '', event, dimension, product, priority, stage, raisedOn, validUntil,
    steppedAt: at ?? null, steppedBy: by ?? null, outcome: outcome ?? null, reason: reason ?? null, beforeFen: before ?? null, afterFen: after ?? null,
  }))
}

const OPEN: readonly OpportunityStage[] = ['screened', 'assigned', 'contacted', 'followed']
const REACHES: Readonly<Record<OpportunityStep, OpportunityStage>> = { contact: 'contacted', follow: 'followed', win: 'won', lose: 'lost', reopen: 'followed' }
const STEPS: Readonly<Record<OpportunityStage, readonly OpportunityStep[]>> = {
  screened: ['contact', 'follow', 'win', 'lose'],
  assigned: ['contact', 'follow', 'win', 'lose'],
  contacted: ['follow', 'win', 'lose'],
  followed: ['win', 'lose'],
  won: ['reopen'],
  lost: ['reopen'],
  reviewed: [],
}

export const isOpenOpportunity = ({ stage }: { stage: OpportunityStage }): boolean => OPEN.includes(stage)

/** What may be done next, in the order of the work. */
export const stepsFrom = (stage: OpportunityStage): readonly OpportunityStep[] => STEPS[stage]

/** Open ones whose last day has not passed: the phone counts days by itself until the bank takes them away. */
export const openOn = (row: OpportunityRow | null | undefined, today: Day): Opportunity[] => opportunitiesIn(row).filter((one) => isOpenOpportunity(one) && one.validUntil >= today)

/** The items as they look after a step of this phone; those that the step does not fit stay as they are. */
export function stepped(items: readonly OpportunityItem[], body: OpportunityBodies['opportunity.step'], staffId: Id, at: Instant): OpportunityItem[] {
  return items.map((item) => {
    const [id, event, dimension, product, priority, stage, raisedOn, validUntil, ...more] = item
    if (id !== body.opportunity_id || !stepsFrom(stage).includes(body.step)) return item
    const reached = REACHES[body.step]
    const outcome = reached === 'won' || reached === 'lost' ? reached : null
    const [, , assignee, , , before, after] = more
    // an agent's row says no more than its stage
    const said: Partial<OpportunityItem> = more.length ? [at, staffId, assignee ?? null, outcome, reached === 'lost' ? (body.reason ?? null) : null, before ?? null, after ?? null] as never : []
    return [id, event, dimension, product, priority, reached, raisedOn, validUntil, ...(said as [])]
  })
}
