/**
 * One phone as a process: the app's own engine, driven by lines of JSON on standard input, answering on standard output.
 * It is killed with kill -9 like an app; what it must keep lies in its folder.
 */
// first: the engine's library looks for IndexedDB when it is loaded
import { mount, mustBeUnder, setFull } from './disk'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DEVICE_DATABASE } from '../../../pwa/src/store/device'
import { openEngine } from '../../../pwa/src/sync/engine'
import type { Engine } from '../../../pwa/src/sync/types'
import { made, type Act } from './acts'
import { dump, type Insides } from './dump'
import { Ledger } from './ledger'
import { plant, type Bug } from './plants'
import { cookieFetch, filePlace, warmFetch } from './web'

interface Request {
  id: number
  do: string
  [name: string]: unknown
}

const [folder = '', baseUrl = '', lose = '0', planted = '', seed = '0', deleted = ''] = process.argv.slice(2)
const PIN = '135790'
const CHEAP = { memory: 64, iterations: 1, parallelism: 1 }

let offset = 0
let engine: Engine
let core: Insides
let ledger: Ledger
let bug: Bug
let mounted: { entries: number; lost: number }

/** The browser threw these databases away: that of the person, or all. */
const isDeleted = (name: string): boolean => deleted === 'all' || (deleted === 'person' && name !== DEVICE_DATABASE)

async function open(): Promise<void> {
  mkdirSync(folder, { recursive: true })
  mounted = await mount(join(folder, 'disk'), Number(lose), isDeleted)
  ledger = new Ledger(join(folder, 'ledger'))
  bug = plant(planted, Number(seed))
  await warmFetch()
  engine = await openEngine({
    http: { fetch: bug.fetch(cookieFetch(join(folder, 'cookies'))) as typeof fetch, baseUrl },
    appVersion: '1.0.0',
    platform: 'fault harness',
    now: () => Date.now() + offset,
    cost: CHEAP,
    live: false,
    ledger: filePlace(join(folder, 'marks')),
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
  const { phase, waiting, attention, syncError, needsLogin, readLocked, storageFailed, revoked, lost } = engine.status()
  const entries = engine.outbox().map(({ id, state, result, code, photos }) => {
    const unsent = photos.filter((one) => !one.sent).length
    const refused = photos.flatMap((one) => one.refused ?? [])
    return { id, state, result, code, unsent, refused }
  })
  return { phase, waiting, attention, syncError, needsLogin, readLocked, storageFailed, revoked, lost, entries, mounted }
}

/** A tap on save. The ledger says what is meant before, and that the screen called it saved after. */
async function save({ act: given }: Request): Promise<unknown> {
  const act = given as Act
  const { commands, files } = await made(act, engine)
  const ids = commands.map(({ id }) => id)
  if (ids.length === 0) return { ids }
  ledger.write({ intend: ids, act, types: commands.map(({ type }) => type), bodies: commands.map(({ body }) => body) })
  const again = async (): Promise<unknown> => {
    const more = await made(act, engine)
    return engine.save(more.commands, more.files)
  }
  try {
    await bug.save(act, () => engine.save(commands, files), again)
  } catch (error) {
    ledger.write({ refused: ids, error: String(error) })
    throw error
  }
  ledger.write({ saved: ids })
  return { ids }
}

/** The waiting outbox as the file that support loads, beside the phone's folder. */
async function exported({ to }: Request): Promise<unknown> {
  const { bytes, commands, files } = await engine.exportOutbox()
  writeFileSync(String(to), bytes)
  return { commands, files }
}

const doings: Record<string, (request: Request) => Promise<unknown> | unknown> = {
  ready,
  save,
  exported,
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
