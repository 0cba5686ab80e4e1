/** The last contact with the bank: the measure of how long a phone may go on reading alone. */
import type { StaffDatabase } from '../store/database'
import { getMeta, withStore } from '../store/database'

export interface Contact {
  /** The bank's clock at the last contact; 0 if there was none. */
  server: number
  /** This phone's clock at that moment. */
  device: number
  /** The highest time this phone's clock has shown since: a clock turned back gains nothing. */
  highest: number
  /** What the bank received up to here is in a backup. */
  durableThrough: number
  epoch: string | null
}

export const NO_CONTACT: Contact = { server: 0, device: 0, highest: 0, durableThrough: 0, epoch: null }

export async function readContact(db: StaffDatabase): Promise<Contact> {
  const [contact, epoch] = await withStore(db, () => db.meta.bulkGet(['contact', 'epoch']))
  return { ...NO_CONTACT, ...(contact?.value as Omit<Contact, 'epoch'> | undefined), epoch: (epoch?.value as string | undefined) ?? null }
}

/**
 * Notes an answer of the bank and returns what is known from now on. Its clock is believed, so the phone's highest time
 * starts anew. The first epoch ever heard is kept; another one is for the caller to take.
 */
export async function noteContact(
  db: StaffDatabase,
  heard: { server: number; durableThrough: number | null; epoch: string },
  device: number,
): Promise<Contact> {
  return withStore(db, () =>
    db.transaction('rw', db.meta, async () => {
      const known = await readContact(db)
      const { server } = heard
      const durableThrough = heard.durableThrough ?? known.durableThrough
      const written = [{ key: 'contact', value: { server, device, highest: device, durableThrough } as unknown }]
      if (known.epoch === null) written.push({ key: 'epoch', value: heard.epoch })
      await db.meta.bulkPut(written)
      return { server, device, highest: device, durableThrough, epoch: known.epoch ?? heard.epoch }
    }),
  )
}

/** So far off, a clock was set; less is the time that answers take. */
const SET_MS = 10 * 60_000

/**
 * The bank's time by the phone's clock and the difference seen at the last contact. A clock set back before that contact
 * says nothing: then as far as it had come counts.
 */
export function reckon({ server, device, highest }: Contact, now: number): number {
  return server ? server + (now < device ? highest : now) - device : now
}

/** How far the clock has come, `leastMs` after the last look: turned back, it does not stand still. */
export function elapsed(contact: Contact, now: number, leastMs: number): Contact {
  const on = now < contact.highest - leastMs ? leastMs : 0
  return { ...contact, highest: Math.max(contact.highest + on, now) }
}

/** A save happened: where the clock was set back, each comes after the one before. */
export function passed(contact: Contact, now: number): Contact {
  if (!contact.device) return contact
  return { ...contact, highest: now < contact.device ? contact.highest + 1 : Math.max(contact.highest, now) }
}

/**
 * What is wrong with the phone's clock, as far as it can tell by itself: `behind` the last contact; `was_ahead`, and
 * right or nearly so again, which locks for reading; or so far on that it is `ahead` rather than the phone so long alone.
 */
export type ClockTrouble = 'behind' | 'was_ahead' | 'ahead'

/** Longer than a phone is left alone and then still used. */
const AWAY_MS = 60 * 86_400_000

export function clockTrouble({ device, highest }: Contact, now: number, limitMs: number): ClockTrouble | null {
  if (!device) return null
  if (now < device - SET_MS) return 'behind'
  if (now - device > AWAY_MS) return 'ahead'
  return highest - device > limitMs && now - device <= limitMs ? 'was_ahead' : null
}

/** Remembers how far the phone's clock has come since `contact`, unless the bank was heard again meanwhile. */
export async function noteClock(db: StaffDatabase, { server, device, highest }: Contact): Promise<void> {
  await withStore(db, () =>
    db.transaction('rw', db.meta, async () => {
      const known = await getMeta<Omit<Contact, 'epoch'>>(db, 'contact')
      if (known?.server !== server || known.device !== device || known.highest >= highest) return
      await db.meta.put({ key: 'contact', value: { ...known, highest } })
    }),
  )
}
