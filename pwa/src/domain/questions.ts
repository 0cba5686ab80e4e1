/**
 * What is worth asking of a customer: what is missing, what does not fit together (backend/customers/questions.yaml), what is
 * old by the bank's policy; the most valuable first. What somebody could or would not answer rests. Pure.
 */
import { addDays } from './dates'
import type { LeftWhy } from './fileBodies'
import declared from './questions.json'
import { isThing, type CustomerKind, type Day, type FieldValue, type Id, type RecordRow } from './rows'
import { FILE_FIELDS } from './sections'
import type { CustomerView } from './views'

/** In the order in which they are shown where nobody says what they are worth. */
export const FILE_SECTIONS = ['members', 'income', 'assets', 'phone', 'spending', 'point', 'home'] as const

interface Mismatch {
  zh: string
  en: string
  when: { record?: string; other_than?: Record<string, string[]>; value?: string; member?: Record<string, string[]>; people?: string }
  expects: { value?: string; record?: string } | null
}
export const MISMATCHES = declared as unknown as Record<string, Mismatch>

/** The bank's figures; what an answer is worth is told to its own people only. */
export interface QuestionFigures {
  weights: Record<string, number> | null
  mark: number
  ageDays: Record<string, number>
  againDays: Record<LeftWhy, number>
}

/** Until the bank's partition has arrived nothing is old, and these hold. */
export function questionFigures(policy: (key: string) => unknown): QuestionFigures {
  return {
    weights: (policy('completeness_weights') as Record<string, number> | undefined) ?? null,
    mark: (policy('completeness_mark') as number | undefined) ?? 80,
    ageDays: (policy('value_age_days') as Record<string, number> | undefined) ?? {},
    againDays: (policy('ask_again_days') as Record<LeftWhy, number> | undefined) ?? { unknown: 90, refused: 180 },
  }
}

export interface Edit {
  field: string
  seen: FieldValue
  value: FieldValue
}

export interface Question {
  key: string
  why: 'missing' | 'mismatch' | 'old'
  /** What it is about: a section of the file, a name among MISMATCHES, or a record. */
  about: string
  /** Where it is answered, below the customer's page. */
  path: string
  /** What an answer adds to the file's points; null where that is not told, or nothing. */
  points: number | null
  /** Since when the oldest of it stands. */
  since: Day | null
  /** What says that it is still so; null where nothing was said. */
  same: { edits: Edit[] } | { record: RecordRow } | null
  /** Whether it may be left: a record is changed, or gone. */
  leavable: boolean
}

/** A question that rests, until when, and who asked (null where that is not told). */
export interface Resting {
  about: string
  why: LeftWhy
  until: Day
  staff: Id | null
}

export interface Questions {
  open: Question[]
  resting: Resting[]
  /** Answers with which the file reaches the mark; null where that is not told, is so, or no answers reach it. */
  left: number | null
}

/** The sections that such a customer can have: a business has no home. With what they are worth of 100 points. */
export function sectionPoints(kind: CustomerKind, weights: Record<string, number>): Record<string, number> {
  const theirs = Object.entries(weights).filter(([section]) => canHave(kind, section))
  const total = theirs.reduce((sum, [, weight]) => sum + weight, 0) || 1
  return Object.fromEntries(theirs.map(([section, weight]) => [section, (100 * weight) / total]))
}
export function canHave(kind: CustomerKind, section: string): boolean {
  const asked = FILE_FIELDS.filter((one) => one.section === section && one.of !== null)
  return asked.length === 0 || asked.some((one) => one.of === kind)
}

const LEADS = ['head', 'legal_person', 'owner']

/** Where a section is filled in; null where no form does. */
export function sectionPath(view: Pick<CustomerView, 'customer' | 'members'>, section: string, field?: string): string | null {
  const { kind } = view.customer
  if (section === 'members') return 'member'
  if (section === 'assets') return kind === 'business' ? 'record/premises' : 'record/real_estate'
  if (section === 'phone') {
    const lead = view.members.find(({ relation }) => LEADS.includes(relation)) ?? view.members[0]
    return lead ? `member/${lead.id}?field=phone` : 'member?field=phone'
  }
  const first = FILE_FIELDS.find((one) => one.section === section && one.of === kind && (field === undefined || one.name === field))
  return first?.form ? `${first.form}?field=${first.name}` : null
}

/** The sections without data: the bank's word, less what was filled in on this phone since. */
export function openSections({ customer, file, members, records }: CustomerView): string[] {
  const filled = (section: string): boolean => {
    if (section === 'members') return members.length > 0
    if (section === 'point') return customer.lon !== null && customer.lon !== undefined
    if (section === 'phone') return members.some(({ phone }) => !!phone)
    if (section === 'assets') return records.some(({ kind }) => isThing(kind))
    return FILE_FIELDS.some((one) => one.section === section && isSaid(file?.values?.[one.name]?.[0]))
  }
  return (file?.open_sections ?? []).filter((section) => canHave(customer.kind, section) && !filled(section))
}
const isSaid = (value: FieldValue | undefined): boolean => value !== undefined && value !== null

export function questionsOf(view: CustomerView, figures: QuestionFigures, today: Day): Questions {
  const { customer, file } = view
  if (!file) return { open: [], resting: [], left: null }
  const points = figures.weights ? sectionPoints(customer.kind, figures.weights) : {}
  const missing = openSections(view)
    .flatMap((section): Question[] => {
      const path = sectionPath(view, section)
      const worth = points[section]
      return path ? [{ key: section, why: 'missing', about: section, path, points: worth === undefined ? null : Math.round(worth), since: null, same: null, leavable: true }] : []
    })
    .sort((a, b) => (b.points ?? 0) - (a.points ?? 0))
  const all = [...missing, ...mismatchesOf(view), ...oldOf(view, figures, today)]
  // what was answered since does not rest any more: it is no question
  const resting = restingOf(view, figures, today).filter(({ about }) => all.some((one) => one.about === about))
  const rests = new Set(resting.map(({ about }) => about))
  const open = all.filter(({ about }) => !rests.has(about))
  const worth = open.flatMap(({ why, about }) => (why === 'missing' ? [points[about] ?? 0] : []))
  return { open, resting, left: leftTo(figures.mark, file.points, worth) }
}

function leftTo(mark: number, now: number | undefined, worth: number[]): number | null {
  if (now === undefined || now >= mark) return null
  let sum = now
  for (const [n, one] of worth.entries()) {
    sum += one
    if (Math.floor(sum + 1e-9) >= mark) return n + 1
  }
  return null
}

function restingOf({ file }: CustomerView, { againDays }: QuestionFigures, today: Day): Resting[] {
  return Object.entries(file?.unanswered ?? {}).flatMap(([about, [why, day, staff]]) => {
    const until = addDays(day, againDays[why] ?? 0)
    return until > today ? [{ about, why, until, staff: staff ?? null }] : []
  })
}

/** An agent sees only what they said themselves: what is not there may be there all the same, and is not asked. */
function mismatchesOf(view: CustomerView): Question[] {
  const { customer, file, members, records } = view
  const seesAll = file?.points !== undefined
  const open = openSections(view)
  const said = (field: string) => file?.values?.[field]?.[0]
  const isMember = (row: object, of: Record<string, string[]>) => Object.entries(of).some(([field, codes]) => codes.includes(String((row as Record<string, unknown>)[field])))
  return Object.entries(MISMATCHES).flatMap(([about, { when, expects }]): Question[] => {
    const question = (path: string | null): Question[] => (path ? [{ key: about, why: 'mismatch', about, path, points: null, since: null, same: null, leavable: true }] : [])
    if (when.people) {
      const told = said(when.people)
      if (typeof told !== 'number' || told === members.length) return []
      return question(told > members.length ? 'member' : sectionPath(view, 'home', when.people))
    }
    const there = when.record
      ? records.some((row) => row.kind === when.record && !Object.entries(when.other_than ?? {}).some(([field, codes]) => codes.includes(String(row.detail?.[field]))))
      : when.value
        ? Number(said(when.value) ?? 0) > 0
        : members.some((row) => isMember(row, when.member ?? {}))
    if (!there || !expects) return []
    if (expects.record) return seesAll && !open.includes('assets') && !records.some(({ kind }) => kind === expects.record) ? question(`record/${expects.record}`) : []
    const field = FILE_FIELDS.find(({ name, of }) => name === expects.value && of === customer.kind)
    if (!field?.section || open.includes(field.section) || (!seesAll && said(field.name) === undefined)) return []
    return Number(said(field.name) ?? 0) > 0 ? [] : question(sectionPath(view, field.section, field.name))
  })
}

function oldOf(view: CustomerView, { ageDays }: QuestionFigures, today: Day): Question[] {
  const { customer, file, records } = view
  const isOld = (day: Day | null, days: number | undefined): day is Day => day !== null && days !== undefined && addDays(day, days) < today
  const sections = FILE_SECTIONS.flatMap((section): Question[] => {
    const fields = FILE_FIELDS.filter((one) => one.section === section && one.of === customer.kind)
    const stale = fields.flatMap(({ name }) => {
      const [value, source, day] = file?.values?.[name] ?? [null, '', null]
      return isSaid(value) && source === 'collected' && isOld(day, ageDays[section]) ? [{ name, value, day }] : []
    })
    const oldest = [...stale].sort((a, b) => a.day.localeCompare(b.day))[0]
    if (!oldest) return []
    const path = sectionPath(view, section, oldest.name)
    const same = { edits: stale.map(({ name, value }) => ({ field: name, seen: value, value })) }
    return path ? [{ key: `old:${section}`, why: 'old', about: section, path, points: null, since: oldest.day, same, leavable: true }] : []
  })
  const things = records.flatMap((row): Question[] => {
    if (!isOld(row.observed_on, ageDays[row.kind] ?? (isThing(row.kind) ? ageDays['assets'] : undefined))) return []
    return [{ key: row.id, why: 'old', about: row.id, path: `record/${row.kind}/${row.id}`, points: null, since: row.observed_on, same: { record: row }, leavable: false }]
  })
  return [...sections, ...things].sort((a, b) => (a.since ?? '').localeCompare(b.since ?? ''))
}
