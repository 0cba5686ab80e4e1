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
  return withStore(db, async () => ({
    ...NO_CONTACT,
    ...(await getMeta<Omit<Contact, 'epoch'>>(db, 'contact')),
    epoch: (await getMeta<string>(db, 'epoch')) ?? null,
  }))
}

/** Notes an answer of the bank. Its clock is believed, so the phone's highest time starts anew. */
export async function noteContact(db: StaffDatabase, server: number, durableThrough: number | null, device: number): Promise<void> {
  await withStore(db, () =>
    db.transaction('rw', db.meta, async () => {
      const known = await getMeta<Omit<Contact, 'epoch'>>(db, 'contact')
      const durable = durableThrough ?? known?.durableThrough ?? 0
      await db.meta.put({ key: 'contact', value: { server, device, highest: device, durableThrough: durable } })
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
