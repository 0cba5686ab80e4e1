/** The same person in two households, the same household twice: what people say about it. Pure. */
import type { Id } from './rows'

/** Two members who are one person: the first goes with its household, the second stays. */
export interface SamePerson {
  member_id: Id
  into_member_id: Id
}

export interface DuplicateBodies {
  /** The two are not one: nobody is asked about them again. */
  'duplicate.decline': { person_id: Id; other_id: Id }
  /** The two are not one business. */
  'duplicate.decline_business': { customer_id: Id; other_id: Id }
  /** `customer_id` becomes part of `into_id`. */
  'customer.merge': { customer_id: Id; into_id: Id; reason: string; same: SamePerson[] }
  'customer.unmerge': { customer_id: Id; reason: string }
  /** The member `id` is `into_member_id`, who lives in `into_id`; both households stay. */
  'member.unite': { id: Id; customer_id: Id; into_member_id: Id; into_id: Id }
  'member.part': { id: Id; customer_id: Id; reason: string }
}

interface Named {
  id: Id
  name: string
}

/** For each member who would go, who of the other household they probably are: as the bank found them, else by the same name. */
export function likelySame(going: readonly Named[], staying: readonly Named[], found: readonly (readonly [Id, Id])[]): Record<Id, Id | null> {
  const known = new Map(found)
  const left = new Set(staying.map(({ id }) => id))
  const same: Record<Id, Id | null> = {}
  for (const { id } of going) {
    const into = known.get(id)
    same[id] = into !== undefined && left.delete(into) ? into : null
  }
  for (const { id, name } of going) {
    if (same[id]) continue
    const into = staying.find((one) => one.name === name && left.has(one.id))
    if (into && left.delete(into.id)) same[id] = into.id
  }
  return same
}
