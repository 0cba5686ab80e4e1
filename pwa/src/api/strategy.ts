/** The life of a strategy, online: drafts, their files, simulations, versions and recalculations. Money in fen, rates in basis points, instants as ISO texts in UTC. */
import type { Id, StaffRole } from '../domain/rows'
import { bodyOf, json, send, type HttpOptions } from './http'

type Instant = string
type Day = string

export interface Who {
  id: Id
  name: string
  role: StaffRole
}

export interface Version {
  version: number
  state: 'waiting' | 'in_force' | 'retired' | 'withdrawn'
  valid_from: Day
  published_at: Instant
  author: Who | null
  publisher: Who | null
  took_force_at: Instant | null
  left_force_at: Instant | null
  is_shipped: boolean
  /** False: its files were changed in the database, and nothing is worked out with it. */
  is_intact: boolean
}

export interface SimulationLine {
  id: Id
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
  stage: string
  base_version: number
  as_of: Day | null
  asked_at: Instant
  finished_at: Instant | null
  /** Of the draft as it is now, beside the version in force now. */
  is_current: boolean
  problem: string | null
}

export type DraftState = 'draft' | 'checked' | 'simulated' | 'submitted' | 'published' | 'dropped'
export type DraftAct = 'edit' | 'check' | 'simulate' | 'submit' | 'return' | 'publish' | 'drop' | 'rebase'

export interface Draft {
  id: Id
  title: string
  note: string
  origin: string
  state: DraftState
  base_version: number
  /** Another version was published since: its changes have to be taken along first. */
  is_outdated: boolean
  revision: number
  digest: string
  files_changed: string[]
  author: Who | null
  editors: Who[]
  changed_at: Instant
  changed_by: Who | null
  submitted_by: Who | null
  returned_reason: string | null
  published_version: number | null
  simulation: SimulationLine | null
  /** What whoever asks may do now. */
  may: DraftAct[]
}

export interface Strategy {
  in_force: number | null
  today: Day
  versions: Version[]
  drafts: Draft[]
}

export type Change = 'none' | 'added' | 'changed' | 'removed'

export interface FileLine {
  path: string
  change: Change
  /** Of the draft when it last changed here; 0: as in the base. */
  revision: number
  changed_by: Who | null
  changed_at: Instant | null
}

export interface FileView {
  path: string
  /** Null: removed. */
  text: string | null
  /** Null: not in the base. */
  base: string | null
  revision: number
  draft_revision: number
  changed_by: Who | null
  changed_at: Instant | null
}

export interface RuleProblem {
  file: string
  /** 1 is the first. */
  line: number
  /** Of `strategy.wrong`, with its values. */
  code: string
  values: Record<string, string>
  /** The same in English. */
  message: string
  nearest: string | null
}

export interface DiffLine {
  sign: ' ' | '-' | '+'
  text: string
}

/** A figure's number from a day on. */
export interface FigureDay {
  since: Day
  value: number
  /** What the base says for that day. */
  base: number | null
}

export interface Figure {
  name: string
  zh: string
  en: string
  explain_zh: string
  explain_en: string
  unit: string
  source: string
  path: string
  line: number
  values: FigureDay[]
}

export interface Figures {
  /** Of the draft. */
  revision: number
  figures: Figure[]
}

export interface FieldValue {
  number: number | null
  zh: string
  en: string
  unit: string
}

/** A field of a changed definition; see FieldMove of the bank's. */
export interface FieldMove {
  path: string[]
  zh: string
  en: string
  sign: string
  unit: string
  before: FieldValue | null
  after: FieldValue | null
  join: '' | 'and' | 'or'
  sign_before: string
}

export interface RuleDiff {
  kind: string
  name: string
  zh: string
  en: string
  path: string
  line: number
  change: Change
  lines: DiffLine[]
  fields: FieldMove[]
}

export interface Difference {
  base_version: number
  files: { path: string; change: Change; diff: string }[]
  rules: RuleDiff[]
  problems: RuleProblem[]
}

export interface Name {
  name: string
  kind: 'figure' | 'feature' | 'score' | 'choice' | 'amount' | 'column'
  type: string
  unit: string | null
  zh: string
  en: string
  explain_zh: string
  explain_en: string
  codes: string[]
  source: string | null
}

export interface FunctionName {
  name: string
  sign: string
  zh: string
  en: string
  only: string | null
}

export interface Names {
  /** False: the draft cannot be read, these are those of its base. */
  is_whole: boolean
  names: Name[]
  functions: FunctionName[]
}

export interface Gate {
  count: number
  known: number
  per_mille: number
  is_passed: boolean
}

export interface Sums {
  customers: number
  limit_fen: number
  with_limit: number
  rate_bp: number | null
}

/** Customers above `over` up to and with `up_to`; null: no such end. */
export interface Band {
  over: number | null
  up_to: number | null
  before: number
  after: number
}

export interface Turn {
  kind: 'tag' | 'event' | 'product' | 'offer'
  name: string
  zh: string
  en: string
  gained: number
  lost: number
  held: number
}

export interface OfBranch {
  branch_id: Id | null
  name: string | null
  before: Sums
  after: Sums
  rises: number
  falls: number
  zeroed: number
}

export interface ReasonMove {
  code: string
  zh: string
  en: string
  before_fen: number | null
  after_fen: number | null
}

export interface Mover {
  customer_id: Id
  name: string | null
  branch_id: Id | null
  branch: string | null
  tier_before: string
  tier_after: string
  limit_before_fen: number
  limit_after_fen: number
  rate_before_bp: number | null
  rate_after_bp: number | null
  /** What differs most. */
  reasons: ReasonMove[]
  /** Every line of both explanations, of the hundred that move most; none in simulations from before they were kept. */
  lines: ReasonMove[]
  /** Where customers were asked for: what they get or lose. */
  gained: Turned[]
  lost: Turned[]
}

export type Turned = Pick<Turn, 'kind' | 'name' | 'zh' | 'en'>

/** Customers behind a figure of a simulation. `branch`: those whose tier, limit or rate is another one. */
export type Chosen =
  | { of: 'cell'; before: string; after: string }
  | { of: 'band'; value: 'limit' | 'rate'; side: 'before' | 'after'; over: number | null; up_to: number | null }
  | { of: 'gate'; value: 'tier' | 'limit' }
  | { of: 'turn'; kind: string; name: string; change: 'gained' | 'lost' }
  | { of: 'branch'; branch_id: Id | null }

export interface SimulationResult {
  customers: number
  changed: number
  rises: number
  falls: number
  /** Highest first. */
  tiers: { code: string; zh: string; en: string }[]
  matrix: { before: string; after: string; customers: number }[]
  tier_gate: Gate
  zero_gate: Gate
  before: Sums
  after: Sums
  limits: Band[]
  rates: Band[]
  turns: Turn[]
  rules: { name: string; customers: number }[]
  branches: OfBranch[]
  seconds: Record<string, number>
}

export interface Simulation {
  line: SimulationLine
  draft_id: Id
  draft_title: string
  digest: string
  result: SimulationResult | null
}

export interface Run {
  id: Id
  cause: string
  engine: string
  version: number
  as_of: Day
  state: 'running' | 'done' | 'held' | 'settled' | 'cut' | 'failed' | 'superseded'
  is_waiting: boolean
  started_at: Instant
  finished_at: Instant | null
  customers: number
  changed: number
  known: number
  tiers: number
  zeroed: number
  released_at: Instant | null
  /** Why it is held, where not for what it moves. */
  problem: string | null
  /** The sources that were too old for it: the newest file of these kinds tells of `day`, and may be `days` old. */
  stale: { source: string; zh: string; en: string; files: string[]; day: Day; days: number }[]
}

/** All rules are read, typed and tried on their examples: seconds, or a minute where the bank is busy. */
const READING_MS = 180_000
const BASE = '/api/v1/strategy'
const of = (draft: Id) => `${BASE}/drafts/${draft}`
const filed = (draft: Id, path: string) => `${of(draft)}/file?path=${encodeURIComponent(path)}`

export const overview = (http: HttpOptions): Promise<Strategy> => json(http, 'GET', BASE)
export const startDraft = (http: HttpOptions, title: string, from_version: number | null): Promise<Draft> => json(http, 'POST', `${BASE}/drafts`, { title, from_version })
export const draftOf = (http: HttpOptions, draft: Id): Promise<Draft> => json(http, 'GET', of(draft))
export const nameDraft = (http: HttpOptions, draft: Id, title: string, note: string): Promise<Draft> => json(http, 'PUT', of(draft), { title, note })
export const filesOf = (http: HttpOptions, draft: Id): Promise<FileLine[]> => json(http, 'GET', `${of(draft)}/files`)
export const fileOf = (http: HttpOptions, draft: Id, path: string): Promise<FileView> => json(http, 'GET', filed(draft, path))
export const namesOf = (http: HttpOptions, draft: Id): Promise<Names> => json(http, 'GET', `${of(draft)}/names`)
export const figuresOf = (http: HttpOptions, draft: Id): Promise<Figures> => json(http, 'GET', `${of(draft)}/figures`)
/** Another number from a day on; the figure's file changes with it. Throws ApiProblem `file_moved`, `bad_day`, `bad_catalogue`. */
export const putFigure = (http: HttpOptions, draft: Id, name: string, revision: number, since: Day, value: number): Promise<Figures> =>
  json(http, 'PUT', `${of(draft)}/figures/${name}`, { revision, since, value })
export const differenceOf = (http: HttpOptions, draft: Id): Promise<Difference> => json(http, 'GET', `${of(draft)}/difference`)
export const versionDifference = (http: HttpOptions, version: number): Promise<Difference> => json(http, 'GET', `${BASE}/versions/${version}/difference`)

/** `revision`: of the draft, upon which the text was written. Throws ApiProblem `file_moved` with `theirs` where somebody else wrote meanwhile. */
export const saveFile = (http: HttpOptions, draft: Id, path: string, revision: number, text: string | null): Promise<FileView> =>
  json(http, 'PUT', `${of(draft)}/file`, { path, revision, text })
export const checkDraft = (http: HttpOptions, draft: Id): Promise<{ problems: RuleProblem[]; draft: Draft; examples: RuleProblem[] }> => json(http, 'POST', `${of(draft)}/check`, undefined, READING_MS)
export const simulateDraft = (http: HttpOptions, draft: Id): Promise<SimulationLine> => json(http, 'POST', `${of(draft)}/simulate`)
export const submitDraft = (http: HttpOptions, draft: Id): Promise<Draft> => json(http, 'POST', `${of(draft)}/submit`)
export const returnDraft = (http: HttpOptions, draft: Id, reason: string): Promise<Draft> => json(http, 'POST', `${of(draft)}/return`, { reason })
export const publishDraft = (http: HttpOptions, draft: Id, digest: string, valid_from: Day): Promise<Draft> => json(http, 'POST', `${of(draft)}/publish`, { digest, valid_from }, READING_MS)
export const rebaseDraft = (http: HttpOptions, draft: Id): Promise<{ draft: Draft; met: string[] }> => json(http, 'POST', `${of(draft)}/rebase`)
export const dropDraft = (http: HttpOptions, draft: Id): Promise<Draft> => json(http, 'POST', `${of(draft)}/drop`)

export const simulationOf = (http: HttpOptions, simulation: Id): Promise<Simulation> => json(http, 'GET', `${BASE}/simulations/${simulation}`)
export const cancelSimulation = (http: HttpOptions, simulation: Id): Promise<SimulationLine> => json(http, 'POST', `${BASE}/simulations/${simulation}/cancel`)
export const moversOf = (http: HttpOptions, simulation: Id, purpose: string | null): Promise<{ movers: Mover[] }> => json(http, 'POST', `${BASE}/simulations/${simulation}/movers`, { purpose })

export const rollBack = (http: HttpOptions, version: number, reason: string): Promise<Draft> => json(http, 'POST', `${BASE}/versions/${version}/roll-back`, { reason }, READING_MS)
export const withdrawVersion = (http: HttpOptions, version: number, reason: string): Promise<void> => json(http, 'POST', `${BASE}/versions/${version}/withdraw`, { reason })
export const runsOf = (http: HttpOptions): Promise<{ runs: Run[] }> => json(http, 'GET', `${BASE}/runs`)
export const releaseRun = (http: HttpOptions, run: Id): Promise<{ runs: Run[] }> => json(http, 'POST', `${BASE}/runs/${run}/release`)

/** A ZIP of YAML files becomes a draft. Throws ApiProblem `bad_archive`, `bad_path`, `catalogue_too_large`. */
export async function bringArchive(http: HttpOptions, title: string, zip: Blob): Promise<{ draft: Draft; problems: RuleProblem[] }> {
  const init = { method: 'POST', headers: { Accept: 'application/json', 'Content-Type': 'application/zip' }, body: zip }
  const bytes = await bodyOf(await send(http, `${BASE}/drafts/archive?title=${encodeURIComponent(title)}`, init, READING_MS))
  return JSON.parse(new TextDecoder().decode(bytes)) as { draft: Draft; problems: RuleProblem[] }
}

export const draftArchive = async (http: HttpOptions, draft: Id): Promise<Blob> => new Blob([await bodyOf(await send(http, `${of(draft)}/archive`, {}))], { type: 'application/zip' })
export const versionArchive = async (http: HttpOptions, version: number): Promise<Blob> =>
  new Blob([await bodyOf(await send(http, `${BASE}/versions/${version}/archive`, {}))], { type: 'application/zip' })

/** A page of the customers behind a figure, those that move most first, from place `after` on. Throws ApiProblem `customers_gone`. */
export const behind = (http: HttpOptions, simulation: Id, chosen: Chosen, after: number, purpose: string | null): Promise<{ total: number; customers: Mover[] }> =>
  json(http, 'POST', `${BASE}/simulations/${simulation}/customers`, { chosen, after, purpose })

/** The movers, or those behind a figure, as a table. Throws ApiProblem `too_many_rows`. */
export async function exportMovers(http: HttpOptions, simulation: Id, format: 'csv' | 'xlsx', purpose: string | null, chosen: Chosen | null): Promise<Blob> {
  const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ format, purpose, chosen }) }
  return new Blob([await bodyOf(await send(http, `${BASE}/simulations/${simulation}/export`, init))])
}
