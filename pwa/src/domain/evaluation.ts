/**
 * Village evaluation (背靠背评议): the questions of a form, and what a session's row says. Pure.
 * The bank's side is `backend/evaluation/rules.py`; what a form may say stands in the contract.
 */
import type { Day, Fen, Id, Instant } from './rows'

/** The questions, each with its answers, best first. */
export const QUESTIONS = {
  repute: ['excellent', 'good', 'fair', 'poor'],
  harmony: ['good', 'fair', 'poor'],
  diligence: ['hard', 'fair', 'lazy'],
  debts: ['none', 'some', 'many', 'unpaid'],
  habits: ['none', 'some', 'bad'],
  ability: ['sure', 'likely', 'hard', 'none'],
} as const

export type Question = keyof typeof QUESTIONS
export const QUESTION_NAMES = Object.keys(QUESTIONS) as Question[]
export type Knows = 'yes' | 'no' | 'relative'
export const REVIEWER_ROLES = ['cadre', 'group_leader', 'party_member', 'respected'] as const
export type ReviewerRole = (typeof REVIEWER_ROLES)[number]
/** Fewer forms than these open no result. */
export const LEAST_REVIEWERS = 3
export const MOST_REVIEWERS = 30
/** The highest limit a reviewer may suggest. */
export const MOST_LIMIT_FEN = 100_000_000

/** One reviewer's answers about one household. */
export interface FormAnswers {
  knows: Knows
  grades: Partial<Record<Question, string>>
  limit_fen: Fen | null
}

/** Bytes of a form before it is sealed: one length for all, so that a sealed one does not tell by its own. */
export const FORM_BYTES = 256

/** What a form is sealed with: it opens at no other place. */
export const formContext = (session: Id, reviewer: Id, customer: Id): string => `evaluation:${session}:${reviewer}:${customer}`

/** The question that still has no answer; null where the form is whole. */
export function openQuestion({ knows, grades }: FormAnswers): Question | null {
  return knows === 'yes' ? (QUESTION_NAMES.find((question) => grades[question] === undefined) ?? null) : null
}

/** Until when a reviewer's own phone may open its code (null: not known before the bank has heard of it), and when it did. */
export type EvaluationCode = [openUntil: Instant | null, openedAt: Instant | null]

/** [id, name, role, own household, when they handed in, how many forms, the code for their own phone] */
export type EvaluationReviewer = [id: Id, name: string, role: string, customerId: Id | null, handedInAt: Instant | null, forms: number, code: EvaluationCode | null]

/** [staff, percent, forms seen, when, why changed] */
export type EvaluationReview = [staffId: Id, percent: number, counted: number, at: Instant, reason: string | null]

export type EvaluationResult = [
  customerId: Id,
  name: string,
  counted: number,
  known: number,
  percent: number | null,
  low: number | null,
  high: number | null,
  grades: Partial<Record<Question, string>>,
  limitFen: Fen | null,
  flags: string[],
  first: EvaluationReview | null,
  second: EvaluationReview | null,
  settledPercent: number | null,
  settledAt: Instant | null,
]

/** A result by the names of its parts. */
export interface Result {
  customerId: Id
  name: string
  counted: number
  known: number
  percent: number | null
  low: number | null
  high: number | null
  grades: Partial<Record<Question, string>>
  limitFen: Fen | null
  flags: string[]
  first: EvaluationReview | null
  second: EvaluationReview | null
  settledPercent: number | null
  settledAt: Instant | null
}

export function resultOf(values: EvaluationResult): Result {
  const [customerId, name, counted, known, percent, low, high, grades, limitFen, flags, first, second, settledPercent, settledAt] = values
  return { customerId, name, counted, known, percent, low, high, grades, limitFen, flags, first, second, settledPercent, settledAt }
}

/** Where a result stands: new forms after a review begin it anew. */
export function stageOf({ counted, first, second }: Result): 'first' | 'second' | 'settled' {
  if (second && second[2] === counted) return 'settled'
  return first && first[2] === counted ? 'second' : 'first'
}

/** The percent to go by: what was settled, else what the branch said last, else what the forms say. */
export function percentOf({ settledPercent, first, percent }: Result): number | null {
  return settledPercent ?? first?.[1] ?? percent
}

export type EvaluationGrade = 'excellent' | 'good' | 'fair' | 'poor'

/** What a percent is called, by the bank's figure `evaluation_grades`. */
export function gradeOf(percent: number, figure: unknown): EvaluationGrade {
  const from = (figure ?? {}) as Partial<Record<EvaluationGrade, number>>
  for (const grade of ['excellent', 'good', 'fair'] as const) {
    const least = from[grade]
    if (least !== undefined && percent >= least) return grade
  }
  return 'poor'
}

/** Who may do the next review of a session, and may not do both. */
export function mayReview(result: Result, round: 1 | 2, me: { id: Id; isHead: boolean }, host: Id): boolean {
  const stage = stageOf(result)
  if (round === 1) return stage === 'first'
  return stage === 'second' && me.isHead && me.id !== host && result.first?.[0] !== me.id
}

export interface NewReviewer {
  id: Id
  name: string
  role: ReviewerRole
  customer_id?: Id | null
}

export interface EvaluationBodies {
  'evaluation.create': { id: Id; grid_id: Id; held_on: Day; place?: string; host_id: Id; reviewers: NewReviewer[]; customer_ids: Id[] }
  /** `sealed`: only the bank can open it. */
  'evaluation.hand_in': { session_id: Id; reviewer_id: Id; forms: { customer_id: Id; sealed: Uint8Array }[] }
  /** `code_hash`: of the code; without it the code is withdrawn. */
  'evaluation.invite': { session_id: Id; reviewer_id: Id; code_hash?: Uint8Array }
  'evaluation.close': { session_id: Id }
  'evaluation.review': { session_id: Id; round: 1 | 2; items: { customer_id: Id; counted: number; percent: number; reason?: string }[] }
}

/** The reviewers of a session after one of them has handed in; what was handed in before stays. */
export function handedIn(reviewers: readonly EvaluationReviewer[], body: EvaluationBodies['evaluation.hand_in'], at: Instant): EvaluationReviewer[] {
  return reviewers.map((one): EvaluationReviewer => (one[0] === body.reviewer_id && one[4] === null ? [one[0], one[1], one[2], one[3], at, body.forms.length, null] : one))
}

/** The reviewers of a session after one of them was given a code, or lost it. */
export function invited(reviewers: readonly EvaluationReviewer[], body: EvaluationBodies['evaluation.invite']): EvaluationReviewer[] {
  return reviewers.map(([...one]): EvaluationReviewer => (one[0] === body.reviewer_id && one[4] === null ? [one[0], one[1], one[2], one[3], one[4], one[5], body.code_hash ? [null, null] : null] : one))
}

/** The results of a session after a review; one that has more forms than the reviewer saw stays as it was. */
export function reviewed(results: readonly EvaluationResult[], body: EvaluationBodies['evaluation.review'], staffId: Id, at: Instant): EvaluationResult[] {
  const items = new Map(body.items.map((item) => [item.customer_id, item]))
  return results.map((result): EvaluationResult => {
    const item = items.get(result[0])
    if (!item || item.counted !== result[2]) return result
    const review: EvaluationReview = [staffId, item.percent, item.counted, at, item.reason || null]
    const [a, b, c, d, e, f, g, h, i, j, first, , settled, settledAt] = result
    return body.round === 1 ? [a, b, c, d, e, f, g, h, i, j, review, null, settled, settledAt] : [a, b, c, d, e, f, g, h, i, j, first, review, item.percent, at]
  })
}
