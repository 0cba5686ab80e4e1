/** What a command is about, which files it names, and what it settles. Pure. */
import type { FileRef, NewCommand, PhotoRef } from './commands'
import type { Id } from './rows'

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
    case 'visit.place':
    case 'customer.set_values':
    case 'record.put':
    case 'record.remove':
    case 'member.put':
    case 'member.remove':
    case 'consent.give':
    case 'consent.withdraw':
    case 'photo.add':
    case 'photo.remove':
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
      return [...body.photos, ...(body.files ?? [])]
    case 'consent.give':
      return [{ ...body.signature, class: 'signature' }]
    case 'photo.add':
      return [{ hash: body.hash, class: body.file_class, taken_at: body.taken_at }]
    default:
      return []
  }
}
