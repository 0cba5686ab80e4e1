/** What is asked of each person, as the bank declares it (backend/customers/person_fields.yaml), and what cannot be so. Pure. */
import type { CommandBodies } from './commands'
import { isDay } from './dates'
import { normalId, readId } from './idNumber'
import declared from './person-fields.json'
import type { CustomerKind, Day, MemberRow } from './rows'

export type PersonUnit = 'text' | 'choice' | 'day' | 'flag' | 'id' | 'phone' | 'person'

export interface PersonField {
  name: string
  unit: PersonUnit
  part: 'who' | 'papers' | 'life'
  zh: string
  en: string
  most: number | null
  /** Rural agents see it too; what they fill in besides they do not see again. */
  agents: boolean
  /** The purpose of the consent that it needs. */
  consent: string | null
  choices: { code: string; zh: string; en: string }[]
}

export const PERSON_FIELDS = declared.fields as PersonField[]
export const MOST_MEMBERS = declared.mostMembers
/** From so many people on, and from such an age on, the form asks once whether it is meant. */
export const UNUSUAL_MEMBERS = declared.unusualMembers
export const UNUSUAL_YEARS = declared.unusualYears
export const ADULT_YEARS = declared.adultYears
const OLDEST_YEARS = 120

export type PersonValue = string | boolean | null
export type PersonValues = Record<string, PersonValue>

const BUSINESS = ['owner', 'legal_person', 'other']
/** Of these a household or business has one. */
export const ONE_OF: readonly string[] = ['head', 'spouse', 'legal_person']
export const relationsOf = (kind: CustomerKind) =>
  (PERSON_FIELDS.find(({ name }) => name === 'relation') as PersonField).choices.filter(({ code }) => code === 'other' || BUSINESS.includes(code) === (kind === 'business'))

/** What is known of a member, by field; an ID number never is. */
export function personValues(row: MemberRow | undefined): PersonValues {
  const known = (row ?? {}) as unknown as Record<string, PersonValue | undefined>
  return Object.fromEntries(PERSON_FIELDS.map(({ name }) => [name, known[name] ?? null]))
}

/** Completed years; null where the birth date is not known. */
export function yearsOn(born: Day | null | undefined, today: Day): number | null {
  if (!born || !isDay(born)) return null
  return Number(today.slice(0, 4)) - Number(born.slice(0, 4)) - (today.slice(5) < born.slice(5) ? 1 : 0)
}
export const isAdult = (row: Pick<MemberRow, 'birth_on'>, today: Day): boolean => (yearsOn(row.birth_on, today) ?? 0) >= ADULT_YEARS

const RANK = ['head', 'legal_person', 'owner', 'spouse', 'grandparent', 'parent', 'child', 'child_in_law', 'grandchild', 'sibling']
const rank = ({ relation }: MemberRow) => (RANK.indexOf(relation) + RANK.length + 1) % (RANK.length + 1)
/** Head or owner first, children by age. */
export const inFamilyOrder = (members: readonly MemberRow[]): MemberRow[] => [...members].sort((a, b) => rank(a) - rank(b) || (a.birth_on ?? '').localeCompare(b.birth_on ?? ''))

/** Who may head a household: who is of age or may be; everybody where there is no such one (orphans). */
export function mayLead(members: readonly MemberRow[], today: Day): MemberRow[] {
  const grown = members.filter((one) => !one.birth_on || isAdult(one, today))
  return grown.length ? grown : [...members]
}

export interface Around {
  kind: CustomerKind
  today: Day
  /** The other members. */
  others: readonly MemberRow[]
  /** Whether the person is one already. */
  known: boolean
}

/** What cannot be so: the field and a code of why (texts `person.wrong_…`). `quiet`: it may only not be finished. */
export interface PersonFault {
  field: string
  code: string
  /** Who stands in the way. */
  name?: string
  quiet?: boolean
}

export function personFaults(values: PersonValues, around: Around): PersonFault[] {
  const found: PersonFault[] = []
  const text = (field: string) => (typeof values[field] === 'string' ? (values[field] as string).trim() : '')
  if (!around.known && around.others.length >= MOST_MEMBERS) found.push({ field: 'name', code: 'many' })
  if (!text('name')) found.push({ field: 'name', code: 'name', quiet: true })
  const relation = text('relation')
  const holder = ONE_OF.includes(relation) ? around.others.find((one) => one.relation === relation) : undefined
  if (!relation) found.push({ field: 'relation', code: 'relation', quiet: true })
  else if (holder) found.push({ field: 'relation', code: `second_${relation}`, name: holder.name })
  const number = normalId(text('id_number'))
  const said = number ? readId(number) : null
  if (number && !said) found.push({ field: 'id_number', code: 'id', quiet: number.length < 18 })
  const born = text('birth_on')
  const years = yearsOn(born, around.today)
  if (born && years === null) found.push({ field: 'birth_on', code: 'day', quiet: true })
  else if (born > around.today) found.push({ field: 'birth_on', code: 'future' })
  else if (years !== null && years > OLDEST_YEARS) found.push({ field: 'birth_on', code: 'old' })
  else if (said && born && said.birth_on !== born) found.push({ field: 'birth_on', code: 'id_birth' })
  if (said && values['sex'] && said.sex !== values['sex']) found.push({ field: 'sex', code: 'id_sex' })
  const phone = text('phone')
  if (phone && !/^1\d{10}$/.test(phone)) found.push({ field: 'phone', code: 'phone', quiet: /^1?\d{0,9}$/.test(phone) })
  if (text('id_until') && values['id_long'] === true) found.push({ field: 'id_until', code: 'long' })
  else if (text('id_from') && text('id_until') && text('id_until') <= text('id_from')) found.push({ field: 'id_until', code: 'ends' })
  return found
}

/** What was typed as the edits of a command: only what differs from what was seen. */
export function personEdits(values: PersonValues, seen: PersonValues): CommandBodies['member.put']['edits'] {
  const plain = (field: PersonField, value: PersonValue | undefined): PersonValue => {
    if (typeof value !== 'string') return value ?? null
    const text = field.unit === 'id' ? normalId(value) : value.trim()
    return text || null
  }
  return PERSON_FIELDS.map((field) => ({ field: field.name, seen: seen[field.name] ?? null, value: plain(field, values[field.name]) })).filter((edit) => edit.seen !== edit.value)
}
