/** A reviewer's turn on the host's phone: what is sealed nobody here opens, and a killed app loses no finished form. */
import 'fake-indexeddb/auto'
import { expect, test, vi } from 'vitest'
import { build } from '../../domain/commands'
import { FORM_BYTES, formContext, QUESTIONS, type FormAnswers } from '../../domain/evaluation'
import { uuid7 } from '../../domain/ids'
import { unpack } from '../../store/codec'
import type { Core } from '../../sync/core'
import { formBytes } from '../../store/forms'
import { FakeBank } from '../../sync/testing/bank'
import { GRID, GRID_KEY, household, PIN, readyPhone, reopen, type Phone } from '../../sync/testing/phone'
import { answeredIn, hostDesk } from './hostDesk'
import { useTurn } from './turn'

vi.setConfig({ testTimeout: 60_000 })

const SESSION = uuid7()
const REVIEWERS = [uuid7(), uuid7()]
const HOUSEHOLDS = [household('谢金枝', '13812342260'), household('罗大山', '13812342261'), household('高来福', '13812342262')]
const IDS = HOUSEHOLDS.map((one) => one.id)
const GOOD = Object.fromEntries(Object.entries(QUESTIONS).map(([question, answers]) => [question, answers[1]])) as FormAnswers['grades']

const session = {
  kind: 'evaluation',
  id: SESSION,
  values: {
    grid_id: GRID, held_on: '2026-11-29', place: '村委会', host_id: 'staff-1', households: IDS, closed_at: null, grid_name: '大湾村', created_by: 'staff-1', results: [],
    reviewers: REVIEWERS.map((id, i) => [id, ['罗书记', '谢组长'][i], 'cadre', null, null, 0, null]),
  },
}

async function hosting(): Promise<{ bank: FakeBank; phone: Phone }> {
  const bank = await FakeBank.open()
  bank.change(GRID_KEY, [...HOUSEHOLDS, session])
  const phone = await readyPhone(bank, uuid7())
  bank.fault = () => 'lost'
  return { bank, phone }
}

/** Everything that this phone's data key opens, as text. */
async function readable({ engine }: Phone): Promise<string> {
  const { core } = engine as unknown as { core: Core }
  const { vault } = core.open
  const outbox = await core.store.outbox.toArray()
  const drafts = await core.store.drafts.toArray()
  const opened = await Promise.all([
    ...outbox.map((one) => vault.decrypt(`outbox|${one.id}|1`, one.local)),
    ...drafts.map((one) => vault.decrypt(`drafts|${one.id}|1`, one)),
  ])
  // Text as it stands among the bytes, and what the bytes say.
  return opened.map((bytes) => new TextDecoder('latin1').decode(bytes) + JSON.stringify(unpack(bytes))).join('\n')
}

async function answer(turn: ReturnType<typeof useTurn>, at: number, given: Partial<FormAnswers>): Promise<void> {
  turn.at.value = at
  turn.knows(given.knows ?? 'yes')
  if (turn.form.value.knows === 'yes') turn.say({ grades: { ...GOOD, ...given.grades }, limit_fen: given.limit_fen ?? null })
  expect(turn.whole.value).toBe(true)
  expect(await turn.keep()).toBe(true)
}

test('what reviewers said is nowhere on the phone, before and after it is handed in, and the bank has it', async () => {
  const { bank, phone } = await hosting()
  const turn = useTurn(hostDesk(phone.engine, SESSION, REVIEWERS[0]!, () => []), IDS)
  await answer(turn, 0, { grades: { debts: 'unpaid', habits: 'bad' } })
  await answer(turn, 1, { knows: 'no' })
  // Undone within the turn: the last word counts.
  await answer(turn, 1, { grades: { repute: 'poor' }, limit_fen: 3_000_000 })
  await answer(turn, 2, { knows: 'relative' })
  const before = await readable(phone)
  await turn.handIn()
  const after = await readable(phone)
  for (const kept of [before, after]) {
    expect(kept).toContain(REVIEWERS[0])
    for (const said of ['unpaid', 'repute', 'relative', 'grades', 'knows']) expect([said, kept.includes(said)]).toEqual([said, false])
  }
  expect(phone.engine.evaluations()[0]).toMatchObject({ reviewers: [[REVIEWERS[0], '罗书记', 'cadre', null, expect.any(Number), 3, null], [REVIEWERS[1], '谢组长', 'cadre', null, null, 0, null]] })
  expect(answeredIn(phone.engine, SESSION, REVIEWERS[0]!)).toBe(0)
  bank.fault = () => null
  await phone.engine.sync()
  const [command] = bank.applied as unknown as { type: string; body: { session_id: string; reviewer_id: string; forms: { customer_id: string; sealed: Uint8Array<ArrayBuffer> }[] } }[]
  expect(command?.type).toBe('evaluation.hand_in')
  const said = await Promise.all(
    command!.body.forms.map(async ({ customer_id, sealed }) => {
      const bytes = await bank.open(formContext(SESSION, REVIEWERS[0]!, customer_id), sealed)
      expect(bytes.length).toBe(FORM_BYTES)
      const { pad: _pad, ...form } = unpack(bytes) as FormAnswers & { pad: Uint8Array }
      return form
    }),
  )
  expect(said).toEqual([
    { knows: 'yes', grades: { ...GOOD, debts: 'unpaid', habits: 'bad' }, limit_fen: null },
    { knows: 'yes', grades: { ...GOOD, repute: 'poor' }, limit_fen: 3_000_000 },
    { knows: 'relative', grades: {}, limit_fen: null },
  ])
  // No two forms share what opens them, and one sealed for a household opens for no other.
  expect(new Set(command!.body.forms.map(({ sealed }) => String(sealed.slice(9, 74)))).size).toBe(3)
  await expect(bank.open(formContext(SESSION, REVIEWERS[0]!, IDS[1]!), command!.body.forms[0]!.sealed)).rejects.toThrow()
  await phone.engine.close()
})

test('a killed app goes on where the reviewer was, shows nothing of what was said, and takes it again', async () => {
  const { bank, phone: first } = await hosting()
  const before = useTurn(hostDesk(first.engine, SESSION, REVIEWERS[0]!, () => []), IDS)
  await answer(before, 0, { grades: { repute: 'excellent' } })
  await answer(before, 1, { knows: 'no' })
  const phone = await reopen(bank, first)
  expect(await phone.engine.unlock(PIN)).toBe('ok')
  expect(answeredIn(phone.engine, SESSION, REVIEWERS[0]!)).toBe(2)
  const turn = useTurn(hostDesk(phone.engine, SESSION, REVIEWERS[0]!, () => []), IDS)
  expect([turn.at.value, turn.answered.value, turn.hidden.value]).toEqual([2, 2, false])
  turn.at.value = 0
  expect([turn.hidden.value, turn.form.value.said, turn.form.value.grades]).toEqual([true, false, {}])
  await answer(turn, 0, { grades: { repute: 'poor' } })
  await answer(turn, 2, {})
  expect(turn.counts.value).toEqual({ yes: 2, no: 0, relative: 0, hidden: 1 })
  await turn.handIn()
  bank.fault = () => null
  await phone.engine.sync()
  const [{ body }] = bank.applied as unknown as [{ body: { forms: { customer_id: string; sealed: Uint8Array<ArrayBuffer> }[] } }]
  expect(body.forms.map((one) => one.customer_id)).toEqual(IDS)
  const again = unpack(await bank.open(formContext(SESSION, REVIEWERS[0]!, IDS[0]!), body.forms[0]!.sealed)) as FormAnswers
  expect(again.grades.repute).toBe('poor')
  await phone.engine.close()
})

test('a sealed form is nobody\'s to take back, and a session made without a network goes before it', async () => {
  const { bank, phone } = await hosting()
  const made = build.evaluationCreate({ id: uuid7(), grid_id: GRID, held_on: '2026-11-30', host_id: uuid7(), customer_ids: IDS, reviewers: [{ id: REVIEWERS[1]!, name: '谢组长', role: 'group_leader' }] })
  await phone.engine.save([made])
  expect(phone.engine.evaluations()[0]).toMatchObject({ id: made.body.id, held_on: '2026-11-30', reviewers: [[REVIEWERS[1], '谢组长', 'group_leader', null, null, 0, null]], pending: { state: 'saved' } })
  const turn = useTurn(hostDesk(phone.engine, made.body.id, REVIEWERS[1]!, () => [made.id]), IDS)
  await answer(turn, 0, { knows: 'no' })
  await turn.handIn()
  const entry = phone.engine.outbox().find((one) => one.type === 'evaluation.hand_in')
  expect(entry).toMatchObject({ canUndo: false, command: { needs: [made.id] } })
  bank.fault = () => null
  await phone.engine.sync()
  expect(bank.applied.map((one) => one['type'])).toEqual(['evaluation.create', 'evaluation.hand_in'])
  await phone.engine.close()
})

test('every form is as long as any other', () => {
  const longest = { knows: 'yes', grades: GOOD, limit_fen: 100_000_000 } as const
  for (const form of [longest, { knows: 'no', grades: {}, limit_fen: null }, { knows: 'relative', grades: {}, limit_fen: null }] as FormAnswers[]) expect(formBytes(form).length).toBe(FORM_BYTES)
})
