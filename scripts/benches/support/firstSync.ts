/**
 * How much sooner 15,000 records are on a phone and can be asked for than by PouchDB's replication of the same ones.
 *
 * Ours goes the whole way: the built app with its service worker, login, enrolment, PIN, a manager's own scope, signed
 * requests, `tiange up` with PostgreSQL and Valkey, every page encrypted on the phone's disk. The clock runs from the
 * start of the first synchronisation until all records are stored and a household was found by name and opened with its
 * members and assets. The peer's clock runs from the opening of its database to the end of the replication and one
 * document read; it signs in nowhere, encrypts nothing, builds no index, and its server answers from memory. RxDB is
 * measured the same way in the same rounds, on its free storage for browsers (Dexie); its ratio stands in the detail.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { Engine } from '../../../pwa/src/sync/types'
import { Bank } from './bank'
import { Couch } from './couch'
import { peerScript } from './peer'
import { Phone } from './phone'
import { load, median, option, rounded, say, type Result } from './result'

const BAR = 30
const SLOWER = 4
const HOUSEHOLDS = 3000
const MEMBERS = 9000
const ASSETS = 3000
/** What RxDB's replication must be beaten by in the same run, in detail. */
const RXDB_BAR = 8
/** Documents a request: the peers' own default, and one that suits a first replication of many. */
const BATCHES = [100, 1000] as const
const RX_BATCHES = [100, 1000] as const

interface Ours {
  /** All is stored and a household was found and opened. */
  queryable: number
  /** The bank was asked once more and had nothing new. */
  settled: number
  /** Of it, waiting for the first answer: the pages' list, and the pages themselves where they must be made. */
  manifest: number
  members: number
  assets: number
  requests: number
}

export async function measure(args: readonly string[]): Promise<Result> {
  const rounds = option(args, 'rounds', 3)
  const county = ['--households', HOUSEHOLDS, '--members', MEMBERS, '--assets', ASSETS, '--seed', option(args, 'seed', 1)]
  const script = await peerScript()
  const bank = await Bank.open(county.map(String), 'documents.jsonl')
  const documents = readFileSync(join(bank.folder, 'documents.jsonl'), 'utf8').trim().split('\n')
  const couch = await Couch.start(documents, script)
  const looked = withAll(documents)
  const loads: number[] = []
  try {
    // the first phone of all: the bank has to make the pages that it keeps for the next ones
    const cold = await inBrowser((phone) => ours(phone, bank, SLOWER, looked))
    say(`first phone of the bank: ${shown(cold)}`)
    const own: Ours[] = []
    const peer: number[][] = BATCHES.map(() => [])
    const rx: number[][] = RX_BATCHES.map(() => [])
    for (let round = 0; round < rounds; round++) {
      loads.push(load())
      await inBrowser(async (phone) => {
        const run = await ours(phone, bank, SLOWER, looked)
        own.push(run)
        say(`round ${round + 1}: ${shown(run)}`)
        for (const [i, batch] of BATCHES.entries()) {
          const took = await theirs(phone, couch, replicate, batch, SLOWER)
          peer[i]?.push(took)
          say(`round ${round + 1}: PouchDB by ${batch}: ${rounded(took, 0)} ms`)
        }
        for (const [i, batch] of RX_BATCHES.entries()) {
          const took = await theirs(phone, couch, replicateRx, batch, SLOWER)
          rx[i]?.push(took)
          say(`round ${round + 1}: RxDB by ${batch}: ${rounded(took, 0)} ms`)
        }
      })
    }
    const full = await inBrowser(async (phone) => ({
      ours: await ours(phone, bank, 1, looked),
      theirs: await Promise.all([await theirs(phone, couch, replicate, BATCHES[1], 1)]),
    }))
    const took = median(own.map((run) => run.queryable))
    const peers = peer.map(median)
    // against the faster of the two
    const figure = rounded(Math.min(...peers) / took)
    const timesRx = rounded(Math.min(...rx.map(median)) / took)
    return {
      bench: 'first_sync',
      figure,
      unit: 'times faster than PouchDB',
      bar: BAR,
      holds: figure >= BAR,
      detail: {
        records: documents.length,
        slowed: SLOWER,
        rounds,
        queryable_ms: own.map((run) => rounded(run.queryable, 0)),
        settled_ms: own.map((run) => rounded(run.settled, 0)),
        first_answer_ms: own.map((run) => rounded(run.manifest, 0)),
        requests: own[0]?.requests,
        pouchdb_ms: Object.fromEntries(BATCHES.map((batch, i) => [`batch_${batch}`, peer[i]?.map((one) => rounded(one, 0))])),
        ratios: Object.fromEntries(BATCHES.map((batch, i) => [`batch_${batch}`, rounded((peers[i] ?? NaN) / took)])),
        rxdb: {
          ms: Object.fromEntries(RX_BATCHES.map((batch, i) => [`batch_${batch}`, rx[i]?.map((one) => rounded(one, 0))])),
          ratio: timesRx,
          bar: RXDB_BAR,
          holds: timesRx >= RXDB_BAR,
        },
        pages: 'warm: made for an earlier phone and kept by key and revision',
        cold_pages: { queryable_ms: rounded(cold.queryable, 0), first_answer_ms: rounded(cold.manifest, 0), ratio: rounded(Math.min(...peers) / cold.queryable) },
        full_speed: {
          queryable_ms: rounded(full.ours.queryable, 0),
          pouchdb_ms: rounded(full.theirs[0] ?? NaN, 0),
          ratio: rounded((full.theirs[0] ?? NaN) / full.ours.queryable),
        },
        load: loads,
      },
    }
  } finally {
    await couch.stop()
    await bank.close()
  }
}

const shown = (run: Ours): string =>
  `queryable after ${rounded(run.queryable, 0)} ms (first answer after ${rounded(run.manifest, 0)} ms, ${run.requests} requests)`

async function inBrowser<T>(work: (phone: Phone) => Promise<T>): Promise<T> {
  const phone = await Phone.on()
  try {
    return await work(phone)
  } finally {
    await phone.off()
  }
}

/** A household that has members and assets, by its id. */
function withAll(documents: readonly string[]): string {
  const rows = documents.map((line) => JSON.parse(line) as { type: string; customer_id?: string })
  const have = (kind: string): Set<string | undefined> => new Set(rows.flatMap((row) => (row.type === kind ? [row.customer_id] : [])))
  const members = have('member')
  for (const id of have('record')) if (id !== undefined && members.has(id)) return id
  throw new Error('no household has members and assets')
}

async function ours(phone: Phone, bank: Bank, slower: number, looked: string): Promise<Ours> {
  const page = await phone.app(bank)
  await phone.slow(page, slower)
  const run = await page.evaluate(firstSync, { households: HOUSEHOLDS, looked })
  await page.close()
  if (run.members === 0 || run.assets === 0) throw new Error(`the household came without members or assets: ${JSON.stringify(run)}`)
  return run
}

/** Runs in the page, from the PIN on. */
export async function firstSync({ households, looked }: { households: number; looked: string }): Promise<Ours> {
  const { engine } = globalThis as unknown as { engine: Engine }
  performance.setResourceTimingBufferSize(2000)
  performance.clearResourceTimings()
  let begin = 0
  let queryable = 0
  const queried = { members: 0, assets: 0 }
  const settled = new Promise<number>((resolve, reject) => {
    const query = async (): Promise<void> => {
      const list = engine.customers()
      if (list.length !== households) throw new Error(`${list.length} households`)
      const one = list.find(({ id }) => id === looked)
      if (!one || !engine.search(one.name).some(({ id }) => id === looked)) throw new Error('a household is not found by its name')
      const view = await engine.customer(one.id)
      queried.members = view.members.length
      queried.assets = view.records.length
      queryable = performance.now()
    }
    let asked: Promise<void> | null = null
    engine.subscribe((what) => {
      const { phase, syncing, progress } = engine.status()
      if (phase !== 'ready') return
      if (syncing && begin === 0) begin = performance.now()
      if (what === 'rows' && begin && !asked && progress && progress.done === progress.total && engine.grids().length === 5 && engine.customers().length === households) {
        asked = query()
        asked.catch(reject)
      }
      if (begin && asked && !syncing) void asked.then(() => resolve(performance.now()), reject)
    })
  })
  await engine.setPin('730214')
  // where the app goes once the PIN is set
  history.pushState(null, '', '/today')
  dispatchEvent(new PopStateEvent('popstate'))
  const end = await settled
  const requests = performance.getEntriesByType('resource').filter((entry) => entry.name.includes('/api/v1/sync/')) as PerformanceResourceTiming[]
  const pull = requests.find((entry) => entry.name.endsWith('/pull'))
  return { queryable: queryable - begin, settled: end - begin, manifest: (pull?.responseEnd ?? NaN) - begin, requests: requests.length, ...queried }
}

interface Asked {
  /** Of the peers' server. */
  url: string
  batch: number
  id: string
}

interface Took {
  ms: number
  documents: number
}

/** One replication into a database of its own, on a page of its own. */
async function theirs(phone: Phone, couch: Couch, work: (asked: Asked) => Promise<Took>, batch: number, slower: number): Promise<number> {
  const page: Page = await phone.context.newPage()
  await page.goto(`${couch.url}/page`, { waitUntil: 'load' })
  await phone.slow(page, slower)
  const took = await page.evaluate(work, { url: couch.url, batch, id: `by-${batch}` })
  await page.evaluate(async () => {
    for (const { name } of await indexedDB.databases()) if (name) indexedDB.deleteDatabase(name)
  })
  await page.close()
  if (took.documents !== HOUSEHOLDS + MEMBERS + ASSETS) throw new Error(`the peer has ${took.documents} documents`)
  return took.ms
}

/** Runs in the peer's page. */
export async function replicate({ url, batch, id }: Asked): Promise<Took> {
  interface Peer {
    info(): Promise<{ doc_count: number }>
    get(id: string): Promise<{ _id: string }>
    allDocs(options: { limit: number }): Promise<{ rows: { id: string }[] }>
  }
  interface Replication {
    ok: boolean
    docs_written: number
  }
  const { PouchDB } = globalThis as unknown as {
    PouchDB: { new (name: string): Peer; replicate(from: string, to: Peer, options: { batch_size: number }): Promise<Replication> }
  }
  const begin = performance.now()
  const peer = new PouchDB(id)
  const done = await PouchDB.replicate(`${url}/db`, peer, { batch_size: batch })
  const first = (await peer.allDocs({ limit: 1 })).rows[0]
  await peer.get(first?.id ?? '')
  const ms = performance.now() - begin
  if (!done.ok) throw new Error('the replication failed')
  return { ms, documents: (await peer.info()).doc_count }
}

/** Runs in the peer's page: the same by RxDB's replication. */
export async function replicateRx({ url, batch, id }: Asked): Promise<Took> {
  interface Collection {
    count(): { exec(): Promise<number> }
    findOne(query?: unknown): { exec(): Promise<{ id: string } | null> }
  }
  interface Database {
    addCollections(collections: object): Promise<Record<string, Collection>>
  }
  interface Place {
    n: number
  }
  const { RxDB } = globalThis as unknown as {
    RxDB: {
      getRxStorageDexie(): unknown
      createRxDatabase(options: object): Promise<Database>
      replicateRxCollection(options: object): { awaitInitialReplication(): Promise<void>; cancel(): Promise<unknown>; error$: { subscribe(next: (error: Error) => void): unknown } }
    }
  }
  const begin = performance.now()
  const db = await RxDB.createRxDatabase({ name: id, storage: RxDB.getRxStorageDexie(), multiInstance: false })
  const schema = { version: 0, primaryKey: 'id', type: 'object', properties: { id: { type: 'string', maxLength: 40 } }, required: ['id'] }
  const { rows } = await db.addCollections({ rows: { schema } })
  if (!rows) throw new Error('no collection')
  const handler = async (at: Place | undefined, limit: number): Promise<unknown> => (await fetch(`${url}/rx?since=${at?.n ?? 0}&limit=${limit}`)).json()
  const replication = RxDB.replicateRxCollection({ collection: rows, replicationIdentifier: id, live: false, waitForLeadership: false, pull: { batchSize: batch, handler } })
  const failed = new Promise<never>((_, reject) => replication.error$.subscribe(reject))
  await Promise.race([replication.awaitInitialReplication(), failed])
  if (!(await rows.findOne().exec())) throw new Error('nothing is found')
  const ms = performance.now() - begin
  const documents = await rows.count().exec()
  await replication.cancel()
  return { ms, documents }
}
