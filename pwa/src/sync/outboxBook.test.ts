/** The outbox in memory: whatever happens while the database is being read, nothing that was saved goes missing from it. */
import 'fake-indexeddb/auto'
import { expect, test } from 'vitest'
import { uuid7 } from '../domain/ids'
import { randomBytes } from '../store/bytes'
import { pack } from '../store/codec'
import { StaffDatabase, type OutboxRecord } from '../store/database'
import { Vault } from '../store/vault'
import { OutboxBook } from './outboxBook'

const STREAM = uuid7()

/** A key whose first decryption waits until it is let go. */
async function gated(): Promise<{ vault: Vault; asked: Promise<void>; go: () => void }> {
  const vault = await Vault.open(randomBytes(32))
  let go!: () => void, ask!: () => void
  const gate = new Promise<void>((resolve) => (go = resolve))
  const asked = new Promise<void>((resolve) => (ask = resolve))
  const decrypt = vault.decrypt.bind(vault)
  vault.decrypt = async (place, boxed) => {
    ask()
    await gate
    return decrypt(place, boxed)
  }
  return { vault, asked, go }
}

async function entry(vault: Vault, seq: number, type = 'visit.log'): Promise<OutboxRecord> {
  const id = uuid7()
  const local = await vault.encrypt(`outbox|${id}|1`, pack({ id, type, seq }))
  const known = { hash: '', bytes: 0, state: 'saved', savedAt: seq, save: id, tries: 0, acknowledged: false, receipt: null, photos: [] } as const
  return { ...known, photos: [], id, seq, stream: STREAM, sealed: new Uint8Array(), local }
}

async function begun() {
  const db = new StaffDatabase(`book-${uuid7()}`)
  const { vault, asked, go } = await gated()
  const [first, second] = [await entry(vault, 1), await entry(vault, 2)]
  await db.outbox.put(first)
  const book = new OutboxBook()
  const key: { vault: Vault | null } = { vault }
  const reading = book.refresh(db, () => key.vault)
  await asked
  await db.outbox.put(second)
  return { db, key, go, book, reading, first, second }
}

test('what is saved while the database is read stays', async () => {
  const { go, book, reading, first, second } = await begun()
  const { sealed: _sealed, local: _local, about: _about, ...header } = second
  book.add([{ header, command: null, about: null }])
  go()
  await reading
  expect(book.all().map(({ header: { id } }) => id)).toEqual([first.id, second.id])
})

test('a reading that began earlier does not end later', async () => {
  const { db, go, book, reading, first, second } = await begun()
  const again = book.refresh(db, () => null)
  await Promise.race([again, new Promise((resolve) => setTimeout(resolve, 50))])
  go()
  await Promise.all([reading, again])
  expect(book.all().map(({ header: { id } }) => id)).toEqual([first.id, second.id])
  expect(book.unread()).toBe(true)
})

test('what was locked while it was read stays closed', async () => {
  const { key, go, book, reading } = await begun()
  key.vault = null
  book.forgetContents()
  go()
  await reading
  expect(book.all().map(({ command }) => command)).toEqual([null, null])
})

test('what an older app named otherwise is read as today, and keeps the content by which the bank knows it', async () => {
  const db = new StaffDatabase(`book-${uuid7()}`)
  const vault = await Vault.open(randomBytes(32))
  const old = await entry(vault, 1, 'asset.put')
  await db.outbox.put(old)
  const book = new OutboxBook()
  for (const _again of [1, 2]) {
    await book.refresh(db, () => vault)
    expect(book.get(old.id)).toMatchObject({ command: { type: 'record.put' }, sealedAs: { type: 'asset.put', seq: 1 } })
  }
})
