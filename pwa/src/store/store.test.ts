import 'fake-indexeddb/auto'
import { createDecipheriv, createECDH, hkdfSync } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import type { RowGroup } from '../domain/rows'
import { base64url, fromBase64url, fromHex, hex, randomBytes, sha256, utf8 } from './bytes'
import { CHANGES_KIND, ChunkStore, kindOfChunk, type PartitionRecord } from './chunks'
import { gunzip, gzip, pack, unpack } from './codec'
import { compact } from './compact'
import { isStorageFailure, StaffDatabase, withStore } from './database'
import { LazyRows } from './lazy'
import type { PartitionRows } from './memory'
import { ephemeralPair, openSeal, Sealer } from './seal'
import { sha256Now } from './sha256'
import { missingFeatures } from './support'
import { unwrapKey, Vault, wrapKey } from './vault'

// Two busy cores must not fail a test that is merely slow.
vi.setConfig({ testTimeout: 60_000 })

const KEY = 'grid:1/manager@1'

/** The contract's section 6, word for word, with another library than the phone's. */
function openByTheContract(privateKey: Buffer, context: string, sealed: Uint8Array): string {
  expect(sealed[0]).toBe(0x01)
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(privateKey)
  const secret = ecdh.computeSecret(sealed.subarray(9, 74))
  const key = Buffer.from(hkdfSync('sha256', secret, sealed.subarray(74, 90), 'tiange/seal/1', 32))
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.alloc(12))
  decipher.setAAD(Buffer.from(context))
  decipher.setAuthTag(sealed.subarray(sealed.length - 16))
  return Buffer.concat([decipher.update(sealed.subarray(90, sealed.length - 16)), decipher.final()]).toString()
}

test('a seal opens by the contract alone, under its context only, with a fresh salt each time', async () => {
  const server = createECDH('prime256v1')
  server.generateKeys()
  const keyId = fromHex('00112233aabbccdd')
  const sealer = await Sealer.prepare(keyId, new Uint8Array(server.getPublicKey()), 2)
  const seals = await Promise.all(Array.from({ length: 5 }, (_, i) => sealer.seal('command:a', utf8(`走访 ${i}`))))
  seals.forEach((sealed, i) => {
    expect(hex(sealed.subarray(1, 9))).toBe('00112233aabbccdd')
    expect(openByTheContract(server.getPrivateKey(), 'command:a', sealed)).toBe(`走访 ${i}`)
  })
  expect(() => openByTheContract(server.getPrivateKey(), 'command:b', seals[0]!)).toThrow()
  expect(new Set(seals.map((sealed) => hex(sealed.subarray(74, 90)))).size).toBe(5)
  await expect(Sealer.prepare(keyId, randomBytes(64))).rejects.toThrow(TypeError)
})

test('a seal made to the phone opens; a damaged one does not', async () => {
  const { privateKey, publicKey } = await ephemeralPair()
  const sealer = await Sealer.prepare(randomBytes(8), publicKey, 0)
  const sealed = await sealer.seal('escrow:x', utf8('key'))
  expect(await openSeal(privateKey, 'escrow:x', sealed)).toEqual(utf8('key'))
  await expect(openSeal(privateKey, 'escrow:y', sealed)).rejects.toThrow()
  sealed[sealed.length - 1]! ^= 1
  await expect(openSeal(privateKey, 'escrow:x', sealed)).rejects.toThrow()
  await expect(openSeal(privateKey, 'escrow:x', utf8('short'))).rejects.toThrow(TypeError)
})

test('bytes survive their encodings', async () => {
  const bytes = randomBytes(1000)
  expect(fromHex(hex(bytes))).toEqual(bytes)
  expect(fromBase64url(base64url(bytes))).toEqual(bytes)
  expect(await gunzip(await gzip(bytes))).toEqual(bytes)
  expect(unpack(pack({ a: undefined, b: null, c: [1.5, '田'] }))).toEqual({ b: null, c: [1.5, '田'] })
  expect(() => fromHex('zz')).toThrow(TypeError)
})

test('the data key is wrapped by Argon2id at the promised cost and opens with the right PIN only', async () => {
  const raw = randomBytes(32)
  const wrapped = await wrapKey(raw, '135790')
  expect(wrapped.cost).toEqual({ memory: 65_536, iterations: 3, parallelism: 1 })
  expect(await unwrapKey(wrapped, '135791')).toBeNull()
  expect(await unwrapKey(wrapped, '135790')).toEqual(raw)
})

test('the digest that is there at once is that of WebCrypto, at every length of a last block and of a long command', async () => {
  for (const length of [...Array(200).keys(), 5_000, 70_001]) {
    const bytes = new Uint8Array(length).map((_, i) => (i * 37 + length) % 256)
    expect(hex(sha256Now(bytes))).toBe(hex(await sha256(bytes)))
  }
})

test('a box opens only in the place it was made for', async () => {
  const vault = await Vault.open(randomBytes(32))
  const box = await vault.encrypt('chunks|a|1', utf8('x'))
  expect(await vault.decrypt('chunks|a|1', box)).toEqual(utf8('x'))
  await expect(vault.decrypt('chunks|b|1', box)).rejects.toMatchObject({ code: 'damaged' })
})

const row = (id: string, revision: number, name: string): unknown[] => [id, revision, name]
const members = (rows: unknown[][], gone: RowGroup['gone'] = []): RowGroup => ({ kind: 'member', fields: ['customer_id', 'name'], rows, gone })
const customers = (rows: unknown[][], gone: RowGroup['gone'] = []): RowGroup => ({ kind: 'customer', fields: ['name'], rows, gone })

async function storeWithPages(pages: RowGroup[]): Promise<{ db: StaffDatabase; vault: Vault; chunks: ChunkStore }> {
  const db = new StaffDatabase(`test-${hex(randomBytes(6))}`)
  const vault = await Vault.open(randomBytes(32))
  const chunks = new ChunkStore(db, vault)
  const packed = await Promise.all(pages.map(async (group, n) => ({ n, kind: group.kind, bytes: await gzip(pack([group])) })))
  const whole = { key: KEY, revision: 1, gen: 'e.1', next: pages.length, shape: 0, stale: false }
  await chunks.stagePages(await chunks.sealPages(KEY, 'e.1', packed), whole)
  return { db, vault, chunks }
}

const recordOf = async (chunks: ChunkStore): Promise<PartitionRecord> => (await chunks.partitions())[0] as PartitionRecord

test.each([
  ['few changes are merged into one chunk', 2_000],
  ['many changes pack the partition anew', 40],
])('%s, and nothing shown differs', async (_name, count) => {
  const people = Array.from({ length: count }, (_, i) => `c${String(i).padStart(5, '0')}`)
  const pages: RowGroup[] = []
  for (let at = 0; at < count; at += 500) {
    const part = people.slice(at, at + 500)
    pages.push(customers(part.map((id) => row(id, 1, `name ${id}`))), members(part.map((id) => [`m${id}`, 1, id, `member of ${id}`])))
  }
  const { db, vault, chunks } = await storeWithPages(pages)
  for (let revision = 2; revision < 18; revision++) {
    const id = people[revision] as string
    const groups = [customers([row(id, revision, `renamed ${revision}`)], [[people[revision + 5] as string, revision, null]]), members([[`n${id}`, revision, id, 'born']], [[`m${id}`, revision, null]])]
    expect(await chunks.appendChanges(KEY, revision - 1, revision, groups, false)).not.toBeNull()
  }
  expect(await chunks.appendChanges(KEY, 3, 4, [], false)).toBeNull()
  const look = async () => {
    const [rows] = (await chunks.read([await recordOf(chunks)])) as [PartitionRows]
    const lazy = new LazyRows(db, chunks, vault)
    const hanging = []
    for (const id of people.slice(0, 25)) hanging.push((await lazy.of(rows, 'member', id)).map((one) => `${one.id} ${one.name}`))
    return { revision: rows.revision, customers: [...rows.eager.get('customer')!.values()].sort((a, b) => (a.id < b.id ? -1 : 1)), hanging }
  }
  const before = await look()
  expect(before.hanging[2]).toEqual(['nc00002 born'])
  const record = await recordOf(chunks)
  expect(await compact(chunks, record)).toBe(true)
  expect(await look()).toEqual(before)
  const changes = (await chunks.chunkIds(KEY, 'e.1')).filter((id) => kindOfChunk(id) === CHANGES_KIND)
  expect(changes.length).toBeLessThanOrEqual(1)
  // Once more, from what another tab still believes: nothing happens.
  expect(await chunks.replaceChunks(record, [], [])).toBe(false)
  db.close()
})

test('chunks remember, encrypted, which customers they hold', async () => {
  const pages = [members([['m1', 1, 'a', 'one'], ['m2', 1, 'b', 'two']]), members([['m3', 1, 'c', 'three']])]
  const { db, vault, chunks } = await storeWithPages(pages)
  const record = await recordOf(chunks)
  const first = new LazyRows(db, chunks, vault)
  const [learned] = (await chunks.read([record])) as [PartitionRows]
  await first.learnRanges(learned, () => Promise.resolve())
  const later = new LazyRows(db, chunks, vault)
  const [rows] = (await chunks.read([record])) as [PartitionRows]
  await later.openRanges([rows])
  const load = vi.spyOn(chunks, 'load')
  expect((await later.of(rows, 'member', 'c')).map((one) => one.name)).toEqual(['three'])
  expect(load).toHaveBeenCalledTimes(1)
  db.close()
})

test('a connection that the browser closed is opened again; a full disk is said so', async () => {
  const db = new StaffDatabase(`test-${hex(randomBytes(6))}`)
  await db.open()
  let tries = 0
  const value = await withStore(db, async () => {
    if (++tries === 1) throw new DOMException('connection is closing', 'InvalidStateError')
    return db.meta.count()
  })
  expect([tries, value]).toEqual([2, 0])
  const full = withStore(db, () => Promise.reject(new DOMException('no room', 'QuotaExceededError')))
  await expect(full).rejects.toMatchObject({ code: 'storage_failed' })
  await expect(withStore(db, () => Promise.reject(new Error('ours')))).rejects.toThrow('ours')
  expect(isStorageFailure(new Error('ours'))).toBe(false)
  db.close()
})

test('a browser without crypto or storage is named for what it lacks', () => {
  expect(missingFeatures()).toEqual([])
  expect(missingFeatures({} as typeof globalThis)).toEqual(['crypto', 'indexeddb', 'decompression', 'webassembly'])
})
