/** Where a refused entry is opened again with its content; null where no form makes its kind. */
import { sectionOf } from '../../domain/sections'
import type { OutboxEntry } from '../../sync/types'

export function mendPath({ id, command }: Pick<OutboxEntry, 'id' | 'command'>): string | null {
  switch (command?.type) {
    case 'visit.log':
    case 'visit.log_unplaced':
      return `/visits/new?mend=${id}`
    case 'visit.supplement':
      return `/customers/${command.body.customer_id}/visits/${command.body.visit_id}/add?mend=${id}`
    case 'customer.create':
      return `/customers/new?mend=${id}`
    case 'customer.set_values': {
      const section = sectionOf(command.body.edits.map(({ field }) => field))
      return section && `/customers/${command.body.customer_id}/${section}?mend=${id}`
    }
    case 'member.put':
      return `/customers/${command.body.customer_id}/member?mend=${id}`
    default:
      return null
  }
}

/** The person and what was typed, where an entry is an ID number alone; null for any other. */
export function numberOf({ command }: Pick<OutboxEntry, 'command'>) {
  if (command?.type !== 'member.put') return null
  const { id, customer_id, person_id, edits } = command.body
  const [edit] = edits
  if (edits.length !== 1 || edit?.field !== 'id_number') return null
  return { member: { id, customer_id, person_id, name: '' }, typed: String(edit.value ?? '') }
}
