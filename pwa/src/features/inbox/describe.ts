/** What an inbox item is about: its params carry ids and counts only; names come from the rows on this phone. Pure. */
import type { Id, InboxRow, TaskRow } from '../../domain/rows'
import type { IconName } from '../../ui/icons'

const ICONS: Record<string, IconName> = { approval_waiting: 'stamp', task_approved: 'check', task_returned: 'returned', digest: 'today', suggestion: 'pencil', dispute: 'alert', suggestion_accepted: 'check', suggestion_dismissed: 'returned', phone_lost_work: 'phone', visit_unplaced: 'home', visit_accompanied: 'walk', customer_met_elsewhere: 'home', customer_known_elsewhere: 'home', evaluation_planned: 'stamp', evaluation_opened: 'stamp', evaluation_reviewed: 'stamp', evaluation_closed: 'check', duplicates_found: 'user', number_contested: 'user', strategy_run_held: 'alert', strategy_source_stale: 'alert', strategy_draft_waits: 'stamp', strategy_draft_returned: 'returned', strategy_version_changed: 'alert', file_late: 'alert', tier_fell: 'alert', opportunity: 'walk' }

export interface InboxLine {
  name: string
  count: number
  overdue: number
  reason: string
  /** The colleague whom it names; '' for nobody. */
  who: Id | ''
  /** Tiers, where it tells of a fall; '' otherwise. */
  before: string
  after: string
  /** A file of the bank's systems, and the day that its newest one tells of; '' otherwise. */
  file: string
  day: string
  /** What could be done for the customer, by its event; '' otherwise. */
  event: string
  icon: IconName
  /** Where a tap leads; undefined for an item that only tells. */
  to: string | undefined
}

/** `nobodys` names a household that nobody looks after and about which something waits for this person; `looks`: the bank shows them others; `strategist`: reads the strategy. */
export function describe(row: InboxRow, task: (id: Id) => TaskRow | undefined, customerName: (id: Id) => string | undefined, nobodys: (id: Id) => string | undefined = () => undefined, looks = false, strategist = false): InboxLine {
  const text = (key: string) => (typeof row.params[key] === 'string' ? (row.params[key] as string) : '')
  const found = task(text('task_id'))
  const customer = text('customer_id') || found?.customer_id || ''
  const number = (key: string) => (typeof row.params[key] === 'number' ? (row.params[key] as number) : 0)
  let to: string | undefined
  if (row.kind === 'approval_waiting') to = '/approvals'
  else if (row.kind === 'digest') to = '/today'
  else if (row.kind === 'suggestion_accepted' || row.kind === 'suggestion_dismissed' || row.kind === 'customer_known_elsewhere') to = '/sync'
  else if (row.kind === 'visit_unplaced') to = '/visits/unplaced'
  else if (row.kind.startsWith('evaluation_')) to = `/evaluations/${text('session_id')}`
  else if (row.kind === 'phone_lost_work') to = '/phones'
  else if (row.kind === 'duplicates_found') to = '/duplicates'
  else if (row.kind === 'strategy_run_held') to = '/strategy/runs'
  else if (row.kind === 'strategy_source_stale') to = strategist ? '/strategy/runs' : undefined
  else if (customer && customerName(customer) !== undefined) to = row.kind === 'number_contested' ? `/customers/${customer}/member/${text('member_id')}?field=id_number` : `/customers/${customer}`
  else if ((row.kind === 'suggestion' || row.kind === 'dispute') && nobodys(customer) !== undefined) to = '/decisions'
  else if (customer && looks) to = `/customers/${customer}`
  return {
    name: (customer && (customerName(customer) ?? nobodys(customer))) || found?.customer_name || '',
    count: number('count') || number('due'),
    overdue: number('overdue'),
    reason: row.kind === 'task_returned' ? (found?.reason ?? text('reason')) : '',
    who: text('staff_id'),
    before: text('before'),
    after: text('after'),
    file: text('file'),
    day: text('day'),
    event: text('event'),
    icon: ICONS[row.kind] ?? 'inbox',
    to,
  }
}
