/**
 * Whom an entry is about, by name. Rows leave the phone with the right to see them, often just when an entry about them was
 * refused; who reads the list of entries must still be able to tell which household each was about. So each keeps, sealed,
 * the name that was known when it was saved, as long as it is there itself.
 */
import { customerOf } from '../domain/commandFacts'
import type { NewCommand } from '../domain/commands'
import type { Id } from '../domain/rows'
import { unpack } from '../store/codec'
import { getMeta, withStore, type StaffDatabase } from '../store/database'
import { patchEntries, sealAbout, type About } from '../store/outbox'
import type { Boxed, Vault } from '../store/vault'
import type { Core } from './core'
import type { BookEntry } from './outboxBook'

type Whom = { id: Id | null; name: string }

const NOBODY: Whom = { id: null, name: '' }

/** Whom an entry is about: as the rows say it now, else as was kept with it. */
export function whom(core: Core, { command, about }: Pick<BookEntry, 'command' | 'about'>): Whom {
  const told = command ? now(core, command) : NOBODY
  return told.name ? told : (about ?? { id: told.id, name: (told.id && core.open.noted.get(told.id)) || '' })
}

/** What is kept with a command; null where it is about nobody that the phone knows. */
export function aboutOf(core: Core, command: NewCommand): About | null {
  const { id, name } = now(core, command)
  return id && name ? { id, name } : null
}

function now(core: Core, command: NewCommand): Whom {
  const { rows } = core.open
  switch (command.type) {
    case 'task.submit':
    case 'task.approve':
    case 'task.return':
    case 'task.withdraw': {
      const about = rows.get('approval', command.body.task_id) ?? rows.get('task', command.body.task_id)
      return about ? { id: about.customer_id, name: about.customer_name } : NOBODY
    }
    case 'visit.place': {
      const { customer_id: id, visit_id } = command.body
      // a head holds no row of the household that she looked up: the name as it was typed
      return { id, name: nameOf(core, id) || (rows.get('unplaced', visit_id)?.name ?? '') }
    }
    case 'customer.create':
      return { id: command.body.id, name: command.body.name }
    case 'visit.log_unplaced':
      return { id: null, name: command.body.name }
    case 'suggestion.accept':
    case 'suggestion.dismiss':
      return named(core, rows.get('suggestion', command.body.suggestion_id))
    case 'dispute.settle':
      return named(core, rows.get('dispute', command.body.dispute_id))
    // about a village: its name stands in the household's place
    case 'evaluation.create':
      return { id: null, name: rows.get('grid', command.body.grid_id)?.name ?? '' }
    case 'evaluation.hand_in':
    case 'evaluation.invite':
    case 'evaluation.close':
    case 'evaluation.review': {
      const session = rows.get('evaluation', command.body.session_id)
      return { id: null, name: (session && (session.grid_name || rows.get('grid', session.grid_id)?.name)) ?? '' }
    }
    case 'command.discard': {
      const given = core.outbox.get(command.body.discards)
      return given ? whom(core, given) : NOBODY
    }
    default: {
      const id = customerOf(command)
      return id ? { id, name: nameOf(core, id) } : NOBODY
    }
  }
}

/** Whom a row is about that heads have of households which they do not hold: it says the name itself. */
function named(core: Core, row: { customer_id: Id; customer_name?: string } | undefined): Whom {
  if (!row) return NOBODY
  return { id: row.customer_id, name: row.customer_name ?? core.open.rows.get('customer', row.customer_id)?.name ?? '' }
}

/** The name of a customer, also of one that was made by another entry of this phone; '' if the phone does not know it. */
function nameOf(core: Core, id: Id): string {
  const known = core.open.rows.get('customer', id)?.name
  if (known !== undefined) return known
  for (const { command } of core.outbox.all()) {
    if (command?.type === 'customer.create' && command.body.id === id) return command.body.name
  }
  return ''
}

/** Where an app of before kept the names of all entries together. */
export const NOTED = 'about'
const NOTED_PLACE = 'meta|about|1'

/** Those names; none where they can't be read. */
export async function openNoted(db: StaffDatabase, vault: Vault): Promise<Map<Id, string>> {
  const box = await withStore(db, () => getMeta<Boxed>(db, NOTED))
  if (!box) return new Map()
  try {
    return new Map(Object.entries(unpack(await vault.decrypt(NOTED_PLACE, box)) as Record<Id, string>))
  } catch {
    return new Map()
  }
}

/** Keeps with entries what is not kept with them yet, before rows may go: those of an app of before, and about whom was made with them. */
export async function noteAbout(core: Core): Promise<void> {
  const { vault, noted } = core.open
  const found = core.outbox.all().flatMap((entry) => {
    const { id, name } = entry.about || !entry.command ? NOBODY : whom(core, entry)
    return id && name ? [{ entry, about: { id, name } }] : []
  })
  if (found.length) {
    const boxes = new Map(await Promise.all(found.map(async ({ entry: { header }, about }) => [header.id, await sealAbout(header.id, about, vault)] as const)))
    await patchEntries(core.store, [...boxes.keys()], (entry) => void (entry.about = boxes.get(entry.id) as Boxed))
    await core.refreshOutbox()
  }
  if (noted.size) {
    await withStore(core.store, () => core.store.meta.delete(NOTED))
    noted.clear()
  }
}
