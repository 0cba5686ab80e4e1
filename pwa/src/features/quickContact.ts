/** A contact by phone, WeChat or at the branch in a word. Pure. */
import { build, type NewCommand } from '../domain/commands'
import { uuid7 } from '../domain/ids'
import type { Channel, Id, Outcome, TaskRow } from '../domain/rows'

export type QuickContact = { channel: Channel; outcome: Outcome }

/** What most contacts without a visit come to, one chip each. */
export const QUICK: readonly QuickContact[] = [
  { channel: 'phone', outcome: 'met' },
  { channel: 'phone', outcome: 'absent' },
  { channel: 'wechat', outcome: 'met' },
  { channel: 'wechat', outcome: 'absent' },
  { channel: 'branch', outcome: 'met' },
  { channel: 'phone', outcome: 'refused' },
]

const OPEN = ['open', 'in_progress', 'returned']
/** The contact as it is saved: for what it was is taken from the household's open task. */
export function contactOf(customer: Id, { channel, outcome }: QuickContact, note: string, tasks: readonly TaskRow[]): NewCommand[] {
  const purpose = tasks.find((task) => OPEN.includes(task.state))?.kind ?? 'follow_up'
  return [build.visitLog({ id: uuid7(), customer_id: customer, channel, purpose, outcome, needs: [], presented: [], note: note.trim() || null, photos: [] })]
}
