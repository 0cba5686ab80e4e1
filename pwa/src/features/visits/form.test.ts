import { expect, test } from 'vitest'
import { uuid7 } from '../../domain/ids'
import type { LostReason, Opportunity } from '../../domain/opportunities'
import type { TaskRow } from '../../domain/rows'
import { contactOf, QUICK, type QuickContact } from '../quickContact'
import { commandsOf, formOf, freshVisit, fulfilled, missingIn, nextDays, outcomesOf, spokenOf } from './form'
import { freshMeeting, meetingOf } from './meeting'

const customer = uuid7()
const task = (over: Partial<TaskRow> = {}): TaskRow => ({
  id: uuid7(), revision: 1, kind: 'follow_up', duty: 'visit', customer_id: customer, customer_name: '汪德海', grid_id: null, due_on: '2026-11-16', state: 'open',
  opened_on: '2026-11-01', submitted_at: null, evidence_id: null, decided_at: null, decided_by: null, reason: null, ...over,
})

test('only household and outcome are needed', () => {
  expect(missingIn(freshVisit(null))).toBe('visits.needHousehold')
  expect(missingIn(freshVisit(customer))).toBe('visits.needOutcome')
  expect(missingIn({ ...freshVisit(customer), outcome: 'absent' })).toBeNull()
})

test('meeting at the door hands in the follow-up with the visit as evidence, after the visit', () => {
  const due = task()
  const form = { ...freshVisit(customer), outcome: 'met' as const, needs: ['loan'], wanted: 8_000_000, wantedFor: ' 收割机 ' }
  const [visit, submit] = commandsOf(form, [due, task({ state: 'closed' }), task({ kind: 'collection' })])
  expect(visit).toMatchObject({ type: 'visit.log', body: { id: form.id, needs: ['loan'], wanted_fen: 8_000_000, wanted_for: '收割机', purpose: 'follow_up' } })
  expect(submit).toMatchObject({ type: 'task.submit', needs: [visit?.id], body: { task_id: due.id, visit_id: form.id } })
  expect(commandsOf(form, [due])).toHaveLength(2)
})

const opportunity = (product: string | null, stage: Opportunity['stage'] = 'assigned'): Opportunity => ({
  id: uuid7(), customerId: customer, event: 'e', dimension: 'd', product, priority: 2, stage, raisedOn: '2026-11-01', validUntil: '2026-12-31',
  steppedAt: null, steppedBy: null, outcome: null, reason: null, beforeFen: null, afterFen: null,
})

test('a visit steps on the opportunities of what it spoke of, and those alone', () => {
  const [loan, farm, card, none] = [opportunity('loan'), opportunity('farm_loan', 'contacted'), opportunity('credit_card'), opportunity(null)]
  const open = [loan, farm, card, none]
  const form = { ...freshVisit(customer), outcome: 'met' as const, needs: ['loan'], presented: ['wages'], steps: open.map(({ id }) => ({ opportunity: id, step: 'contact' as const, reason: null })) }
  expect(spokenOf(form, open)).toEqual([loan, farm])
  expect(spokenOf({ ...form, needs: [], presented: ['farm_loan'] }, open)).toEqual([loan, farm])
  expect(spokenOf({ ...form, outcome: 'absent' }, open)).toEqual([])
  // nobody is contacted twice: the other is further already
  expect(commandsOf(form, [], undefined, open)).toMatchObject([{ type: 'visit.log' }, { type: 'opportunity.step', body: { opportunity_id: loan.id, customer_id: customer, step: 'contact' } }])
  expect(commandsOf({ ...form, needs: [] }, [], undefined, open)).toHaveLength(1)
  expect(commandsOf(form, [], { id: uuid7() }, open)).toHaveLength(1)
})

test('what came to nothing says why', () => {
  const one = opportunity('loan')
  const form = { ...freshVisit(customer), outcome: 'met' as const, needs: ['loan'], steps: [{ opportunity: one.id, step: 'lose' as const, reason: null as LostReason | null }] }
  expect(missingIn(form, false, [one])).toBe('opportunities.lostFirst')
  expect(missingIn({ ...form, needs: [] }, false, [one])).toBeNull()
  form.steps = [{ opportunity: one.id, step: 'lose', reason: 'later' }]
  expect(missingIn(form, false, [one])).toBeNull()
  expect(commandsOf(form, [], undefined, [one])[1]).toMatchObject({ body: { step: 'lose', reason: 'later' } })
})

test('nobody met: nothing is handed in, and what was wanted before stays out', () => {
  const form = { ...freshVisit(customer), outcome: 'absent' as const, needs: ['loan'], wanted: 8_000_000 }
  expect(commandsOf(form, [task()])).toMatchObject([{ type: 'visit.log', body: { needs: [], wanted_fen: null } }])
})

test('a phone call hands nothing in and carries no point', () => {
  const point = { lon: 114, lat: 29.5, accuracy_m: 12, at: 1 }
  const form = { ...freshVisit(customer), channel: 'phone' as const, outcome: 'met' as const, point }
  expect(fulfilled(form, [task(), task({ duty: 'contact' })])).toEqual([])
  expect(commandsOf(form, [])[0]).toMatchObject({ body: { point: null } })
  expect(outcomesOf('phone')).not.toContain('wrong_address')
})

test('company and products go along where they belong', () => {
  const form = { ...freshVisit(customer), outcome: 'met' as const, presented: ['etc'], companion: uuid7() }
  expect(commandsOf(form, [])[0]).toMatchObject({ body: { presented: ['etc'], companion_id: form.companion } })
  expect(commandsOf({ ...form, channel: 'phone' }, [])[0]?.body).not.toHaveProperty('companion_id')
  expect(commandsOf({ ...form, outcome: 'absent' }, [])[0]).toMatchObject({ body: { presented: [] } })
})

test('a meeting is one contact for each household, all of one id, and none hands in a task', () => {
  const form = { ...freshMeeting(), households: [uuid7(), uuid7()], note: ' 讲了贷款 ', photos: [{ hash: 'h', class: 'other' as const, taken_at: 1 }] }
  const commands = meetingOf(form)
  expect(commands.map((one) => one.type)).toEqual(['visit.log', 'visit.log'])
  expect(new Set(commands.map((one) => one.id)).size).toBe(2)
  for (const [n, command] of commands.entries()) expect(command).toMatchObject({ body: { customer_id: form.households[n], channel: 'meeting', meeting_id: form.id, outcome: 'met', note: '讲了贷款', photos: form.photos } })
})

test('a call is saved with its outcome and for what is open', () => {
  expect(contactOf(customer, QUICK[1] as QuickContact, ' ', [task({ kind: 'to_win' })])).toMatchObject([{ type: 'visit.log', body: { channel: 'phone', outcome: 'absent', purpose: 'to_win', note: null } }])
})

test('a refused entry of a meeting comes back as it was, with its meeting', () => {
  const [entry] = meetingOf({ ...freshMeeting(), households: [customer] })
  if (entry?.type !== 'visit.log') throw new Error('no entry')
  expect(commandsOf(formOf(entry.body), [], entry)[0]).toMatchObject({ replaces: entry.id, body: { ...entry.body, next_on: null } })
})

test('a duty of contact is closed by the bank, not handed in', () => {
  expect(fulfilled({ ...freshVisit(customer), outcome: 'met' }, [task({ duty: 'contact' })])).toEqual([])
})

test('a task sent back is done again by the next visit', () => {
  const back = task({ state: 'returned' })
  expect(fulfilled({ ...freshVisit(customer), outcome: 'met' }, [back])).toEqual([back])
})

test('the next day is offered in a week and by the rhythm', () => {
  expect(nextDays('2026-11-19', 60)).toEqual(['2026-11-26', '2027-01-18'])
  expect(nextDays('2026-11-19', null)).toEqual(['2026-11-26', '2026-12-19'])
})

test('a refused visit opens as it was filled in and goes in its place, seen when it was seen', () => {
  const visit = commandsOf({ ...freshVisit(customer), outcome: 'met', needs: ['loan'], wanted: 5_000_000, note: '想买拖拉机', next: '2026-12-01' }, [])[0]
  if (visit?.type !== 'visit.log') throw new Error('not a visit')
  const form = formOf(visit.body)
  const [again, ...more] = commandsOf({ ...form, note: '想买农机' }, [], { id: visit.id, observed_at: 5 })
  expect(more).toEqual([])
  expect(again).toMatchObject({ replaces: visit.id, observed_at: 5, body: { ...visit.body, note: '想买农机' } })
  expect(again?.id).not.toBe(visit.id)
})
