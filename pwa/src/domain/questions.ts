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
  /** What a section in which something is older still counts of its points. */
  oldPercent: number
  againDays: Record<LeftWhy, number>
}

/** Until the bank's partition has arrived nothing is old, and these hold. */
export function questionFigures(policy: (key: string) => unknown): QuestionFigures {
  return {
    weights: (policy('completeness_weights') as Record<string, number> | undefined) ?? null,
    mark: (policy('completeness_mark') as number | undefined) ?? 80,
    ageDays: (policy('value_age_days') as Record<string, number> | undefined) ?? {},
    oldPercent: (policy('old_answer_percent') as number | undefined) ?? 100,
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
  /** What an answer adds to the file's points, unrounded; null where that is not told, or nothing. */
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
      return path ? [{ key: section, why: 'missing', about: section, path, points: points[section] ?? null, since: null, same: null, leavable: true }] : []
    })
  const all = [...missing, ...mismatchesOf(view), ...oldOf(view, figures, today)].sort((a, b) => (b.points ?? 0) - (a.points ?? 0))
  // what was answered since does not rest any more: it is no question
  const resting = restingOf(view, figures, today).filter(({ about }) => all.some((one) => one.about === about))
  const rests = new Set(resting.map(({ about }) => about))
  const open = all.filter(({ about }) => !rests.has(about))
  return { open, resting, left: leftTo(figures.mark, file.points, open.flatMap(({ points: worth }) => worth ?? [])) }
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

const isOld = (day: Day | null, days: number | undefined, today: Day): day is Day => day !== null && days !== undefined && addDays(day, days) < today

/** The fields of a section that are to be asked anew, with what they say and since when. */
function oldFields({ customer, file }: Pick<CustomerView, 'customer' | 'file'>, section: string, { ageDays }: QuestionFigures, today: Day) {
  const fields = FILE_FIELDS.filter((one) => one.section === section && one.of === customer.kind)
  return fields.flatMap(({ name }) => {
    const [value, source, day] = file?.values?.[name] ?? [null, '', null]
    return isSaid(value) && source === 'collected' && isOld(day, ageDays[section], today) ? [{ name, value, day }] : []
  })
}
const oldRecords = ({ records }: Pick<CustomerView, 'records'>, { ageDays }: QuestionFigures, today: Day): RecordRow[] =>
  records.filter((row) => isOld(row.observed_on, ageDays[row.kind] ?? (isThing(row.kind) ? ageDays['assets'] : undefined), today))

/** The sections in which something is to be asked anew: they count in part until it is. The bank judges by the same rule. */
export function oldSections(view: CustomerView, figures: QuestionFigures, today: Day): string[] {
  const things = oldRecords(view, figures, today).some(({ kind }) => isThing(kind))
  return FILE_SECTIONS.filter((section) => (section === 'assets' && things) || oldFields(view, section, figures, today).length > 0)
}

/** What the answers to all that is old in a section add to the file's points. */
export function oldGain(kind: CustomerKind, section: string, { weights, oldPercent }: QuestionFigures): number | null {
  const worth = weights && sectionPoints(kind, weights)[section]
  return worth && oldPercent < 100 ? (worth * (100 - oldPercent)) / 100 : null
}

function oldOf(view: CustomerView, figures: QuestionFigures, today: Day): Question[] {
  const { kind } = view.customer
  const records = oldRecords(view, figures, today)
  const things = records.filter((row) => isThing(row.kind))
  const sections = FILE_SECTIONS.flatMap((section): Question[] => {
    const stale = oldFields(view, section, figures, today)
    const oldest = [...stale].sort((a, b) => a.day.localeCompare(b.day))[0]
    if (!oldest) return []
    const path = sectionPath(view, section, oldest.name)
    const same = { edits: stale.map(({ name, value }) => ({ field: name, seen: value, value })) }
    const points = section === 'assets' && things.length ? null : oldGain(kind, section, figures)
    return path ? [{ key: `old:${section}`, why: 'old', about: section, path, points, since: oldest.day, same, leavable: true }] : []
  })
  // one answer of several adds nothing yet
  const only = things.length === 1 && !sections.some(({ about }) => about === 'assets') ? oldGain(kind, 'assets', figures) : null
  const asked = records.map((row): Question => {
    return { key: row.id, why: 'old', about: row.id, path: `record/${row.kind}/${row.id}`, points: isThing(row.kind) ? only : null, since: row.observed_on, same: { record: row }, leavable: false }
  })
  return [...sections, ...asked].sort((a, b) => (a.since ?? '').localeCompare(b.since ?? ''))
}
