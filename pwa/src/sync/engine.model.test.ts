/**
 * The engine against a model of a page (fast-check's commands). FC_RUNS sets the number of runs, FC_SEED and FC_PATH
 * (with FC_REPLAY) repeat one: all are printed where a run fails.
 */
import 'fake-indexeddb/auto'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { uuid7 } from '../domain/ids'
import { localLocks } from './locks'
import { EAGER_KINDS } from '../store/memory'
import { BANK, County } from './testing/county'
import { databaseOf, Page, readDisk } from './testing/page'
import { memoryPlace, PIN } from './testing/phone'
import { checkAll, openTab, reopen, resting, steps, type Model, type Real } from './testing/steps'

const RUNS = Number(process.env['FC_RUNS'] ?? 25)
// The test command draws the same runs each time; whoever asks for a number of runs gets new ones.
const SEED = process.env['FC_SEED'] !== undefined ? { seed: Number(process.env['FC_SEED']) } : process.env['FC_RUNS'] === undefined ? { seed: 1 } : {}
const PATH = process.env['FC_PATH'] === undefined ? {} : { path: process.env['FC_PATH'] }
const REPLAY = process.env['FC_REPLAY'] === undefined ? {} : { replayPath: process.env['FC_REPLAY'] }

vi.setConfig({ testTimeout: 60_000 + RUNS * 20_000 })

async function begin(stepwise: boolean): Promise<{ model: Model; real: Real }> {
  const county = await County.open(2)
  county.bank.stepwise = stepwise
  const real: Real = { county, tabs: [], locks: localLocks(), clock: { now: county.bank.now }, deviceDatabase: uuid7(), ledger: memoryPlace() }
  const engine = await openTab(real)
  real.tabs.push(engine)
  await engine.login('wang', 'right')
  await engine.enrol('phone')
  await engine.setPin(PIN)
  await engine.sync()
  const page = new Page()
  page.heardAt = real.clock.now
  page.epoch = county.bank.epoch
  return { model: { page, locked: [false], jumped: false }, real }
}

/** All faults heal: whatever was saved is at the bank, and the phone shows what the bank knows. */
async function heal(model: Model, real: Real): Promise<void> {
  const { page } = model
  const { county } = real
  county.faults = []
  // What lies damaged on the disk is noticed by a phone that reads it.
  if (page.damage.size > 0) await reopen(model, real, true)
  for (const [i, tab] of real.tabs.entries()) {
    if (model.locked[i]) expect(await tab.unlock(PIN)).toBe('ok')
    model.locked[i] = false
  }
  const [engine] = real.tabs
  if (!engine) throw new Error('no tab is open')
  for (let round = 0; round < 4; round++) {
    if (!county.bank.session || engine.status().needsLogin) await engine.login('wang', 'right')
    await engine.sync()
    // Damage in what hangs on a customer is met by looking.
    if (page.damage.size > 0) for (const { id } of engine.customers()) await engine.customer(id)
  }
  Object.assign(page, { heardAt: real.clock.now, epoch: county.bank.epoch, between: false })
  await page.noteMended(databaseOf(engine))
  // Everybody has moved away whose pages these are: nothing reads them any more, and nothing is missing.
  if (!engine.customers().length) for (const id of page.damage.keys()) if (!EAGER_KINDS.has(id.split('|').at(-1) ?? '')) page.damage.delete(id)
  expect([...page.damage.keys()]).toEqual([])
  expect(engine.status()).toMatchObject({ syncError: null, needsLogin: false, damaged: false })
  const disk = await readDisk(databaseOf(engine))
  const settled = page.settled(disk)
  for (const { command } of page.saved) {
    const record = disk.outbox.get(command.id)
    if (!record) continue
    const told = county.result(command.id)
    expect(told, `${command.type} ${command.id} never came to the bank`).not.toBeNull()
    const taken = ['applied', 'merged', 'suggested'].includes(told?.result as string)
    if (settled.has(command.id)) continue
    expect(record.state).toBe(taken ? 'received' : told?.result)
  }
  expect(engine.status().waiting, 'the outbox is empty').toBe(0)
  for (const [book, revision] of county.held()) expect(disk.partitions.find(({ key }) => key === book)?.revision).toBe(revision)
  expect(disk.partitions.some(({ key }) => key.startsWith(BANK))).toBe(true)
  const effects = county.bank.applied.map(({ id }) => id)
  expect(new Set(effects).size, 'a command had its effect twice').toBe(effects.length)
  await checkAll(model, real)
}

async function end(real: Real): Promise<void> {
  const names = (await indexedDB.databases()).map(({ name }) => name)
  for (const tab of real.tabs) await tab.close()
  await resting(0)
  for (const name of names) if (name) indexedDB.deleteDatabase(name)
}

test('whatever a person, the network and the bank do, the phone is what the page says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.commands(steps, { maxCommands: 40, size: 'max', ...REPLAY }), async (stepwise, commands) => {
      const { model, real } = await begin(stepwise)
      try {
        await fc.asyncModelRun(() => ({ model, real }), commands)
        await heal(model, real)
      } finally {
        await end(real)
      }
    }),
    { numRuns: RUNS, ...SEED, ...PATH, endOnFailure: process.env['FC_SHRINK'] === '0' },
  )
})
