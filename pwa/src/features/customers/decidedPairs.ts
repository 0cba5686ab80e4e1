/** What this phone has decided and the bank has not taken in yet, so that it is not asked again. Pure. */
import type { AcrossHouseholds, DuplicateHouseholds } from '../../api/duplicates'
import type { Id } from '../../domain/rows'
import type { OutboxEntry } from '../../sync/types'

export interface Decided {
  merged: ReadonlySet<string>
  /** By the two people, or businesses. */
  declined: ReadonlySet<string>
  /** By their members. */
  united: ReadonlySet<string>
  /** Households that go to another grid, by household and grid. */
  moved: ReadonlySet<string>
  /** What is taken back: the household that was merged, the member who was united. */
  undone: ReadonlySet<Id>
}

export const pairKey = (one: Id, other: Id): string => (one < other ? `${one} ${other}` : `${other} ${one}`)

/** From the entries that have no answer yet. */
export function decidedOf(entries: readonly OutboxEntry[]): Decided {
  const [merged, declined, united, moved, undone] = [new Set<string>(), new Set<string>(), new Set<string>(), new Set<string>(), new Set<Id>()]
  for (const { command, result } of entries) {
    if (!command || result) continue
    if (command.type === 'customer.merge') merged.add(pairKey(command.body.customer_id, command.body.into_id))
    if (command.type === 'duplicate.decline') declined.add(pairKey(command.body.person_id, command.body.other_id))
    if (command.type === 'duplicate.decline_business') declined.add(pairKey(command.body.customer_id, command.body.other_id))
    if (command.type === 'member.unite') united.add(pairKey(command.body.id, command.body.into_member_id))
    if (command.type === 'customer.move') moved.add(pairKey(command.body.customer_id, command.body.grid_id))
    if (command.type === 'customer.unmerge') undone.add(command.body.customer_id)
    if (command.type === 'member.part') undone.add(command.body.id)
  }
  return { merged, declined, united, moved, undone }
}

export const isDecided = ({ one, other, people, business }: DuplicateHouseholds, { merged, declined, united }: Decided): boolean =>
  merged.has(pairKey(one.id, other.id)) ||
  (business ? declined.has(pairKey(one.id, other.id)) : people.every((two) => declined.has(pairKey(two.person_id, two.other_person_id)) || united.has(pairKey(two.member_id, two.other_member_id))))

export const isDecidedAcross = ({ household, grid_id, people }: AcrossHouseholds, { declined, moved }: Decided): boolean =>
  (grid_id !== null && moved.has(pairKey(household.id, grid_id))) || people.every((two) => declined.has(pairKey(two.person_id, two.other_id)))
