import 'fake-indexeddb/auto'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { build } from '../domain/commands'
import { uuid7 } from '../domain/ids'
import { FakeBank, problem } from './testing/bank'
import { GRID_KEY, household, PIN, readyPhone, reopen, STAFF_KEY, task, visitOf } from './testing/phone'

// Two busy cores must not fail a test that is merely slow.
vi.setConfig({ testTimeout: 60_000 })

const xie = household('谢金枝', '13812342260')

async function smallBank(): Promise<FakeBank> {
  const bank = await FakeBank.open()
  bank.change(GRID_KEY, [xie])
  bank.change(STAFF_KEY, [task(xie)])
  return bank
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.constant('save') },
  { weight: 1, arbitrary: fc.constant('undo') },
  { weight: 3, arbitrary: fc.constant('sync') },
  { weight: 3, arbitrary: fc.constant('cut') },
  { weight: 2, arbitrary: fc.constant('lost') },
  { weight: 1, arbitrary: fc.constant('refuse') },
  { weight: 1, arbitrary: fc.constant('kill') },
)

test('whatever is cut, lost, refused or killed: everything saved arrives exactly once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const bank = await smallBank()
      let phone = await readyPhone(bank, uuid7())
      let saved: string[] = []
      for (const what of steps) {
        if (what === 'save') {
          const visit = visitOf(xie.id)
          await phone.engine.save([visit])
          saved.push(visit.id)
        } else if (what === 'undo') {
          const last = saved.at(-1)
          if (last && (await phone.engine.undo([last]))) saved = saved.slice(0, -1)
        } else if (what === 'kill') {
          phone = await reopen(bank, phone)
          await phone.engine.unlock(PIN)
        } else {
          bank.fault = (_, path) => {
            if (!path.endsWith('/push')) return null
            return what === 'cut' ? 'cut' : what === 'lost' ? 'lost' : what === 'refuse' ? problem(503, 'try_again') : null
          }
          await phone.engine.sync()
        }
        expect(phone.engine.outbox().length).toBe(saved.length)
      }
      bank.fault = () => null
      await phone.engine.sync()
      expect(bank.applied.map((command) => command['id'])).toEqual(saved)
      expect(bank.applied.map((command) => command['seq'])).toEqual(saved.map((_, i) => i + 1))
      expect(phone.engine.status().waiting).toBe(0)
      await phone.engine.close()
    }),
    { numRuns: 12 },
  )
})

test('more than 200 entries go in several requests', async () => {
  const bank = await smallBank()
  const { engine } = await readyPhone(bank, uuid7())
  await engine.save(Array.from({ length: 230 }, () => visitOf(xie.id)))
  await engine.sync()
  expect(bank.pushSizes).toEqual([200, 30])
  expect(bank.applied).toHaveLength(230)
  await engine.close()
})

test('no request is larger than 4 MiB, and one the server finds too large is halved', async () => {
  const bank = await smallBank()
  const { engine } = await readyPhone(bank, uuid7())
  await engine.save(Array.from({ length: 8 }, () => visitOf(xie.id, { wanted_for: 'x'.repeat(90) })))
  let refused = 0
  bank.fault = (_, path) => (path.endsWith('/push') && refused++ === 0 ? problem(413, 'too_large') : null)
  await engine.sync()
  expect(bank.pushSizes).toEqual([4, 4])
  expect(bank.applied).toHaveLength(8)
  await engine.close()
})

test('a phone that can store nothing says so, pretends nothing, and goes on when there is room', async () => {
  const bank = await smallBank()
  const { engine } = await readyPhone(bank, uuid7())
  await engine.drafts.put('visit', 'kept')
  const full = vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementation(() => {
    throw new DOMException('no room', 'QuotaExceededError')
  })
  const visit = visitOf(xie.id)
  await expect(engine.save([visit], [], { draft: 'visit' })).rejects.toMatchObject({ code: 'storage_failed' })
  expect(engine.status()).toMatchObject({ storageFailed: true, waiting: 0 })
  expect((await engine.customer(xie.id)).visits).toEqual([])
  expect(engine.drafts.get('visit')).toBe('kept')
  full.mockRestore()
  await engine.save([visit], [], { draft: 'visit' })
  expect(engine.status()).toMatchObject({ storageFailed: false, waiting: 1 })
  await engine.sync()
  expect(bank.applied).toHaveLength(1)
  await engine.close()
})

test('received entries stay until a backup covers them and seven days are over', async () => {
  const bank = await smallBank()
  const { engine, clock } = await readyPhone(bank, uuid7())
  await engine.save([visitOf(xie.id)])
  await engine.sync()
  const pass = async (days: number, durable: boolean): Promise<number> => {
    clock.now += days * 86_400_000
    bank.now += days * 86_400_000
    if (durable) bank.durableThrough = bank.now
    await engine.sync()
    return engine.outbox().length
  }
  expect(await pass(1, true)).toBe(1)
  expect(await pass(7, true)).toBe(0)
  await engine.save([visitOf(xie.id)])
  await engine.sync()
  expect(bank.applied.map((command) => command['seq'])).toEqual([1, 2])
  expect(await pass(10, false)).toBe(1)
  expect(await pass(0, true)).toBe(0)
  await engine.close()
})

test('a duplicate made at the doorstep leads to the customer the bank knew', async () => {
  const bank = await smallBank()
  const { engine } = await readyPhone(bank, uuid7())
  const created = build.customerCreate({ id: uuid7(), kind: 'household', name: '谢金枝', grid_id: GRID_KEY.slice(5, 41), address: '三组', members: [] })
  await engine.save([created])
  await expect.poll(() => engine.search('xiejinzhi').length, { timeout: 30_000 }).toBe(2)
  expect((await engine.customer(created.body.id)).customer).toMatchObject({ name: '谢金枝', pending: { state: 'saved' } })
  bank.alias = { [created.body.id]: xie.id }
  await engine.sync()
  expect(engine.customers()).toHaveLength(1)
  expect((await engine.customer(created.body.id)).customer.id).toBe(xie.id)
  await engine.close()
})
