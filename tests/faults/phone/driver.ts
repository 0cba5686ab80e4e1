/**
 * One phone as a process: the app's own engine, driven by lines of JSON on standard input, answering on standard output.
 * It is killed with kill -9 like an app; what it must keep lies in its folder.
 */
// first: the engine's library looks for IndexedDB when it is loaded
import { mount, mustBeUnder, setFull } from './disk'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { build, type NewCommand } from '../../../pwa/src/domain/commands'
import { uuid7 } from '../../../pwa/src/domain/ids'
import { openEngine } from '../../../pwa/src/sync/engine'
import type { Engine } from '../../../pwa/src/sync/types'
import { dump, type Insides } from './dump'
import { Ledger } from './ledger'
import { plant, type Bug } from './plants'
import { cookieFetch } from './web'

interface Request {
  id: number
  do: string
  [name: string]: unknown
}

const [folder = '', baseUrl = '', lose = '0', planted = '', seed = '0'] = process.argv.slice(2)
const PIN = '135790'
const CHEAP = { memory: 64, iterations: 1, parallelism: 1 }

let offset = 0
let engine: Engine
let core: Insides
let ledger: Ledger
let bug: Bug
let mounted: { entries: number; lost: number }

async function open(): Promise<void> {
  mkdirSync(folder, { recursive: true })
  mounted = await mount(join(folder, 'disk'), Number(lose))
  ledger = new Ledger(join(folder, 'ledger'))
  bug = plant(planted, Number(seed))
  engine = await openEngine({
    http: { fetch: bug.fetch(cookieFetch(join(folder, 'cookies'))) as typeof fetch, baseUrl },
    appVersion: '1.0.0',
    platform: 'fault harness',
    now: () => Date.now() + offset,
    cost: CHEAP,
    live: false,
  })
  mustBeUnder()
  core = (engine as unknown as { core: Insides }).core
}

/** Signs in, enrols, unlocks: as far as it comes. Throws if the bank is needed and does not answer. */
async function ready({ login, password }: Request): Promise<unknown> {
  if (engine.status().phase === 'signed_out' || engine.status().needsLogin) await engine.login(String(login), String(password))
  if (engine.status().phase === 'not_enrolled') await engine.enrol('phone of the fault harness')
  if (engine.status().phase === 'no_pin') await engine.setPin(PIN)
  if (engine.status().phase === 'locked') await engine.unlock(PIN)
  return state()
}

function state(): unknown {
  const { phase, waiting, attention, syncError, needsLogin, readLocked, storageFailed, revoked } = engine.status()
  const entries = engine.outbox().map(({ id, state, result, code }) => ({ id, state, result, code }))
  return { phase, waiting, attention, syncError, needsLogin, readLocked, storageFailed, revoked, entries, mounted }
}

/** What the person saves, from the plan; which fields there are depends on the kind. */
interface Act {
  kind: string
  customer: string
  mark: string
  field: string
  value: number
  asset: string
  grid: string
  phone: string
}

/** The commands of a tap on save. Ids that the plan does not give are made here, as phones do. */
function commandsOf({ kind, customer: customer_id, mark, field, value, asset, grid, phone }: Act): NewCommand[] {
  switch (kind) {
    case 'visit':
      return [
        build.visitLog({
          id: uuid7(), customer_id, channel: 'onsite', purpose: 'follow_up', outcome: 'met', needs: [], presented: [], photos: [], note: mark,
        }),
      ]
    case 'edit':
      return [build.setValues({ customer_id, edits: [{ field, seen: null, value }] })]
    case 'asset':
      return [build.assetPut({ id: asset, customer_id, kind: 'machinery', label: mark, value_fen: 100_000, detail: {} })]
    case 'drop_asset':
      return [build.assetRemove({ id: asset, customer_id, reason: 'sold' })]
    case 'create': {
      const member = { id: uuid7(), person_id: uuid7(), name: mark, relation: 'head' }
      return [build.customerCreate({ id: uuid7(), kind: 'household', name: mark, grid_id: grid, address: mark, phone, members: [member] })]
    }
    default:
      throw new TypeError(`no such act: ${kind}`)
  }
}

/** A tap on save. The ledger says what is meant before, and that the screen called it saved after. */
async function save({ act }: Request): Promise<unknown> {
  const commands = commandsOf(act as Act)
  const ids = commands.map(({ id }) => id)
  ledger.write({ intend: ids, act, bodies: commands.map(({ body }) => body) })
  try {
    await bug.save(act as Act, () => engine.save(commands), () => engine.save(commandsOf(act as Act)))
  } catch (error) {
    ledger.write({ refused: ids, error: String(error) })
    throw error
  }
  ledger.write({ saved: ids })
  return { ids }
}

const doings: Record<string, (request: Request) => Promise<unknown> | unknown> = {
  ready,
  save,
  state,
  sync: async () => {
    await engine.sync()
    return state()
  },
  clock: ({ ms }) => void (offset = Number(ms)),
  full: ({ is }) => setFull(Boolean(is)),
  dump: () => dump(engine, core),
}

function answer(line: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

function listen(): void {
  createInterface({ input: process.stdin })
    .on('line', (line) => void obey(JSON.parse(line) as Request))
    .on('close', () => process.exit(0))
}

async function obey(request: Request): Promise<void> {
  try {
    const work = doings[request.do]
    if (!work) throw new TypeError(`nothing to do: ${request.do}`)
    answer({ id: request.id, ok: (await work(request)) ?? null })
  } catch (error) {
    const { name, code, message } = error as { name?: string; code?: string; message?: string }
    answer({ id: request.id, error: { name, code, message: String(message) } })
  }
}

// with this argument it was only loaded, for the code cache
if (folder !== 'cache') {
  process.on('unhandledRejection', (error) => answer({ stray: String((error as Error)?.stack ?? error) }))
  void open().then(() => {
    listen()
    answer({ up: true })
  })
}
