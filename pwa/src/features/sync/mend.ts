/** Where a refused entry is opened again with its content; null where no form makes its kind. */
import type { OutboxEntry } from '../../sync/types'

const INCOME = /_(year_)?fen$/

export function mendPath({ id, command }: Pick<OutboxEntry, 'id' | 'command'>): string | null {
  switch (command?.type) {
    case 'visit.log':
    case 'visit.log_unplaced':
      return `/visits/new?mend=${id}`
    case 'customer.create':
      return `/customers/new?mend=${id}`
    case 'customer.set_values':
      return command.body.edits.every(({ field }) => INCOME.test(field)) ? `/customers/${command.body.customer_id}/income?mend=${id}` : null
    default:
      return null
  }
}
