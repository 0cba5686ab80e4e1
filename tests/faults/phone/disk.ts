/**
 * A disk under fake-indexeddb: each committed transaction is appended to one journal file before its `complete` event,
 * so that a kill -9 leaves what a browser's process would leave. Strict transactions are flushed (fsync); relaxed ones
 * are only written, and a power cut may take those after the last strict one.
 */
import { KeyObject } from 'node:crypto'
import { existsSync, fstatSync, fsyncSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import v8 from 'node:v8'
import 'fake-indexeddb/auto'
// @ts-expect-error its inner parts have no types, and are not among what the package exports
import FDBTransaction from '../../../pwa/node_modules/fake-indexeddb/build/esm/FDBTransaction.js'
// @ts-expect-error as above
import ObjectStore from '../../../pwa/node_modules/fake-indexeddb/build/esm/lib/ObjectStore.js'

interface StoreShape {
  name: string
  keyPath: string | string[] | null
  autoIncrement: boolean
  indexes: { name: string; keyPath: string | string[]; unique: boolean; multiEntry: boolean }[]
}
type Op = [store: string, what: 'put', key: unknown, value: unknown] | [store: string, what: 'del', key: unknown]
interface Entry {
  db: string
  strict: boolean
  shape?: { version: number; stores: StoreShape[] }
  ops: Op[]
}

/* eslint-disable @typescript-eslint/no-explicit-any */
const ops = new WeakMap<object, Op[]>()
const keyText = (key: unknown): string => JSON.stringify(key)
let journal = -1
let full = false
/** What a planted bug does to a transaction before it is written: false drops it, though the page hears "complete". */
export let tamper: (entry: { db: string; ops: Op[] }) => void = () => undefined
export const setTamper = (by: typeof tamper): void => void (tamper = by)
/** From now on the disk takes nothing more, or takes again. */
export const setFull = (is: boolean): void => void (full = is)

const KEY = '\u0000key'

/** CryptoKeys don't survive serialising; a browser keeps them opaque, here they lie as JWK. */
function flat(value: unknown): unknown {
  if (value instanceof CryptoKey) {
    const { algorithm, extractable, usages } = value
    return { [KEY]: KeyObject.from(value as never).export({ format: 'jwk' }), algorithm, extractable, usages }
  }
  if (Array.isArray(value)) return value.map(flat)
  if (value && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, flat(one)]))
  }
  return value
}

async function unflat(value: unknown): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map(unflat))
  if (value && typeof value === 'object' && (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null)) {
    const one = value as Record<string, any>
    if (one[KEY]) return crypto.subtle.importKey('jwk', { ...one[KEY], ext: undefined, key_ops: undefined }, one['algorithm'], one['extractable'], one['usages'])
    return Object.fromEntries(await Promise.all(Object.entries(one).map(async ([name, inner]) => [name, await unflat(inner)] as const)))
  }
  return value
}

function hook(): void {
  const store = ObjectStore.prototype as any
  const put = store.storeRecord
  store.storeRecord = function (record: any, noOverwrite: boolean, rollback?: object) {
    if (full && rollback) throw new DOMException('the disk is full', 'QuotaExceededError')
    const key = put.call(this, record, noOverwrite, rollback)
    if (rollback) note(rollback, [this.name, 'put', key, record.value])
    return key
  }
  const del = store.deleteRecord
  store.deleteRecord = function (key: any, rollback?: object) {
    const keys = key && typeof key === 'object' && 'lowerOpen' in key ? this.getAllKeys(key) : [key]
    del.call(this, key, rollback)
    if (rollback) for (const one of keys) note(rollback, [this.name, 'del', one])
  }
  const clear = store.clear
  store.clear = function (rollback?: object) {
    const keys = this.getAllKeys()
    clear.call(this, rollback)
    if (rollback) for (const one of keys) note(rollback, [this.name, 'del', one])
  }
  const transaction = FDBTransaction.prototype as any
  const dispatch = transaction.dispatchEvent
  transaction.dispatchEvent = function (event: { type: string }) {
    if (event.type === 'complete') written(this)
    return dispatch.call(this, event)
  }
}

function note(rollback: object, op: Op): void {
  const known = ops.get(rollback)
  if (known) known.push(op)
  else ops.set(rollback, [op])
}

function written(transaction: any): void {
  const done = ops.get(transaction._rollbackLog) ?? []
  const raw = transaction.db._rawDatabase
  const entry: Entry = { db: raw.name, strict: transaction.durability === 'strict', ops: done }
  if (transaction.mode === 'versionchange') entry.shape = { version: raw.version, stores: shapeOf(raw) }
  else if (done.length === 0) return
  tamper(entry)
  const body = v8.serialize(flat({ ...entry }))
  const head = Buffer.alloc(4)
  head.writeUInt32LE(body.length)
  writeSync(journal, Buffer.concat([head, body]))
  if (entry.strict) fsyncSync(journal)
}

function shapeOf(raw: any): StoreShape[] {
  return [...raw.rawObjectStores.values()].map((store: any) => ({
    name: store.name,
    keyPath: store.keyPath,
    autoIncrement: store.autoIncrement,
    indexes: [...store.rawIndexes.values()].map((one: any) => ({ name: one.name, keyPath: one.keyPath, unique: one.unique, multiEntry: one.multiEntry })),
  }))
}
/* eslint-enable @typescript-eslint/no-explicit-any */

/** Throws where nothing was written since: then two copies of fake-indexeddb are loaded, and this disk lies under neither. */
export function mustBeUnder(): void {
  if (fstatSync(journal).size === 0) throw new Error('the disk is not under IndexedDB')
}

/**
 * Puts into memory what the journal holds, then writes on. `lose`: a power cut took up to so many relaxed writes;
 * `isDeleted`: databases, by name, that the browser threw away.
 */
export async function mount(path: string, lose: number, isDeleted: (name: string) => boolean): Promise<{ entries: number; lost: number }> {
  const entries: { entry: Entry; end: number }[] = []
  let end = 0
  if (existsSync(path)) {
    const bytes = readFileSync(path)
    while (end + 4 <= bytes.length) {
      const next = end + 4 + bytes.readUInt32LE(end)
      if (next > bytes.length) break // written in part: its transaction never completed
      entries.push({ entry: v8.deserialize(bytes.subarray(end + 4, next)) as Entry, end: next })
      end = next
    }
  }
  let lost = 0
  while (lost < lose && entries.length > 1 && !entries.at(-1)?.entry.strict && !entries.at(-1)?.entry.shape) {
    entries.pop()
    lost++
  }
  end = entries.at(-1)?.end ?? 0
  if (existsSync(path)) truncateSync(path, end)
  const kept = entries.filter(({ entry }) => !isDeleted(entry.db))
  if (kept.length < entries.length) {
    const bytes = readFileSync(path)
    const parts = kept.map((one) => bytes.subarray(entries[entries.indexOf(one) - 1]?.end ?? 0, one.end))
    writeFileSync(path, Buffer.concat(parts), { flush: true })
  }
  await replay(kept.map(({ entry }) => entry))
  journal = openSync(path, 'a')
  hook()
  return { entries: entries.length, lost }
}

async function replay(entries: Entry[]): Promise<void> {
  const databases = new Map<string, { shape: NonNullable<Entry['shape']>; stores: Map<string, Map<string, [unknown, unknown]>> }>()
  for (const entry of entries) {
    let known = databases.get(entry.db)
    if (!known) {
      if (!entry.shape) throw new Error(`the journal begins ${entry.db} without its shape`)
      databases.set(entry.db, (known = { shape: entry.shape, stores: new Map() }))
    }
    if (entry.shape) known.shape = entry.shape
    for (const op of entry.ops) {
      const [store, what, key] = op
      let records = known.stores.get(store)
      if (!records) known.stores.set(store, (records = new Map()))
      if (what === 'put') records.set(keyText(key), [key, op[3]])
      else records.delete(keyText(key))
    }
  }
  for (const [name, { shape, stores }] of databases) await fill(name, shape, stores)
}

async function fill(name: string, shape: NonNullable<Entry['shape']>, stores: Map<string, Map<string, [unknown, unknown]>>): Promise<void> {
  const ready = new Map<string, [unknown, unknown][]>()
  for (const [store, records] of stores) {
    ready.set(store, await Promise.all([...records.values()].map(async ([key, value]) => [key, await unflat(value)] as [unknown, unknown])))
  }
  await new Promise<void>((resolve, reject) => {
    const open = indexedDB.open(name, shape.version)
    open.onerror = () => reject(open.error)
    open.onupgradeneeded = () => {
      for (const one of shape.stores) {
        const store = open.result.createObjectStore(one.name, { keyPath: one.keyPath, autoIncrement: one.autoIncrement })
        for (const index of one.indexes) store.createIndex(index.name, index.keyPath, { unique: index.unique, multiEntry: index.multiEntry })
        for (const [key, value] of ready.get(one.name) ?? []) {
          if (one.keyPath === null) store.put(value, key as IDBValidKey)
          else store.put(value)
        }
      }
    }
    open.onsuccess = () => {
      open.result.close()
      resolve()
    }
  })
}
