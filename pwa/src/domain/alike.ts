/**
 * Who of the people on the phone may be the one that is being typed: by name (also one that sounds the same, or has one other
 * character), birth date, phone. Pure; the sounds of characters are learned elsewhere (pinyin.ts).
 */
import type { CustomerKind, Day, Id } from './rows'

/** Somebody on the phone. Without `person_id`: a customer of whose people none is known, and each business by its own name. */
export interface Someone {
  person_id: Id | null
  business: boolean
  customer_id: Id
  name: string
  relation: string
  sex: 'm' | 'f' | null
  birth_on: Day | null
  /** Absent for agents, who never see one. */
  phone: string | null
}

/** What is typed so far. */
export interface Typed {
  kind: CustomerKind
  name: string
  sex?: 'm' | 'f' | null
  birth_on?: Day | null
  phone?: string | null
  /** The village that it is about. */
  grid_id?: Id | null
}

/** What agrees, most telling first (texts `alike.because_…`). */
export type Because = 'phone' | 'name' | 'sound' | 'letter' | 'surname' | 'birth' | 'birth_near'

export interface Alike {
  one: Someone
  because: Because[]
}

/** Characters that sound alike, as far as they were learned. */
export interface SoundsAlike {
  alike(one: string, other: string): boolean
  /** Learns how the characters of these texts are read. */
  learn(texts: Iterable<string>): Promise<void>
}

/** The people on the phone, the characters of whose names are learned. */
export interface KnownPeople {
  people: readonly Someone[]
  sounds: SoundsAlike
}

/** What each agreement weighs; from `ENOUGH` on somebody is offered. A name alone is enough, a birthday alone says nothing. */
const WEIGHT: Record<Because, number> = { phone: 6, name: 5, birth: 5, sound: 4, letter: 3, birth_near: 3, surname: 1 }
const ENOUGH = 5
/** A name of three characters or more with one other, or one that only sounds the same, needs the same village besides. */
const LONG_NAME = 3
const SAME_VILLAGE = 1
/** Two birth dates that have nothing to do with each other, two sexes: another person, unless more speaks for it. */
const OTHER_BIRTH = 4
const OTHER_SEX = 3
const PHONE_DIGITS = 11
const LEAST_NAME = 2

const plain = (text: string): string => text.replace(/[\s·.,，。、]+/g, '').toLowerCase()
const digits = (text: string | null | undefined): string => (text ?? '').replace(/\D/g, '')

/** Those that may be meant, likeliest first. `gridOf` says in which village a customer lives. */
export function alikeOf(typed: Typed, people: readonly Someone[], sounds: SoundsAlike, gridOf: (customer: Id) => Id | null | undefined, limit = 3): Alike[] {
  const name = plain(typed.name)
  const phone = digits(typed.phone)
  const found: { score: number; alike: Alike }[] = []
  for (const one of people) {
    if (one.business !== (typed.kind === 'business')) continue
    const because: Because[] = []
    if (phone.length === PHONE_DIGITS && digits(one.phone) === phone) because.push('phone')
    const called = name.length < LEAST_NAME ? null : byName(name, plain(one.name), sounds)
    const born = byBirth(typed.birth_on, one.birth_on)
    if (called === 'surname' && born !== 'birth' && !because.length) continue
    if (!called && !because.length) continue
    if (called && !(called === 'surname' && because.length)) because.push(called)
    if (born === 'birth' || born === 'birth_near') because.push(born)
    let score = because.reduce((sum, reason) => sum + WEIGHT[reason], 0)
    if (called === 'letter' && name.length >= LONG_NAME) score += 1
    if (typed.grid_id && gridOf(one.customer_id) === typed.grid_id) score += SAME_VILLAGE
    if (born === 'other') score -= OTHER_BIRTH
    if (typed.sex && one.sex && typed.sex !== one.sex) score -= OTHER_SEX
    // a family shares its phone: that is said whatever else differs
    if (score >= ENOUGH || because[0] === 'phone') found.push({ score, alike: { one, because } })
  }
  return found
    .sort((a, b) => b.score - a.score || (a.alike.one.name < b.alike.one.name ? -1 : 1))
    .slice(0, limit)
    .map(({ alike }) => alike)
}

/** How two names agree; null where they do not. */
export function byName(name: string, other: string, sounds: SoundsAlike): 'name' | 'sound' | 'letter' | 'surname' | null {
  if (name === other) return 'name'
  if (other.length < LEAST_NAME) return null
  if (name.length === other.length) {
    let sound = true
    let differing = 0
    for (let i = 0; i < name.length; i++) {
      if (name[i] === other[i]) continue
      differing++
      sound &&= sounds.alike(name[i] as string, other[i] as string)
    }
    if (sound) return 'sound'
    if (differing === 1) return 'letter'
  } else if (Math.abs(name.length - other.length) === 1 && Math.min(name.length, other.length) >= LEAST_NAME && oneMore(name, other)) return 'letter'
  return name[0] === other[0] || sounds.alike(name[0] as string, other[0] as string) ? 'surname' : null
}

/** Whether one of two names is the other with one character more. */
function oneMore(name: string, other: string): boolean {
  const [short, long] = name.length < other.length ? [name, other] : [other, name]
  let i = 0
  while (i < short.length && short[i] === long[i]) i++
  return short.slice(i) === long.slice(i + 1)
}

/** How two birth dates agree: the same, one slip apart (a digit, day and month swapped), another; null where one is not known. */
export function byBirth(one: Day | null | undefined, other: Day | null | undefined): 'birth' | 'birth_near' | 'other' | null {
  if (!one || !other) return null
  if (one === other) return 'birth'
  let differing = 0
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) differing++
  const swapped = one.slice(0, 4) === other.slice(0, 4) && one.slice(5, 7) === other.slice(8) && one.slice(8) === other.slice(5, 7)
  return differing === 1 || swapped ? 'birth_near' : 'other'
}
