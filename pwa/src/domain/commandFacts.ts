/** What a command is about, which files it names, and what it settles. Pure. */
import type { Command, CommandType, FileRef, NewCommand, PhotoRef } from './commands'
import type { Id, Instant } from './rows'

/** What older apps called types of commands; entries that still wait are sealed so, and sent so. */
const FORMER_TYPES: Readonly<Record<string, CommandType>> = { 'asset.put': 'record.put', 'asset.remove': 'record.remove' }

/** A command as today's app reads it. */
export function asNow(command: Command): Command {
  const type = FORMER_TYPES[command.type]
  return type ? ({ ...command, type } as Command) : command
}

/** When it was observed, by the bank's clock as the phone reckoned it. */
export function observedAt({ observed_at, at, reckoned_at }: Command): Instant {
  return observed_at + (reckoned_at === undefined ? 0 : reckoned_at - at)
}

/** The earlier command that this one settles: it stands in its place, or gives it up. */
export function settledBy(command: NewCommand): Id | undefined {
  return command.type === 'command.discard' ? command.body.discards : command.replaces
}

/** The customer a command is about, where it names one itself. */
export function customerOf(command: NewCommand): Id | null {
  switch (command.type) {
    case 'customer.create':
      return command.body.id
    case 'visit.log':
    case 'visit.supplement':
    case 'visit.place':
    case 'customer.set_values':
    case 'customer.move':
    case 'customer.split':
    case 'customer.merge':
    case 'customer.unmerge':
    case 'question.leave':
    case 'record.put':
    case 'record.remove':
    case 'member.put':
    case 'member.remove':
    case 'member.restore':
    case 'member.move':
    case 'member.unite':
    case 'member.part':
    case 'consent.give':
    case 'consent.withdraw':
    case 'photo.add':
    case 'photo.remove':
    case 'opportunity.step':
      return command.body.customer_id
    default:
      return null
  }
}

/** Every file that a command names, photos first. */
export function filesOf(command: Pick<NewCommand, 'type' | 'body'>): (PhotoRef | FileRef)[] {
  const { type, body } = command as NewCommand
  switch (type) {
    case 'visit.log':
    case 'visit.log_unplaced':
    case 'visit.supplement':
      return [...body.photos, ...(body.files ?? [])]
    case 'consent.give':
      return [{ ...body.signature, class: 'signature' }]
    case 'photo.add':
      return [{ hash: body.hash, class: body.file_class, taken_at: body.taken_at }]
    default:
      return []
  }
}
