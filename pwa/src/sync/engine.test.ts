import 'fake-indexeddb/auto'
import { expect, test, vi } from 'vitest'
import { build } from '../domain/commands'
import { uuid7 } from '../domain/ids'
import { sha256Hex, utf8 } from '../store/bytes'
import { pack, unpack } from '../store/codec'
import { flushOutbox } from './background'
import { FakeBank, problem } from './testing/bank'
import { BANK_KEY, GRID, GRID_KEY, household, member, openPhone, PIN, readyPhone, reopen, STAFF_KEY, task, visitOf } from './testing/phone'

// Two busy cores must not fail a test that is merely slow.
vi.setConfig({ testTimeout: 60_000 })

const xie = household('谢金枝', '13812342260')
const wu = household('吴水清', '13987654321', { pinyin: 'wushuiqing', initials: 'wsq' })
const followUp = task(xie)

async function countyBank(): Promise<FakeBank> {
  const bank = await FakeBank.open()
  bank.change(GRID_KEY, [xie, wu, member(xie.id, '谢大山'), member(wu.id, '吴小河'), { kind: 'file', id: xie.id, values: { values: { income_wages_fen: [100, 'collected', '2026-01-01', null] }, open_sections: [], points: 60 } }])
  bank.change(STAFF_KEY, [followUp])
  bank.change(BANK_KEY, [{ kind: 'policy', id: 'visit_distance_limit_m', values: { value: 500 } }])
  return bank
}

test('signs in, enrols, sets a PIN and holds the rows after a kill, without a network', async () => {
  const bank = await countyBank()
  const first = await openPhone(bank, uuid7())
  expect(first.engine.status().phase).toBe('signed_out')
  await expect(first.engine.login('wang', 'wrong')).rejects.toMatchObject({ code: 'wrong_password' })
  await first.engine.login('wang', 'right')
  expect(first.engine.status().phase).toBe('not_enrolled')
  await first.engine.enrol('phone')
  expect(first.engine.status().phase).toBe('no_pin')
  await expect(first.engine.setPin('1234')).rejects.toMatchObject({ code: 'pin_too_short' })
  await first.engine.setPin(PIN)
  await first.engine.sync()
  expect(first.engine.customers()).toHaveLength(2)

  bank.fault = () => 'lost'
  const { engine } = await reopen(bank, first)
  expect(engine.status()).toMatchObject({ phase: 'locked', staff: { name: '王建国' } })
  expect(engine.customers()).toEqual([])
  await expect(engine.customer(xie.id)).rejects.toMatchObject({ code: 'locked' })
  expect(await engine.unlock(PIN)).toBe('ok')
  expect(engine.search('wsq').map((entry) => entry.name)).toEqual(['吴水清'])
  const view = await engine.customer(xie.id)
  expect(view.members.map((row) => row.name)).toEqual(['谢大山'])
  expect(view.file?.points).toBe(60)
  expect(view.tasks.map((row) => row.id)).toEqual([followUp.id])
  await engine.close()
})

test('an entry shows at once, keeps its order, and is received exactly once under cut answers', async () => {
  const bank = await countyBank()
  const { engine, clock } = await readyPhone(bank, uuid7())
  const visit = visitOf(xie.id)
  await engine.save([visit, build.taskSubmit({ task_id: followUp.id, visit_id: visit.body.id }, { needs: [visit.id] })])
  await engine.save([build.setValues({ customer_id: xie.id, edits: [{ field: 'income_wages_fen', seen: 100, value: 500 }] })])
  const view = await engine.customer(xie.id)
  expect(view.visits[0]).toMatchObject({ note: '谈到买拖拉机', distance_m: 0, flags: [], pending: { state: 'saved' } })
  expect(view.tasks[0]).toMatchObject({ state: 'submitted', evidence_id: visit.body.id })
  expect(view.file?.values?.['income_wages_fen']).toEqual([500, 'collected', '2026-11-21', 'staff-1'])
  expect(engine.outbox()[0]).toMatchObject({ type: 'customer.set_values', customerName: '谢金枝', state: 'saved', receipt: null })

  let cuts = 3
  bank.fault = (_, path) => (path.endsWith('/push') && cuts-- > 0 ? 'cut' : null)
  for (let i = 0; i < 5; i++) {
    clock.now += 60_000
    await engine.sync()
  }
  expect(bank.applied.map((command) => command['type'])).toEqual(['visit.log', 'task.submit', 'customer.set_values'])
  expect(bank.applied.map((command) => command['seq'])).toEqual([1, 2, 3])
  expect(engine.status()).toMatchObject({ waiting: 0, receivedToday: 2, attention: 0, syncError: null })
  expect(engine.outbox().every((entry) => entry.state === 'received' && entry.receipt?.length === 16)).toBe(true)
  await engine.close()
})

test('a received entry stays laid over the rows until the revision it waits for', async () => {
  const bank = await countyBank()
  const { engine } = await readyPhone(bank, uuid7())
  const visit = visitOf(wu.id)
  bank.effect = () => ({ [`grid:${GRID}`]: 2 })
  await engine.save([visit])
  await engine.sync()
  expect((await engine.customer(wu.id)).visits).toMatchObject([{ id: visit.body.id, pending: { state: 'received' } }])
  // The bank's own row comes, with what the bank knows better.
  bank.change(GRID_KEY, [{ kind: 'visit', id: visit.body.id, values: { customer_id: wu.id, at: 5, note: 'as kept', photos: [], flags: [] } }])
  await engine.sync()
  const visits = (await engine.customer(wu.id)).visits
  expect(visits).toHaveLength(1)
  expect(visits[0]).toMatchObject({ note: 'as kept', revision: 2 })
  expect(visits[0]?.pending).toBeUndefined()
  await engine.close()
})

test('a refused entry needs the person and shows nothing; what needs it is held', async () => {
  const bank = await countyBank()
  const { engine } = await readyPhone(bank, uuid7())
  const visit = visitOf(xie.id)
  bank.judge = (command) => (command['type'] === 'visit.log' ? { code: 'out_of_scope', reason: 'another grid' } : { result: 'held', code: 'needs' })
  await engine.save([visit, build.taskSubmit({ task_id: followUp.id, visit_id: visit.body.id }, { needs: [visit.id] })])
  await engine.sync()
  expect(engine.status().attention).toBe(2)
  expect(engine.outbox().map(({ state, code }) => [state, code])).toEqual([['attention', 'needs'], ['attention', 'out_of_scope']])
  expect((await engine.customer(xie.id)).visits).toEqual([])
  await engine.acknowledge([visit.id])
  expect(engine.status().attention).toBe(1)
  expect(engine.outbox()[1]?.state).toBe('attention')
  // What was refused is asked again only as another command: the held one goes on waiting, and is sent again.
  bank.judge = () => null
  await engine.sync()
  expect(bank.applied).toHaveLength(0)
  expect(engine.outbox().map(({ type, code }) => [type, code])).toEqual([['task.submit', 'needs'], ['visit.log', 'out_of_scope']])
  await engine.close()
})

test('undo takes back what was not sent and closes the hole', async () => {
  const bank = await countyBank()
  const { engine } = await readyPhone(bank, uuid7())
  const first = visitOf(xie.id)
  await engine.save([first])
  const second = visitOf(wu.id)
  await engine.save([second])
  const created = build.customerCreate({ id: uuid7(), kind: 'household', name: '廖腊英', grid_id: GRID, address: '三组', members: [] })
  await engine.save([created])
  const third = visitOf(created.body.id)
  await engine.save([build.visitLog(third.body, { needs: [created.id] })])
  expect(await engine.undo([created.id])).toBe(false)
  expect(await engine.undo([first.id])).toBe(true)
  expect((await engine.customer(xie.id)).visits).toEqual([])
  await engine.sync()
  expect(bank.applied.map((command) => [command['id'], command['seq']]).slice(0, 2)).toEqual([[second.id, 1], [created.id, 2]])
  expect(bank.applied).toHaveLength(3)
  expect(await engine.undo([second.id])).toBe(false)
  await engine.close()
})

test('a 401 keeps the outbox and asks for a login, which sends it', async () => {
  const bank = await countyBank()
  const { engine } = await readyPhone(bank, uuid7())
  await engine.save([visitOf(xie.id)])
  bank.session = false
  await engine.sync()
  expect(engine.status()).toMatchObject({ needsLogin: true, waiting: 1, phase: 'ready', syncError: 'signed_out' })
  expect((await engine.customer(xie.id)).visits).toHaveLength(1)
  await engine.login('wang', 'right')
  await engine.sync()
  expect(engine.status()).toMatchObject({ needsLogin: false, waiting: 0 })
  expect(bank.applied).toHaveLength(1)
  await engine.close()
})

test('a commit that failed at the bank is an answer that failed: the entry stays', async () => {
  const bank = await countyBank()
  const { engine } = await readyPhone(bank, uuid7())
  await engine.save([visitOf(xie.id)])
  bank.fault = (_, path) => (path.endsWith('/push') ? problem(503, 'try_again', { 'Retry-After': '3' }) : null)
  await engine.sync()
  expect(engine.status()).toMatchObject({ waiting: 1, syncError: 'try_again', online: true })
  bank.fault = () => null
  await engine.sync()
  expect(bank.applied).toHaveLength(1)
  await engine.close()
})

test('what was applied without a receipt was not received: it is sent again until there is one', async () => {
  const bank = await countyBank()
  const { fetch } = bank
  let without = true
  bank.fetch = async (input, init) => {
    const answer = await fetch(input, init)
    if (!without || !String(input).endsWith('/sync/push') || !answer.ok) return answer
    const document = unpack(new Uint8Array(await answer.arrayBuffer())) as { receipts: { receipt?: string }[] }
    for (const one of document.receipts) delete one.receipt
    return new Response(pack(document), { headers: answer.headers })
  }
  const { engine } = await readyPhone(bank, uuid7())
  await engine.save([visitOf(xie.id)])
  await engine.sync()
  expect(bank.applied).toHaveLength(1)
  expect(engine.status()).toMatchObject({ waiting: 1, receivedToday: 0 })
  without = false
  await engine.sync()
  expect(bank.applied).toHaveLength(1)
  expect(engine.status()).toMatchObject({ waiting: 0, receivedToday: 1 })
  await engine.close()
})

test('a form that writes its draft while its entry is being saved leaves none behind; one that was not saved keeps its newest', async () => {
  const bank = await countyBank()
  const { engine } = await readyPhone(bank, uuid7())
  for (const before of [true, false]) {
    if (before) await engine.drafts.put('visit', { note: '谢' })
    const saving = engine.save([visitOf(xie.id)], [], { draft: 'visit' })
    await Promise.resolve()
    await engine.drafts.put('visit', { note: '谢金枝' })
    await saving
    expect(engine.drafts.get('visit')).toBeUndefined()
    await engine.drafts.put('other', 1) // whatever was still to be written is written before this
    engine.lock()
    await engine.unlock(PIN)
    expect(engine.drafts.list().map(({ key }) => key)).toEqual(['other'])
  }
  await engine.drafts.put('visit', { note: '下一户' })
  expect(engine.drafts.get('visit')).toEqual({ note: '下一户' })
})

test('a locked phone sends from the background, photos after their record, each once', async () => {
  const bank = await countyBank()
  const phone = await readyPhone(bank, uuid7())
  const bytes = utf8('not really a jpeg')
  const hash = await sha256Hex(bytes)
  await phone.engine.drafts.put('visit', { note: '草稿' })
  await phone.engine.save([visitOf(xie.id, { photos: [{ hash, class: 'home', taken_at: 1 }] })], [{ hash, class: 'home', bytes }], { draft: 'visit' })
  expect(phone.engine.drafts.get('visit')).toBeUndefined()
  phone.engine.lock()
  expect(phone.engine.status()).toMatchObject({ phase: 'locked', waiting: 1 })
  const flush = () => flushOutbox({ appVersion: '1.0.0', fetch: bank.fetch as typeof fetch, baseUrl: 'http://bank', now: () => phone.clock.now, locks: phone.locks, deviceDatabase: phone.deviceDatabase })
  let cut = true
  bank.fault = (method) => (method === 'PUT' && cut ? ((cut = false), 'cut') : null)
  await expect(flush()).rejects.toThrow()
  // The bank's overview hears of what waits and of the version from the service worker too.
  expect(bank.said).toMatchObject({ app: '1.0.0', outbox: { depth: 1, photos: 1 } })
  expect(await flush()).toBe(0)
  expect(bank.applied).toHaveLength(1)
  expect([...bank.files.keys()]).toEqual([hash])
  const puts = bank.paths.filter((path) => path.startsWith('PUT /api/v1/files'))
  expect(puts).toHaveLength(2)
  const engine = (await reopen(bank, phone)).engine
  await engine.unlock(PIN)
  expect(engine.outbox()[0]).toMatchObject({ state: 'received', photos: [{ hash, sent: true }] })
  expect(await engine.fileUrl(hash, 'full')).toMatch(/^blob:/)
  expect(engine.drafts.list()).toEqual([])
  await engine.close()
})

test('the newest visit of a customer is that of the whole customer: before it was sent, after it came back, and for nobody else', async () => {
  const bank = await countyBank()
  const phone = await readyPhone(bank, uuid7())
  const { engine, clock } = phone
  const newest = async (id: string): Promise<string | null> => {
    const last = await engine.lastVisit(id)
    expect(last?.id ?? null).toBe((await engine.customer(id)).visits[0]?.id ?? null)
    return last?.note ?? null
  }
  expect(await newest(xie.id)).toBeNull()
  await engine.save([visitOf(xie.id, { note: '第一次' })])
  expect(await newest(xie.id)).toBe('第一次')
  await engine.sync()
  clock.now += 60_000
  await engine.save([visitOf(xie.id, { note: '第二次' })])
  expect(await newest(xie.id)).toBe('第二次')
  expect(await newest(wu.id)).toBeNull()
  engine.lock()
  await expect(engine.lastVisit(xie.id)).rejects.toMatchObject({ code: 'locked' })
})
