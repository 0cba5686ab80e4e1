/** Who heads a household after a change, and what the others are to them, as the commands that say so. Pure. */
import { build, type NewCommand } from '../../domain/commands'
import { relationsAfter } from '../../domain/moves'
import { ONE_OF } from '../../domain/persons'
import type { Id, MemberRow } from '../../domain/rows'

/** `made`: the bank has made `head` the head by the command `after` itself, and a former head another member. */
export function headCommands(people: readonly MemberRow[], head: Id | null, customer: Id, after: Id, made = false): NewCommand[] {
  const lead = people.find((one) => one.id === head)
  if (!lead) return []
  const relations = relationsAfter(people, lead)
  if (!made) relations.set(lead.id, 'head')
  // there is one head and one spouse at any time: who is one no more goes first
  const order = [...people].sort((a, b) => Number(ONE_OF.includes(relations.get(a.id) ?? '')) - Number(ONE_OF.includes(relations.get(b.id) ?? '')))
  return order.flatMap((one) => {
    const value = relations.get(one.id)
    const seen = made && one.relation === 'head' ? 'other' : one.relation
    return value && value !== seen ? [build.memberPut({ id: one.id, customer_id: customer, person_id: one.person_id, edits: [{ field: 'relation', seen, value }] }, { needs: [after] })] : []
  })
}
