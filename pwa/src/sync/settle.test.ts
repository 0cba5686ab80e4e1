import 'fake-indexeddb/auto'
import { expect, test, vi } from 'vitest'
import { build } from '../domain/commands'
import { uuid7 } from '../domain/ids'
import { sha256Hex, utf8 } from '../store/bytes'
import { FakeBank } from './testing/bank'
import { GRID_KEY, household, PIN, readyPhone, reopen, STAFF_KEY, task, visitOf, type Phone } from './testing/phone'

// Two busy cores must not fail a test that is merely slow.
vi.setConfig({ testTimeout: 60_000 })

const xie = household('谢金枝', '13812342260')
const followUp = task(xie)
const picture = utf8('not really a jpeg')

/** A phone on which a visit with a photo was refused, and what hands the task in is held with it. */
async function refused(): Promise<{ bank: FakeBank; phone: Phone; visit: ReturnType<typeof visitOf>; submit: string; hash: string }> {
  const bank = await FakeBank.open()
  bank.change(GRID_KEY, [xie])
  bank.change(STAFF_KEY, [followUp])
  const phone = await readyPhone(bank, uuid7())
  const hash = await sha256Hex(picture)
  const visit = visitOf(xie.id, { wanted_for: 'x', photos: [{ hash, class: 'home', taken_at: 1 }] })
  const submit = build.taskSubmit({ task_id: followUp.id, visit_id: visit.body.id }, { needs: [visit.id] })
  bank.judge = (command) => ((command['body'] as { wanted_for?: string }).wanted_for === 'x' ? { code: 'bad_value', reason: 'no' } : null)
  await phone.engine.save([visit, submit], [{ hash, class: 'home', bytes: picture }])
  await phone.engine.sync()
  return { bank, phone, visit, submit: submit.id, hash }
}

test('a refused entry says what waits for it, and that one what it waits for', async () => {
  const { phone, visit, submit } = await refused()
  expect(phone.engine.outbox()).toMatchObject([
    { id: submit, state: 'attention', code: 'needs', waitsFor: [visit.id] },
    { id: visit.id, state: 'attention', code: 'bad_value', heldBack: [submit] },
  ])
  await phone.engine.close()
})

test('mended, it goes in its place with its photo, and what waited goes through', async () => {
  const { bank, phone, visit, submit, hash } = await refused()
  const mended = build.visitLog({ ...visit.body, wanted_for: '拖拉机' }, { replaces: visit.id })
  await phone.engine.save([mended])
  expect(phone.engine.status()).toMatchObject({ waiting: 1, attention: 1 })
  expect(phone.engine.outbox().map(({ id }) => id)).toEqual([mended.id, submit])
  expect(await phone.engine.undo([mended.id])).toBe(false)
  await phone.engine.sync()
  await phone.engine.sync()
  expect(bank.applied.map(({ id }) => id)).toEqual([mended.id, submit])
  expect(bank.applied[0]).toMatchObject({ replaces: visit.id, body: { wanted_for: '拖拉机' } })
  expect([...bank.files.keys()]).toEqual([hash])
  expect(phone.engine.status()).toMatchObject({ waiting: 0, attention: 0 })
  // The refused one is not seen again, however long the phone keeps it.
  const later = await reopen(bank, phone)
  await later.engine.unlock(PIN)
  expect(later.engine.outbox().map(({ state }) => state)).toEqual(['received', 'received'])
  await later.engine.close()
})

test('a mended entry that is refused again can be mended again', async () => {
  const { bank, phone, visit, submit } = await refused()
  const again = await phone.engine.resend(visit.id)
  await phone.engine.sync()
  expect(phone.engine.outbox().map(({ id, code }) => [id, code])).toEqual([[again.ids[0], 'bad_value'], [submit, 'needs']])
  await expect(phone.engine.resend(visit.id)).rejects.toMatchObject({ code: 'not_found' })
  bank.judge = () => null
  await phone.engine.resend(again.ids[0]!)
  await phone.engine.sync()
  await phone.engine.sync()
  expect(bank.applied).toHaveLength(2)
  expect(bank.files.size).toBe(1)
  expect(phone.engine.status()).toMatchObject({ waiting: 0, attention: 0 })
  await phone.engine.close()
})

test('discarded, it has no effect for good; what waited for it is asked about in its turn', async () => {
  const { bank, phone, visit, submit } = await refused()
  await phone.engine.discard(visit.id, '记错了')
  await phone.engine.sync()
  expect(bank.applied).toMatchObject([{ type: 'command.discard', body: { discards: visit.id, reason: '记错了' } }])
  await phone.engine.sync()
  expect(phone.engine.outbox().map(({ type, state, code }) => [type, state, code])).toEqual([
    ['command.discard', 'received', null],
    ['task.submit', 'attention', 'needs_discarded'],
  ])
  await phone.engine.discard(submit, '')
  await phone.engine.sync()
  await phone.engine.sync()
  expect(phone.engine.status()).toMatchObject({ waiting: 0, attention: 0 })
  expect((await phone.engine.customer(xie.id)).visits).toEqual([])
  expect(bank.files.size).toBe(0)
  await phone.engine.close()
})

test('a held entry can be given up at once; it is not sent for ever', async () => {
  const { bank, phone, submit } = await refused()
  await phone.engine.discard(submit, '')
  await phone.engine.sync()
  await phone.engine.sync()
  const before = bank.pushSizes.length
  await phone.engine.sync()
  expect(bank.pushSizes).toHaveLength(before)
  expect((await phone.engine.customer(xie.id)).tasks[0]?.state).toBe('open')
  await expect(phone.engine.discard(uuid7(), '')).rejects.toMatchObject({ code: 'not_found' })
  await phone.engine.close()
})

test('whom entries are about can be told after the household has left the phone, and after a restart', async () => {
  const { bank, phone, visit } = await refused()
  bank.books.delete(GRID_KEY)
  await phone.engine.sync()
  expect(phone.engine.customers()).toEqual([])
  const nameOf = (engine: Phone['engine']): string | undefined => engine.outbox().find(({ id }) => id === visit.id)?.customerName
  expect(nameOf(phone.engine)).toBe('谢金枝')
  const later = await reopen(bank, phone)
  expect(nameOf(later.engine)).toBe('')
  await later.engine.unlock(PIN)
  expect(nameOf(later.engine)).toBe('谢金枝')
  // What was received is told of as well, and so is what gives the refused one up.
  bank.judge = () => null
  await later.engine.discard(visit.id, '')
  await later.engine.sync()
  await later.engine.sync()
  expect(later.engine.outbox().map(({ type, customerName }) => [type, customerName])).toEqual([
    ['command.discard', '谢金枝'],
    ['task.submit', '谢金枝'],
  ])
  await later.engine.close()
})

test('an entry saved while the household is leaving the phone knows whom it is about', async () => {
  const { bank, phone } = await refused()
  const late = visitOf(xie.id, { note: '刚记的' })
  let saved: Promise<unknown> | undefined
  bank.fault = (_, path) => {
    if (path.startsWith('/api/v1/sync/pull') && !saved) {
      saved = phone.engine.save([late])
      bank.books.delete(GRID_KEY)
    }
    return null
  }
  await phone.engine.sync()
  await saved
  expect(phone.engine.customers()).toEqual([])
  const later = await reopen(bank, phone)
  await later.engine.unlock(PIN)
  expect(later.engine.outbox().find(({ id }) => id === late.id)).toMatchObject({ customerId: xie.id, customerName: '谢金枝' })
  await later.engine.close()
})
