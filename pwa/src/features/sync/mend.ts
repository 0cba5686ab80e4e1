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
