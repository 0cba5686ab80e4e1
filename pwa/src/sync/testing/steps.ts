/** The steps of the engine's model: what a person, the network, the bank and the phone may do next. */
import fc from 'fast-check'
import { expect } from 'vitest'
import { build, type NewCommand } from '../../domain/commands'
import { uuid7 } from '../../domain/ids'
import { sha256Hex, utf8 } from '../../store/bytes'
import { flushOutbox } from '../background'
import { openEngine } from '../engine'
import { localLocks, type Locks } from '../locks'
import type { Engine, NewFile } from '../types'
import { GRIDS, KNOWN_ALREADY, OLDER, REFUSED, type County, type NetFault } from './county'
import type { Page} from './page';
import { databaseOf, readDisk } from './page'
import type { memoryPlace} from './phone';
import { PIN } from './phone'

/** Argon2id at a cost for tests; the format is the same. */
const CHEAP = { memory: 64, iterations: 1, parallelism: 1 }
const DAY_MS = 86_400_000
/** How long one tab may take to hear of another's write. */
const NEWS_MS = 5_000

export interface Real {
  county: County
  tabs: Engine[]
  locks: Locks
  clock: { now: number }
  deviceDatabase: string
  ledger: ReturnType<typeof memoryPlace>
}

/** The model: the page, and which tabs are locked. */
export interface Model {
  page: Page
  locked: boolean[]
  jumped: boolean
}

type Step = fc.AsyncCommand<Model, Real>

export async function openTab(real: Real): Promise<Engine> {
  return openEngine({
    http: { fetch: real.county.fetch as typeof fetch, baseUrl: 'http://bank' },
    appVersion: '1.0.0',
    platform: 'test',
    now: () => real.clock.now,
    cost: CHEAP,
    locks: real.locks,
    deviceDatabase: real.deviceDatabase,
    ledger: real.ledger,
    live: false,
  })
}

export const resting = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Everything that must be true after each step, on each tab; another tab may take a moment to hear of it. */
export async function checkAll(model: Model, real: Real): Promise<void> {
  const { page } = model
  const { county, clock } = real
  for (const [i, engine] of real.tabs.entries()) {
    const until = performance.now() + NEWS_MS
    for (;;) {
      try {
        const disk = await readDisk(databaseOf(engine))
        page.checkOutbox(county, disk, Math.max(clock.now, county.bank.now))
        page.checkOrder(county)
        page.noteReceipts(disk)
        if (model.locked[i]) {
          expect(engine.customers()).toEqual([])
        } else if (engine.status().readLocked) {
          expect(engine.customers()).toEqual([])
          page.checkList(engine, disk)
        } else {
          page.checkList(engine, disk)
          if (page.damage.size === 0 && !page.between) await page.checkScreens(engine, county, disk)
        }
        const closed = page.mustBeClosed(clock.now, model.jumped)
        if (closed !== null) expect(engine.status().readLocked, 'reading is closed').toBe(closed)
        break
      } catch (error) {
        if (performance.now() > until) throw error
        await resting(15)
      }
    }
  }
}

/** A step with a name that is readable in a counter-example. */
function step(name: string, may: (model: Model) => boolean, run: (model: Model, real: Real) => Promise<void>): Step {
  return {
    check: (model) => may(model),
    run: async (model, real) => {
      await run(model, real)
      await checkAll(model, real)
    },
    toString: () => name,
  }
}

const anyOpen = (model: Model): boolean => model.locked.includes(false)
const pick = <T>(list: readonly T[], n: number): T => list[n % list.length] as T

/** The n-th unlocked tab, if its screens may be read. */
function tabOf(model: Model, real: Real, n: number): Engine {
  return pick(real.tabs.filter((_, i) => !model.locked[i]), n)
}

async function save(model: Model, engine: Engine, commands: NewCommand[], files: NewFile[] = []): Promise<void> {
  await engine.save(commands, files)
  model.page.note(commands, files.map(({ hash }) => hash))
}

const point = null
const visitBody = (customer: string, more: Record<string, unknown> = {}) => ({
  id: uuid7(), customer_id: customer, channel: 'phone' as const, purpose: 'follow_up', outcome: 'met' as const, needs: [], presented: [], photos: [], point, note: 'n', ...more,
})

type VisitKind = 'plain' | 'refused' | 'photo' | 'task' | 'refused task'

const visitStep = (tab: number, n: number, kind: VisitKind): Step =>
  step(`visit(${tab}, ${n}, ${kind})`, anyOpen, async (model, real) => {
    const engine = tabOf(model, real, tab)
    const customers = engine.customers()
    if (customers.length === 0) return
    const { id } = pick(customers, n)
    const files: NewFile[] = []
    if (kind === 'photo') {
      const bytes = utf8(`a photo ${uuid7()}`)
      files.push({ hash: await sha256Hex(bytes), class: 'home', bytes })
    }
    const photos = files.map(({ hash }) => ({ hash, class: 'home' as const, taken_at: 1 }))
    const visit = build.visitLog(visitBody(id, { photos, note: `${kind} ${n}`, ...(kind.startsWith('refused') ? { wanted_for: REFUSED } : {}) }))
    const task = (await engine.customer(id)).tasks.find(({ state }) => state === 'open')
    const withTask = kind.endsWith('task') && task
    await save(model, engine, [visit, ...(withTask ? [build.taskSubmit({ task_id: task.id, visit_id: visit.body.id }, { needs: [visit.id] })] : [])], files)
  })

const editStep = (tab: number, n: number, value: number): Step =>
  step(`edit(${tab}, ${n}, ${value})`, anyOpen, async (model, real) => {
    const engine = tabOf(model, real, tab)
    const customers = engine.customers()
    if (customers.length === 0) return
    const { id } = pick(customers, n)
    await save(model, engine, [build.setValues({ customer_id: id, edits: [{ field: 'income_wages_fen', seen: null, value }] })])
  })

const recordStep = (tab: number, n: number, remove: boolean): Step =>
  step(`${remove ? 'removeRecord' : 'record'}(${tab}, ${n})`, anyOpen, async (model, real) => {
    const engine = tabOf(model, real, tab)
    const customers = engine.customers()
    if (customers.length === 0) return
    const { id } = pick(customers, n)
    const [known] = (await engine.customer(id)).records
    if (remove && known) await save(model, engine, [build.recordRemove({ id: known.id, customer_id: id, reason: 'sold' })])
    else await save(model, engine, [build.recordPut({ id: known?.id ?? uuid7(), customer_id: id, kind: 'vehicle', label: `车${n}`, value_fen: 5, detail: {} })])
  })

type Birth = 'new' | 'known' | 'refused'

const createStep = (tab: number, grid: number, birth: Birth, visited: boolean): Step =>
  step(`create(${tab}, ${grid}, ${birth}${visited ? ', visited' : ''})`, anyOpen, async (model, real) => {
    const engine = tabOf(model, real, tab)
    const address = birth === 'known' ? KNOWN_ALREADY : birth === 'refused' ? REFUSED : '二组'
    const made = build.customerCreate({ id: uuid7(), kind: 'household', name: `新户${model.page.saved.length}`, grid_id: GRIDS[grid % 2] as string, address, members: [] })
    const visit = build.visitLog(visitBody(made.body.id, { note: 'first' }), { needs: [made.id] })
    await save(model, engine, visited ? [made, visit] : [made])
  })

const undoStep = (tab: number, back: number): Step =>
  step(`undo(${tab}, ${back})`, (model) => anyOpen(model) && model.page.saved.length > 0, async (model, real) => {
    const { page } = model
    const saves = [...new Set(page.saved.map((one) => one.save))].reverse()
    const wanted = pick(saves, back)
    const ids = page.saved.filter((one) => one.save === wanted).map(({ command }) => command.id)
    const db = databaseOf(real.tabs[0] as Engine)
    const before = await readDisk(db)
    const untouched = ids.every((id) => before.outbox.get(id)?.state === 'saved' && before.outbox.get(id)?.tries === 0)
    const done = await tabOf(model, real, tab).undo(ids)
    if (done) expect(untouched, 'what was sent was taken back').toBe(true)
    if (done) page.takeBack(ids)
  })

/** What follows from a run that nothing disturbed. */
async function whole(model: Model, real: Real, engine: Engine): Promise<void> {
  const { page } = model
  expect(engine.status().syncError, 'a quiet network is enough').toBeNull()
  page.heardAt = real.clock.now
  model.jumped = false
  await page.noteMended(databaseOf(engine))
  page.between = false
  page.epoch = real.county.bank.epoch
  const disk = await readDisk(databaseOf(engine))
  for (const [id, { state, photos }] of disk.outbox) {
    expect(['saved', 'sending'], `${id} was not sent`).not.toContain(state)
    if (state === 'received') for (const photo of photos) expect(photo.sentAt > 0 || photo.refused !== null, 'a photo was not sent').toBe(true)
  }
  const stands = new Map(disk.partitions.map(({ key, revision, stale }) => [key, stale ? -1 : revision]))
  expect(stands, 'the phone holds what it may, up to date').toEqual(real.county.held())
  const keys = new Set((await databaseOf(engine).chunks.toArray()).map(({ key }) => key))
  for (const key of keys) expect(real.county.held().has(key), `rows of ${key} lie on the phone`).toBe(true)
}

export async function login(model: Model, real: Real): Promise<void> {
  if (!real.county.bank.session || real.tabs.some((tab) => tab.status().needsLogin)) await real.tabs[0]?.login('wang', 'right')
  void model
}

const syncStep = (tab: number, faults: NetFault[]): Step =>
  step(`sync(${tab}${faults.length ? `, ${faults.join(' ')}` : ''})`, anyOpen, async (model, real) => {
    const { county } = real
    const engine = tabOf(model, real, tab)
    const willing = county.bank.session
    let died = false
    const death = new Promise<void>((resolve) => {
      county.onDeath = () => {
        died = true
        resolve()
      }
    })
    county.faults = [...faults]
    await Promise.race([engine.sync(), death])
    const disturbed = county.faults.length < faults.length && faults.some((fault) => fault !== 'ok' && fault !== 'doubled')
    county.faults = []
    if (died) return reopen(model, real, true)
    const disk = await readDisk(databaseOf(engine))
    model.page.epoch = engine.status().epoch
    if (!disturbed && willing && !engine.status().needsLogin) return whole(model, real, engine)
    if (engine.status().syncError === null) {
      model.page.heardAt = real.clock.now
      model.jumped = false
    } else {
      // It may have heard an answer before the fault.
      model.jumped = true
      if (county.bank.stepwise) model.page.between = true
    }
    void disk
  })

/** The browser is gone, with all its tabs, and comes back with one. */
export async function reopen(model: Model, real: Real, unlocked: boolean): Promise<void> {
  await resting(5)
  for (const tab of real.tabs) await tab.close()
  real.county.revive()
  real.locks = localLocks()
  const tab = await openTab(real)
  real.tabs = [tab]
  model.locked = [true]
  model.jumped = true
  if (real.county.bank.stepwise) model.page.between = true
  if (unlocked) {
    expect(await tab.unlock(PIN)).toBe('ok')
    model.locked = [false]
  }
  model.page.epoch = tab.status().epoch
}

const anything = (): boolean => true

const simple = {
  kill: step('kill', anything, (model, real) => reopen(model, real, false)),
  lock: step('lock', anyOpen, async (model, real) => {
    const at = model.locked.indexOf(false)
    real.tabs[at]?.lock()
    model.locked[at] = true
    model.jumped = true
  }),
  unlock: step('unlock', (model) => model.locked.includes(true), async (model, real) => {
    const at = model.locked.indexOf(true)
    expect(await real.tabs[at]?.unlock(PIN)).toBe('ok')
    model.locked[at] = false
  }),
  login: step('login', anything, login),
  secondTab: step('secondTab', (model) => model.locked.length === 1, async (model, real) => {
    const tab = await openTab(real)
    real.tabs.push(tab)
    expect(await tab.unlock(PIN)).toBe('ok')
    model.locked.push(false)
  }),
  closeTab: step('closeTab', (model) => model.locked.length > 1, async (model, real) => {
    await real.tabs.pop()?.close()
    model.locked.pop()
  }),
  flush: step('flush', anything, async (model, real) => {
    const options = { fetch: real.county.fetch as typeof fetch, baseUrl: 'http://bank', now: () => real.clock.now, locks: real.locks, deviceDatabase: real.deviceDatabase }
    await flushOutbox(options).catch(() => undefined)
    model.page.epoch = null
    model.jumped = true
  }),
  idle: step('idle', anyOpen, async (model, real) => {
    type Idle = { syncer: { idle: (pause: () => Promise<void>) => Promise<void> } }
    await (tabOf(model, real, 0) as unknown as Idle).syncer.idle(async () => undefined)
  }),
  toggleGrid: step('toggleGrid', anything, async (_, { county }) => county.toggleGrid()),
  swapKey: step('swapKey', anything, async (_, { county }) => county.swapKey()),
  backup: step('backup', anything, async (_, { county }) => county.makeBackup()),
  restore: step('restore', anything, async (_, { county }) => void county.restore()),
  copied: step('copied', anything, async (_, { county }) => {
    const [newest] = [...county.bank.streams.keys()].slice(-1)
    if (newest) county.useCopy(newest)
  }),
  acknowledge: step('acknowledge', anyOpen, async (model, real) => {
    const engine = tabOf(model, real, 0)
    await engine.acknowledge(engine.outbox().filter(({ state }) => state === 'attention').map(({ id }) => id))
  }),
  week: step('week', anything, async (model, real) => {
    real.clock.now += 8 * DAY_MS
    real.county.bank.now += 8 * DAY_MS
    void model
  }),
}

const clockStep = (minutes: number): Step =>
  step(`clock(${minutes})`, anything, async (model, real) => {
    real.clock.now += minutes * 60_000
    if (minutes < 0) model.jumped = true
  })

const passStep = (minutes: number): Step =>
  step(`pass(${minutes})`, anything, async (_, real) => {
    real.clock.now += minutes * 60_000
    real.county.bank.now += minutes * 60_000
  })

const moveStep = (n: number): Step =>
  step(`move(${n})`, anything, async (_, { county }) => county.move(pick(county.allCustomers(), n)))

const elsewhereStep = (n: number, value: number): Step =>
  step(`elsewhere(${n}, ${value})`, anything, async (_, { county }) => county.elsewhere(pick(county.allCustomers(), n), value))

const damageStep = (n: number): Step =>
  step(`damage(${n})`, anything, async (model, real) => {
    const db = databaseOf(real.tabs[0] as Engine)
    const ids = await db.chunks.toCollection().primaryKeys()
    if (ids.length === 0) return
    await db.chunks.where('id').equals(pick(ids, n)).modify((record) => {
      record.data = record.data.slice(0, record.data.length - 1)
      model.page.damage.set(record.id, record.data.length)
    })
  })

type Settling = 'discard' | 'resend' | 'mend'

const settleStep = (tab: number, n: number, how: Settling): Step =>
  step(`settle(${tab}, ${n}, ${how})`, anyOpen, async (model, real) => {
    const engine = tabOf(model, real, tab)
    const refused = engine.outbox().filter(({ result }) => result === 'rejected' || result === 'held')
    if (refused.length === 0) return
    const { id, command } = pick(refused, n)
    if (!command) throw new Error('its content cannot be read')
    if (how === 'mend' && command.type === 'visit.log') {
      await save(model, engine, [build.visitLog({ ...command.body, wanted_for: null, note: 'mended' }, { replaces: id, needs: command.needs })])
      return
    }
    const { ids } = how === 'discard' ? await engine.discard(id, 'wrong') : await engine.resend(id)
    const made = ids[0] as string
    const options = { needs: how === 'discard' ? [] : command.needs }
    const noted = how === 'discard' ? { ...build.discard({ discards: id, reason: 'wrong' }), id: made } : { ...command, id: made, replaces: id, ...options }
    model.page.note([noted as NewCommand])
  })

const tabs = fc.nat({ max: 1 })
const few = fc.nat({ max: 6 })
const faults = fc.array(
  fc.constantFrom<NetFault>('ok', 'ok', 'lost', 'cut', 'truncated', 'doubled', 'busy', 'signed_out', 'too_large', 'die_before', 'die_after'),
  { maxLength: 4 },
)

/** All steps; those of everyday more often. */
export const steps: fc.Arbitrary<Step>[] = [
  fc.tuple(tabs, few, fc.constantFrom<VisitKind>('plain', 'plain', 'refused', 'photo', 'task', 'refused task')).map((args) => visitStep(...args)),
  fc.tuple(tabs, few, fc.constantFrom(5, 7, OLDER)).map((args) => editStep(...args)),
  fc.tuple(tabs, few, fc.boolean()).map((args) => recordStep(...args)),
  fc.tuple(tabs, fc.nat({ max: 1 }), fc.constantFrom<Birth>('new', 'known', 'refused'), fc.boolean()).map((args) => createStep(...args)),
  fc.tuple(tabs, fc.nat({ max: 3 })).map((args) => undoStep(...args)),
  fc.tuple(tabs, fc.constant<NetFault[]>([])).map((args) => syncStep(...args)),
  fc.tuple(tabs, faults).map((args) => syncStep(...args)),
  fc.tuple(tabs, faults).map((args) => syncStep(...args)),
  fc.tuple(tabs, few, fc.constantFrom<Settling>('discard', 'resend', 'mend')).map((args) => settleStep(...args)),
  fc.constantFrom(-600, -60, 60, 600, 5000).map(clockStep),
  fc.constantFrom(1, 60, 600).map(passStep),
  few.map(moveStep),
  fc.tuple(few, fc.constantFrom(21, 22)).map((args) => elsewhereStep(...args)),
  few.map(damageStep),
  ...Object.values(simple).map((one) => fc.constant(one)),
]
