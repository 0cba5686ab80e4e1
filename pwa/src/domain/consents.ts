/** What people consent to, in the bank's words (backend/customers/consent_texts.yaml), and who may sign. Pure. */
import declared from './consent-texts.json'
import { ADULT_YEARS, PERSON_FIELDS, yearsOn } from './persons'
import type { Day, MemberRow } from './rows'

export interface ConsentText {
  number: number
  from: Day
  zh: string
  en: string
}

export interface Purpose {
  code: string
  zh: string
  en: string
  texts: ConsentText[]
  sensitive: boolean
  /** Not for minors. */
  adults: boolean
}

export const PURPOSES = declared as Purpose[]
export const purposeOf = (code: string): Purpose | undefined => PURPOSES.find((one) => one.code === code)

/** Of this one the bank's sums come and go, not fields of the person. */
export const ACCOUNTS = 'accounts'
/** By this one the province's grade shows. */
export const CREDIT = 'credit'

/** The words that are signed on a day: the newest of them. */
export const textOn = (purpose: Purpose, day: Day): ConsentText | undefined => purpose.texts.filter(({ from }) => from <= day).at(-1)

/** The last word on a purpose; undefined where nobody ever asked. */
export const lastWord = (member: Pick<MemberRow, 'consents'>, purpose: string) => member.consents?.find(([code]) => code === purpose)
export const consents = (member: Pick<MemberRow, 'consents'> | undefined, purpose: string): boolean => !!member && lastWord(member, purpose)?.[1] === true

/** The fields that go with a consent. */
export const fieldsOf = (purpose: string): string[] => PERSON_FIELDS.filter(({ consent }) => consent === purpose).map(({ name }) => name)

/** Who signs for a member: their own person, a guardian's, or why nobody can yet. */
export function signerOf(member: MemberRow, today: Day, guardianYears: number): { person: string; guardian: boolean } | 'no_birth' | 'no_guardian' {
  const years = yearsOn(member.birth_on, today)
  if (years === null) return 'no_birth'
  if (years >= guardianYears) return { person: member.person_id, guardian: false }
  return member.guardian_id ? { person: member.guardian_id, guardian: true } : 'no_guardian'
}

/** What may be asked of a member: nobody offers products to a minor. */
export const purposesFor = (member: MemberRow, today: Day): Purpose[] => {
  const minor = (yearsOn(member.birth_on, today) ?? ADULT_YEARS) < ADULT_YEARS
  return PURPOSES.filter(({ adults }) => !adults || !minor)
}
