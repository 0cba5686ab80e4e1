/**
 * The bank's rules over a feature row, as its databases evaluate them: three-valued logic, whole numbers cut towards
 * zero, days as `YYYY-MM-DD`. The trees come from `backend/strategy/phone.py`; a test holds both to the fen. Pure.
 */
import { daysBetween } from './dates'
import type { Day, Fen } from './rows'

/** A name, a number, true, false or null; else an operator with its arguments. */
export type Tree = string | number | boolean | null | readonly [string, ...Tree[]]
export type Value = string | number | boolean | null
export type Values = Record<string, Value>

type Said = [name: string, zh: string, en: string, unit: string, counted?: true]

/** As the bank sends them; the id is always `in_force`. */
export interface Rules {
  /** Names of the features that travel with a customer's result, in that order. */
  inputs: string[]
  /** What the phone works out from its own rows: name, source, tree, value without any rows. */
  features: [name: string, source: string, tree: Tree, otherwise: Value][]
  /** Each reads only what stands before it. */
  steps: [name: string, tree: Tree][]
  reasons: [code: string, when: string, amount: string][]
  most_reasons: number
  /** Reasons of which only the largest are told, beside the others: `when` says which of those that hold. `goal`: the amount to be reached, and what stands before it. Absent in rows from before. */
  ranked?: [code: string, when: string, amount: string, holds: string, goal: string | null, zh: string | null, en: string | null][]
  /** What features and amounts are called, in the order in which they are told; `counted`: a figure over many customers. */
  given: Said[]
  amounts: Said[]
  /** The lines of the credit score: for which kinds of customers, percent reached, weight in points, whether it counts. */
  score: [zh: string, en: string, kinds: string[], percent: Tree, weight: Tree, counts: Tree][]
}

/** A named value on the way to a result, by what it is called; `unit` as the catalogue has it. */
export interface Line {
  name: string
  zh: string
  en: string
  unit: string
  value: Value
  /** Of a figure over many customers: at which place (null: the policy's figure stands in), and the day. */
  counted?: { level: string | null; on: Day | null }
}
export interface ScoreLine {
  zh: string
  en: string
  percent: number
  weight: number
  /** False where nothing is known of it yet: the other lines share its points. */
  counts: boolean
}
export interface Calculation {
  given: Line[]
  score: ScoreLine[]
  amounts: Line[]
  /** What would raise the limit, the largest first, those that are not told elsewhere among them. */
  raises: [code: string, fen: Fen][]
}

/** What the rules say of a customer. Money in fen, rates in basis points. */
export interface Outcome {
  tier: string
  stage: string
  grade: string
  score: number
  limit_fen: Fen
  rate_bp: number | null
  contact_days: number
  visit_days: number
  reasons: [code: string, amountFen: Fen][]
}

type Args = readonly Tree[]

interface Row {
  values: Values
  asOf: Day
}

const number = (tree: Tree | undefined, row: Row) => evaluate(tree as Tree, row) as number | null

/** Of one number; null where it is not known. */
function alone([of]: Args, row: Row, work: (a: number) => number): number | null {
  const a = number(of, row)
  return a === null ? null : work(a)
}

/** Of numbers; null where one is. */
function both(args: Args, row: Row, work: (a: number, b: number) => number | null): number | null {
  const a = number(args[0], row)
  const b = number(args[1], row)
  return a === null || b === null ? null : work(a, b)
}

function compared(args: Args, row: Row, holds: (a: number | string | boolean, b: number | string | boolean) => boolean): boolean | null {
  const a = evaluate(args[0] as Tree, row)
  const b = evaluate(args[1] as Tree, row)
  return a === null || b === null ? null : holds(a, b)
}

/** Exact: of whole numbers that a double holds, no quotient is rounded up to a whole one that it does not reach. Never −0. */
const whole = (a: number, b: number) => Math.trunc(a / b) + 0

const calendar = (day: Day) => Number(day.replaceAll('-', ''))
const months = (day: Day) => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7))

function between(args: Args, row: Row, work: (from: Day, until: Day) => number): number | null {
  const from = evaluate(args[0] as Tree, row) as Day | null
  const until = evaluate(args[1] as Tree, row) as Day | null
  return from === null || until === null ? null : work(from, until)
}

/** AND: one false settles it, else one unknown leaves it open; OR the other way round. */
function settled(args: Args, row: Row, by: boolean): boolean | null {
  let open = false
  for (const arg of args) {
    const value = evaluate(arg, row)
    if (value === by) return by
    open ||= value === null
  }
  return open ? null : !by
}

function within([of, ...list]: Args, row: Row): boolean | null {
  const value = evaluate(of as Tree, row)
  if (value === null) return null
  let open = false
  for (const one of list) {
    const other = evaluate(one, row)
    if (other === value) return true
    open ||= other === null
  }
  return open ? null : false
}

/** LEAST and GREATEST pass over what is not known. */
function extreme(args: Args, row: Row, better: (a: Value, b: Value) => boolean): Value {
  let best: Value = null
  for (const arg of args) {
    const value = evaluate(arg, row)
    if (value !== null && (best === null || better(value, best))) best = value
  }
  return best
}

const less = (a: Value, b: Value) => (a as number) < (b as number)
const more = (a: Value, b: Value) => (a as number) > (b as number)

const OPERATORS: Record<string, (args: Args, row: Row) => Value> = {
  "'": ([value]) => value as string,
  as_of: (_, row) => row.asOf,
  case(args, row) {
    let at = 0
    for (; at + 1 < args.length; at += 2) if (evaluate(args[at] as Tree, row) === true) return evaluate(args[at + 1] as Tree, row)
    return evaluate(args[at] as Tree, row)
  },
  '+': (args, row) => both(args, row, (a, b) => a + b),
  '-': (args, row) => both(args, row, (a, b) => a - b),
  '*': (args, row) => both(args, row, (a, b) => a * b + 0), // never −0
  negate: (args, row) => alone(args, row, (a) => 0 - a),
  '=': (args, row) => compared(args, row, (a, b) => a === b),
  '<>': (args, row) => compared(args, row, (a, b) => a !== b),
  '<': (args, row) => compared(args, row, (a, b) => a < b),
  '<=': (args, row) => compared(args, row, (a, b) => a <= b),
  '>': (args, row) => compared(args, row, (a, b) => a > b),
  '>=': (args, row) => compared(args, row, (a, b) => a >= b),
  AND: (args, row) => settled(args, row, false),
  OR: (args, row) => settled(args, row, true),
  NOT([of], row) {
    const value = evaluate(of as Tree, row)
    return value === null ? null : !value
  },
  'IS NULL': ([of], row) => evaluate(of as Tree, row) === null,
  IN: within,
  BETWEEN: ([of, low, high], row) => settled([['>=', of as Tree, low as Tree], ['<=', of as Tree, high as Tree]], row, false),
  COALESCE(args, row) {
    for (const arg of args) {
      const value = evaluate(arg, row)
      if (value !== null) return value
    }
    return null
  },
  LEAST: (args, row) => extreme(args, row, less),
  GREATEST: (args, row) => extreme(args, row, more),
  ABS: (args, row) => alone(args, row, Math.abs),
  ratio: (args, row) => both(args, row, (a, b) => (b === 0 ? null : a / b)),
  share: (args, row) => both(args, row, (a, percent) => whole(a * percent, 100)),
  whole_ratio: (args, row) => both(args, row, whole),
  floor_to: (args, row) => both(args, row, (a, step) => a - (a % step)),
  days_between: (args, row) => between(args, row, daysBetween),
  months_between: (args, row) => between(args, row, (from, until) => months(until) - months(from)),
  years_between: (args, row) => between(args, row, (from, until) => whole(calendar(until) - calendar(from), 10_000)),
}

function evaluate(tree: Tree, row: Row): Value {
  if (typeof tree === 'string') {
    const value = row.values[tree]
    if (value === undefined) throw new Error(`no value of ${tree}`)
    return value
  }
  if (!Array.isArray(tree)) return tree as Value
  const [name, ...args] = tree as [string, ...Tree[]]
  const operator = OPERATORS[name]
  if (!operator) throw new Error(`no operator ${name}`)
  return operator(args, row)
}

/** An aggregate of the rows of a source; of none, or of unknown values alone, `otherwise`. */
export function gathered(tree: Tree, rows: readonly Values[], asOf: Day, otherwise: Value): Value {
  if (!Array.isArray(tree)) throw new Error('no aggregate')
  const [name, arg, where] = tree as [string, Tree, Tree?]
  const values = rows
    .map((row) => ({ values: row, asOf }))
    .filter((row) => where === undefined || evaluate(where, row) === true)
    .map((row) => evaluate(arg, row))
    .filter((value) => value !== null)
  // as in a database: without any row of the source at all, and only then, a count is not nought but `otherwise`
  if (name === 'COUNT') return rows.length ? values.length : otherwise
  if (name === 'COUNT DISTINCT') return rows.length ? new Set(values).size : otherwise
  if (!values.length) return otherwise
  switch (name) {
    case 'SUM':
      return (values as number[]).reduce((sum, value) => sum + value, 0)
    case 'MIN':
      return values.reduce((best, value) => (less(value, best) ? value : best))
    case 'MAX':
      return values.reduce((best, value) => (more(value, best) ? value : best))
  }
  throw new Error(`no aggregate ${name}`)
}

function workedOut(rules: Rules, values: Values, asOf: Day): Row {
  const row = { values: { ...values }, asOf }
  for (const [name, tree] of rules.steps) row.values[name] = evaluate(tree, row)
  return row
}

/** The way to a result: what it was worked out from, the points, and every amount in the order in which it comes about. */
export function calculation(rules: Rules, values: Values, asOf: Day): Calculation {
  const row = workedOut(rules, values, asOf)
  const said = (name: string) => (row.values[name] ?? null) as string | null
  const line = ([name, zh, en, unit, counted]: Said): Line => ({
    name, zh, en, unit, value: row.values[name] ?? null,
    ...(counted && { counted: { level: said(`${name}_level`), on: said('frozen_on') } }),
  })
  return {
    given: rules.given.map(line),
    amounts: rules.amounts.map(line),
    raises: (rules.ranked ?? [])
      .filter(([, , , holds]) => row.values[holds] === true)
      .map(([code, , amount]): [string, Fen] => [code, (row.values[amount] as Fen | null) ?? 0])
      .sort(([, a], [, b]) => b - a),
    score: rules.score
      .filter(([, , kinds]) => kinds.includes(row.values['kind'] as string))
      .map(([zh, en, , percent, weight, counts]) => ({
        zh, en, percent: (evaluate(percent, row) as number | null) ?? 0, weight: evaluate(weight, row) as number, counts: evaluate(counts, row) === true,
      })),
  }
}

/** What must be reached for a reason: the words before the amount, and the amount. */
export type Goals = Record<string, { zh: string; en: string; fen: Fen }>

/** The goals of reasons that hold, by code. */
export function goals(rules: Rules, values: Values, asOf: Day): Goals {
  const of = workedOut(rules, values, asOf).values
  return Object.fromEntries(
    (rules.ranked ?? []).flatMap(([code, , , holds, goal, zh, en]) => {
      const fen = goal === null ? null : of[goal]
      return of[holds] === true && typeof fen === 'number' ? [[code, { zh: zh ?? '', en: en ?? '', fen }]] : []
    }),
  )
}

/** What the rules say of a feature row on a day; `values` holds every input. */
export function outcome(rules: Rules, values: Values, asOf: Day): Outcome {
  const of = workedOut(rules, values, asOf).values
  const reasons = rules.reasons
    .filter(([, when]) => of[when] === true)
    .slice(0, rules.most_reasons)
    .map(([code, , amount]): [string, Fen] => [code, (of[amount] as Fen | null) ?? 0])
    .concat((rules.ranked ?? []).filter(([, when]) => of[when] === true).map(([code, , amount]) => [code, (of[amount] as Fen | null) ?? 0]))
  return {
    tier: of['tier'] as string,
    stage: of['stage'] as string,
    grade: of['grade'] as string,
    score: of['score_points'] as number,
    limit_fen: of['limit_fen'] as Fen,
    rate_bp: of['rate_bp'] as number | null,
    contact_days: of['contact_days'] as number,
    visit_days: of['visit_days'] as number,
    reasons,
  }
}
