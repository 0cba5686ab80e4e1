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

/** Remembers how far the phone's clock has come. */
export async function noteClock(db: StaffDatabase, device: number): Promise<void> {
  await withStore(db, () =>
    db.transaction('rw', db.meta, async () => {
      const known = await getMeta<Omit<Contact, 'epoch'>>(db, 'contact')
      if (known && known.highest < device) await db.meta.put({ key: 'contact', value: { ...known, highest: device } })
    }),
  )
}
