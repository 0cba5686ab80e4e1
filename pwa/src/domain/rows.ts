/**
 * The rows a phone holds: the kinds and fields of the synchronisation contract, section 7.
 * Money is fen, rates are basis points, lengths metres, instants milliseconds since 1970 UTC, days `YYYY-MM-DD` in the
 * bank's time zone. A field that a projection leaves out (an agent's, say) is absent; one without a value is null.
 */

import type { EvaluationResult, EvaluationReviewer } from './evaluation'
import type { Left } from './fileBodies'
import type { OpportunityRow } from './opportunities'
import type { Rules, Value } from './rules'
import type { CoverageRow, DueRow, HighEndRow, WorkloadRow } from './team'
import type { Visit, VisitRow } from './visitRows'

export type Id = string
/** A day in the bank's time zone, `YYYY-MM-DD`. */
export type Day = string
/** Milliseconds since 1970-01-01 UTC. */
export type Instant = number
export type Fen = number

export type StaffRole = 'agent' | 'manager' | 'deputy_head' | 'branch_head' | 'hq_lead' | 'hq_business' | 'hq_data' | 'risk_officer' | 'auditor' | 'admin'

export type CustomerKind = 'household' | 'business'
export type Channel = 'onsite' | 'phone' | 'wechat' | 'branch' | 'meeting'
export type Outcome = 'met' | 'absent' | 'refused' | 'moved' | 'wrong_address' | 'wrong_grid'
export type PhotoClass = 'home' | 'business' | 'land' | 'collateral' | 'contract' | 'licence' | 'id' | 'other'
export type FileClass = PhotoClass | 'signature' | 'voice'
/** Kinds of what somebody owns. */
export const THINGS = ['real_estate', 'vehicle', 'farmland', 'livestock', 'machinery', 'premises', 'financial'] as const
export type RecordKind = (typeof THINGS)[number] | 'debt' | 'guarantee' | 'intention' | 'honour' | 'partner'
export const isThing = (kind: RecordKind): boolean => (THINGS as readonly RecordKind[]).includes(kind)
export type Tier = 'high_end' | 'core' | 'basic' | 'potential'
export type Stage = 'new' | 'growing' | 'mature' | 'declining' | 'dormant' | 'lost'
export type Grade = 'AAA' | 'AA' | 'A' | 'none'
export type TaskState =
  | 'open'
  | 'in_progress'
  | 'submitted'
  | 'approved'
  | 'returned'
  | 'closed'
  | 'cancelled'
  | 'expired'

/** What a row says about the entry of this phone that still lies over it. */
export interface Pending {
  /** The command that changed it. */
  command: Id
  /** `saved`: only on this phone; `received`: the bank has it, its own row is still under way. */
  state: 'saved' | 'received'
}

export interface RowBase {
  id: Id
  /** Revision of the partition that brought the row; 0 for a row that so far exists on this phone only. */
  revision: number
  /** Set while an entry of this phone lies over the row. */
  pending?: Pending
}

export interface GridRow extends RowBase {
  code: string
  name: string
  kind: string
  township: string | null
  lon: number | null
  lat: number | null
  manager_id: Id | null
  /** Absent in rows from before the bank told it. */
  agent_ids?: Id[]
}

export interface CustomerRow extends RowBase {
  kind: CustomerKind
  name: string
  pinyin: string
  initials: string
  grid_id: Id | null
  branch_id?: Id | null
  address: string | null
  lon: number | null
  lat: number | null
  owner_id?: Id | null
  phone?: string | null
  members: number
  home_book: string
  created_on?: Day
  status: string
}

export type FieldValue = number | string | boolean | null
/** [value, source, observed_on, staff_id]: the last one absent where the bank's own systems say it. */
export type FileValue = [value: FieldValue, source: string, observedOn: Day | null, staffId?: Id | null]

export interface FileRow extends RowBase {
  values?: Record<string, FileValue>
  open_sections: string[]
  unanswered?: Record<string, Left> // asked in vain; absent in rows from before
  points?: number
}

/** [purpose, given or withdrawn, number of the text, day, who signed, and of one signed on paper where it lies: empty for agents] */
export type ConsentSaid = [purpose: string, given: boolean, textNumber: number | null, on: Day, signedBy: Id | null, paper?: string]

/** Rows from before there were consents lack the last fields; an agent's lack what only the bank's people see. */
export type Given = [day: Day, staffId: Id | null, fields: string[]]

export interface MemberRow extends RowBase {
  customer_id: Id
  person_id: Id
  name: string
  relation: string
  sex: 'm' | 'f' | null
  birth_on: Day | null
  phone?: string | null
  whereabouts: string | null
  occupation: string | null
  education: string | null
  /** A person. */
  guardian_id?: Id | null
  /** The bank has an ID number. */
  id_known?: boolean
  /** When, and by whom, another number was entered last, while it is open which is right; agents are told of themselves alone. */
  id_contested?: [on: Day, staffId: Id | null] | null
  /** One was entered on this phone of a person who has one, and the bank has not compared it yet. */
  id_entered?: true
  /** The last word on each purpose. */
  consents?: ConsentSaid[]
  /** When and by whom fields were said; the first, without fields, is for all others. Absent in rows from before. */
  given?: Given[]
  id_from?: Day | null
  id_until?: Day | null
  id_long?: boolean | null
  marriage?: string | null
  employer?: string | null
  work_place?: string | null
  health?: string | null
}

export type RecordDetail = Record<string, string | number | boolean | null>

export interface RecordRow extends RowBase {
  customer_id: Id
  kind: RecordKind
  label: string
  value_fen: Fen | null
  area_m2: number | null
  quantity: number | null
  observed_on: Day | null
  source: string
  detail: RecordDetail | null
  staff_id?: Id | null // who said so last; absent in rows from before
}

/** A photo of the file; papers are an agent's never. */
export interface PhotoRow extends RowBase {
  customer_id: Id
  /** Whose papers it shows. */
  person_id: Id | null
  hash: string
  class: PhotoClass
  arrived: boolean
  taken_on: Day
  staff_id: Id | null
}

export interface StandingRow extends RowBase {
  /** Deposits and inflow are of those holders who consent. */
  deposits_fen: Fen
  year_average_fen: Fen
  loans_fen: Fen
  granted_fen: Fen
  overdue_days: number
  next_due_on: Day | null
  products: string[]
  flow_in_fen: Fen
  /** Null where the bank's systems know no account and no loan. */
  as_of: Day | null
  /** How many people's accounts are in it, and how many people's are not. */
  open_holders: number
  closed_holders: number
  /** What the provincial credit system said last, of whoever consents: shown beside ours, and decides nothing. */
  province_grade: Grade | null
  province_limit_fen: Fen | null
  province_on: Day | null
  /** Said on this phone of somebody's accounts and not at the bank yet. */
  accounts?: 'signed' | 'withdrawn'
}

export interface ProfileRow extends RowBase {
  tier: Tier
  stage: Stage
  /** Tag words: bit b of the catalogue is bit b % 64 of word b / 64, each word 8 bytes big-endian. */
  tags: Uint8Array[]
  limit_fen: Fen
  rate_bp: number | null
  grade: Grade | null
  score: number
  reasons: [code: string, amountFen: Fen][]
  decision_id: Id
  /** Number of the catalogue's version. */
  version: number
  as_of: Day
  /** Products that suit, and packages and plans for the customer, as words like those of tags. */
  products: Uint8Array[]
  offers: Uint8Array[]
  /** The features it was worked out from, in the order of the rules' inputs; absent or null where they are not known. */
  inputs?: Value[] | null
}

/** The rules in force, as a tree: one row, `in_force`. */
export interface RulesRow extends RowBase, Rules {}

export interface TaskRow extends RowBase {
  kind: string
  /** `contact` or `visit`; absent for agents. */
  duty?: string | null
  customer_id: Id
  customer_name: string
  grid_id: Id | null
  due_on: Day
  state: TaskState
  rhythm_days?: number | null
  /** Whose it is: only where a customer was looked at online, all others are one's own. */
  staff_id?: Id
  opened_on: Day
  submitted_at: Instant | null
  evidence_id: Id | null
  decided_at: Instant | null
  decided_by: Id | null
  reason: string | null
}

export interface InboxRow extends RowBase {
  kind: string
  params: Record<string, string | number | boolean | null>
  at: Instant
  read_at: Instant | null
}

export type ApprovalChange = [what: string, from: FieldValue, to: FieldValue, at: Instant]

export interface ApprovalRow extends RowBase {
  customer_id: Id
  customer_name: string
  grid_name: string
  tier: Tier | null
  staff_id: Id
  state: TaskState
  submitted_at: Instant
  due_on: Day
  visit: (Visit & { id?: Id }) | null
  customer_lon: number | null
  customer_lat: number | null
  changes: ApprovalChange[]
  flags: string[]
  decided_at: Instant | null
  decided_by: Id | null
  reason: string | null
}

/** What became of a suggested edit. */
export type SuggestionState = 'open' | 'accepted' | 'dismissed'

/** An edit whose author no longer looks after the customer: it waits for the word of whoever does. */
export interface SuggestionRow extends RowBase {
  customer_id: Id
  /** Where nobody looks after the household and the branch's heads decide: they do not hold it. */
  customer_name?: string
  author_id: Id
  /** The command's name and body; of `member.…` with `person_name`, of an ID number only that it is there. */
  type: string
  body: Record<string, unknown>
  /** When its author saw it. */
  at: Instant
  state: SuggestionState
  decided_at: Instant | null
  decided_by: Id | null
}

export type DisputedValue = [value: number | string | null, source: string, at: Instant, staffId: Id | null]

/** An amount of which a person must say what is right. */
export interface DisputeRow extends RowBase {
  customer_id: Id
  /** As in a suggestion. */
  customer_name?: string
  field: string
  /** The one that stands first; none once it is settled. */
  values: DisputedValue[]
  opened_at: Instant
  state: 'open' | 'settled'
  settled_at: Instant | null
  settled_by: Id | null
  value: number | string | null
}

/** A village evaluation; `grid_name`, `created_by`, `results` are absent for agents. */
export interface EvaluationRow extends RowBase {
  grid_id: Id
  held_on: Day
  place: string
  host_id: Id
  reviewers: EvaluationReviewer[]
  households: Id[]
  /** What is saved later counts no more. */
  closed_at: Instant | null
  grid_name?: string
  created_by?: Id | null
  results?: EvaluationResult[]
}

export interface StafferRow extends RowBase {
  name: string
  role: StaffRole
  branch_id: Id | null
  branch_name: string | null
}

export interface ProductRow extends RowBase {
  zh: string
  en: string
  need: boolean
  order: number
}

export interface TermRow extends RowBase {
  zh: string
  en: string
  text_zh: string | null
  text_en: string | null
  /** Position of a tag, an event, a product, a package or a plan among their words; null for other terms. */
  bit: number | null
}

/** A visit that was logged with a typed name and still waits for its household. */
export interface UnplacedRow extends RowBase {
  staff_id: Id
  name: string
  place: string
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
  /** How many. */
  photos: number
  next_on: Day | null
  next_purpose: string | null
  /** Households that may be meant, likeliest first. */
  offered: Id[]
}

export interface PolicyRow extends RowBase {
  value: FieldValue
}

/** Every kind by its name on the wire. */
export interface RowKinds {
  grid: GridRow
  customer: CustomerRow
  file: FileRow
  member: MemberRow
  record: RecordRow
  photo: PhotoRow
  standing: StandingRow
  profile: ProfileRow
  visit: VisitRow
  unplaced: UnplacedRow
  task: TaskRow
  inbox: InboxRow
  approval: ApprovalRow
  workload: WorkloadRow
  coverage: CoverageRow
  due: DueRow
  highend: HighEndRow
  suggestion: SuggestionRow
  dispute: DisputeRow
  opportunity: OpportunityRow
  evaluation: EvaluationRow
  staffer: StafferRow
  product: ProductRow
  term: TermRow
  rules: RulesRow
  policy: PolicyRow
}

export type Kind = keyof RowKinds
export type AnyRow = RowKinds[Kind]

/** A group of rows as it travels; unknown kinds and fields are kept and not shown. */
export interface RowGroup {
  kind: string
  fields: string[]
  rows: unknown[][]
  gone: [id: Id, revision: number, movedTo: string | null][]
}
