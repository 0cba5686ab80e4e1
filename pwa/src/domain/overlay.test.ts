import { expect, test } from 'vitest'
import { build, type Command, type NewCommand } from './commands'
import { uuid7 } from './ids'
import { layOver, type ReadRow } from './overlay'
import type { ApprovalRow, RecordRow, CustomerRow, DisputeRow, FileRow, InboxRow, MemberRow, RowKinds, StandingRow, SuggestionRow, TaskRow } from './rows'

const AT = Date.parse('2026-11-20T17:00:00Z')
const context = { staffId: 'me', timeZone: 'Asia/Shanghai', limits: { distance_m: 500, accuracy_m: 100 } }

const saved = (command: NewCommand, seq = 1): Command => ({ ...command, seq, at: AT, offset_minutes: 480, observed_at: AT }) as Command

function base(rows: { [K in keyof RowKinds]?: RowKinds[K][] }): ReadRow {
  return (kind, id) => (rows[kind] as { id: string }[] | undefined)?.find((row) => row.id === id) as never
}

const customer = { id: uuid7(), revision: 3, lon: 114, lat: 29 } as CustomerRow
const task = { id: uuid7(), revision: 3, state: 'open', customer_id: customer.id } as TaskRow

test('a visit is added, checked against the customer’s point, and its task shows as submitted', () => {
  const visit = build.visitLog({
    id: uuid7(), customer_id: customer.id, channel: 'onsite', purpose: 'p', outcome: 'met', needs: [], presented: [],
    photos: [{ hash: 'h', class: 'home', taken_at: 1 }], point: { lon: 114, lat: 29.02, accuracy_m: 8, at: AT },
  })
  const submit = build.taskSubmit({ task_id: task.id, visit_id: visit.body.id })
  const frozen = Object.freeze({ ...task })
  const over = layOver(
    [{ command: saved(visit), state: 'saved' }, { command: saved(submit, 2), state: 'received' }],
    base({ customer: [customer], task: [frozen] }),
    context,
  )
  expect(over.get('visit', visit.body.id)).toMatchObject({ staff_id: 'me', at: AT, distance_m: 2224, flags: ['far'], photos: [['h', 'home', false]], revision: 0 })
  expect(over.get('task', task.id)).toMatchObject({ state: 'submitted', submitted_at: AT, evidence_id: visit.body.id, pending: { command: submit.id, state: 'received' } })
  expect(frozen.state).toBe('open')
})

test('what is added to a visit stands after it, also where the visit itself has not been sent', () => {
  const visit = build.visitLog({
    id: uuid7(), customer_id: customer.id, channel: 'meeting', meeting_id: uuid7(), purpose: 'p', outcome: 'met', needs: [], presented: ['loan'], note: '在家',
    photos: [{ hash: 'h', class: 'home', taken_at: 1 }], point: { lon: 114, lat: 29.02, accuracy_m: 8, at: AT },
  })
  const more = { visit_id: visit.body.id, customer_id: customer.id, photos: [{ hash: 'h', class: 'home' as const, taken_at: 1 }, { hash: 'g', class: 'land' as const, taken_at: 2 }] }
  const added = build.visitSupplement({ ...more, id: uuid7(), note: '孩子上大学', files: [{ hash: 'v', class: 'voice', taken_at: 3, duration_ms: 900 }] })
  const entries = [visit, added].map((command, i) => ({ command: saved(command, i + 1), state: 'saved' as const }))
  const row = layOver(entries, base({ customer: [customer] }), context).get('visit', visit.body.id)
  expect(row).toMatchObject({ note: '在家', distance_m: null, flags: [], presented: ['loan'], supplements: [[added.body.id, 'me', AT, '孩子上大学']] })
  expect(row?.photos.map(([hash]) => hash)).toEqual(['h', 'g'])
  expect(row?.files).toEqual([['v', 'voice', false, 900]])
  expect(() => build.visitSupplement({ ...more, id: uuid7(), note: ' ', photos: [] })).toThrow('note: required')
  expect(() => build.visitLog({ ...visit.body, meeting_id: null })).toThrow('channel')
})

test('a decision changes the approval and, where it is held, the task', () => {
  const approval = { id: task.id, revision: 1, state: 'submitted' } as ApprovalRow
  const over = layOver([{ command: saved(build.taskReturn({ task_id: task.id, reason: '照片不清' })), state: 'saved' }], base({ approval: [approval] }), context)
  expect(over.get('approval', task.id)).toMatchObject({ state: 'returned', reason: '照片不清', decided_by: 'me', decided_at: AT })
  expect(over.get('task', task.id)).toBeUndefined()
  const passed = layOver([{ command: saved(build.taskApprove({ task_id: task.id })), state: 'saved' }], base({ approval: [approval] }), context)
  expect(passed.get('approval', task.id)).toMatchObject({ state: 'approved', reason: null })
})

test('what is taken back is open as before, and still names its visit', () => {
  const visit = uuid7()
  const handed: TaskRow = { ...task, state: 'submitted', submitted_at: AT, evidence_id: visit }
  const over = layOver([{ command: saved(build.taskWithdraw({ task_id: task.id })), state: 'saved' }], base({ task: [handed] }), context)
  expect(over.get('task', task.id)).toMatchObject({ state: 'in_progress', submitted_at: null, evidence_id: visit })
})

test('edits lie over each other in order, by the bank’s day', () => {
  const file: FileRow = { id: customer.id, revision: 1, open_sections: [], points: 5, values: { staff_count: [2, 'register', '2025-01-01', null], home_type: ['flat', 'collected', '2025-01-01', 'you'] } }
  const edit = (value: number) => saved(build.setValues({ customer_id: customer.id, edits: [{ field: 'staff_count', seen: 2, value }] }))
  const over = layOver([{ command: edit(3), state: 'received' }, { command: edit(4), state: 'saved' }], base({ file: [file] }), context)
  expect(over.get('file', customer.id)?.values).toEqual({ staff_count: [4, 'collected', '2026-11-21', 'me'], home_type: ['flat', 'collected', '2025-01-01', 'you'] })
  expect(over.get('file', customer.id)?.pending?.state).toBe('saved')
})

test('a customer made at the doorstep is there with its members, and takes edits and records', () => {
  const created = build.customerCreate({
    id: uuid7(), kind: 'household', name: '廖腊英', grid_id: uuid7(), address: '三组',
    members: [{ id: uuid7(), person_id: uuid7(), name: '廖腊英', relation: 'head' }],
  })
  const id = created.body.id
  const record = build.recordPut({ id: uuid7(), customer_id: id, kind: 'vehicle', label: '皮卡', value_fen: 5_000_000, detail: {} })
  const entries = [created, build.setValues({ customer_id: id, edits: [{ field: 'home_type', seen: null, value: 'flat' }] }), record]
  const over = layOver(entries.map((command, i) => ({ command: saved(command, i + 1), state: 'saved' as const })), base({}), context)
  expect(over.get('customer', id)).toMatchObject({ name: '廖腊英', members: 1, home_book: `grid:${created.body.grid_id}`, created_on: '2026-11-21' })
  expect([...over.of('member').values()]).toMatchObject([{ customer_id: id, relation: 'head', birth_on: null }])
  expect(over.get('file', id)?.values?.['home_type']?.[0]).toBe('flat')
  expect(over.get('record', record.body.id)).toMatchObject({ customer_id: id, value_fen: 5_000_000, source: 'collected' })
})

test('a record is replaced and removed; inbox items read once keep their time; unknown rows are left alone', () => {
  const car = { id: uuid7(), revision: 7, customer_id: customer.id } as RecordRow
  const seen = { id: uuid7(), read_at: 5 } as InboxRow
  const fresh = { id: uuid7(), read_at: null } as InboxRow
  const put = build.recordPut({ id: car.id, customer_id: customer.id, kind: 'vehicle', label: 'car', detail: {} })
  const read = build.inboxRead({ ids: [seen.id, fresh.id, uuid7()] })
  const rows = base({ record: [car], inbox: [seen, fresh] })
  const over = layOver([{ command: saved(put), state: 'saved' }, { command: saved(read, 2), state: 'saved' }], rows, context)
  expect(over.get('record', car.id)?.revision).toBe(7)
  expect([...over.of('inbox').keys()]).toEqual([fresh.id])
  const removed = layOver([{ command: saved(build.recordRemove({ id: car.id, customer_id: customer.id, reason: 'sold' })), state: 'saved' }], rows, context)
  expect(removed.get('record', car.id)).toBeNull()
})

test('an accepted suggestion shows as its author’s edit; a dismissed one changes nothing but itself', () => {
  const file: FileRow = { id: customer.id, revision: 1, open_sections: [], values: { income_wages_fen: [5, 'collected', '2026-11-01', 'me'] } }
  const body = { customer_id: customer.id, edits: [{ field: 'income_wages_fen', seen: 4, value: 7 }] }
  const row = { id: uuid7(), revision: 2, customer_id: customer.id, author_id: 'before', type: 'customer.set_values', body, at: Date.parse('2026-11-10T03:00:00Z'), state: 'open' } as unknown as SuggestionRow
  const accept = build.suggestionAccept({ suggestion_id: row.id })
  const rows = base({ file: [file], suggestion: [row] })
  const over = layOver([{ command: saved(accept), state: 'saved' }], rows, context)
  expect(over.get('suggestion', row.id)).toMatchObject({ state: 'accepted', decided_by: 'me', decided_at: AT, pending: { command: accept.id, state: 'saved' } })
  expect(over.get('file', customer.id)?.values).toEqual({ income_wages_fen: [7, 'collected', '2026-11-10', 'before'] })
  const left = layOver([{ command: saved(build.suggestionDismiss({ suggestion_id: row.id })), state: 'saved' }], rows, context)
  expect(left.get('suggestion', row.id)?.state).toBe('dismissed')
  expect(left.get('file', customer.id)).toBeUndefined()
  // a colleague was first
  const closed = layOver([{ command: saved(accept), state: 'saved' }], base({ file: [file], suggestion: [{ ...row, state: 'dismissed' }] }), context)
  expect(closed.empty).toBe(true)
})

test('an amount that was chosen stands as its observer’s, a third one as mine', () => {
  const file: FileRow = { id: customer.id, revision: 1, open_sections: [], values: { income_wages_fen: [5, 'collected', '2026-11-01', 'you'] } }
  const values: DisputeRow['values'] = [[5, 'collected', Date.parse('2026-11-01T03:00:00Z'), 'you'], [8, 'collected', Date.parse('2026-10-30T20:00:00Z'), 'him']]
  const row = { id: uuid7(), revision: 2, customer_id: customer.id, field: 'income_wages_fen', values, state: 'open' } as unknown as DisputeRow
  const settle = (value: number) => layOver([{ command: saved(build.disputeSettle({ dispute_id: row.id, seen: [5, 8], value })), state: 'saved' }], base({ file: [file], dispute: [row] }), context)
  expect(settle(8).get('file', customer.id)?.values?.['income_wages_fen']).toEqual([8, 'collected', '2026-10-31', 'him'])
  expect(settle(6).get('file', customer.id)?.values?.['income_wages_fen']).toEqual([6, 'collected', '2026-11-21', 'me'])
  expect(settle(6).get('dispute', row.id)).toMatchObject({ state: 'settled', settled_by: 'me', value: 6, values: [] })
})

test('what a thing is worth stands at the thing, not in the file', () => {
  const file: FileRow = { id: customer.id, revision: 1, open_sections: [], values: {} }
  const car = { id: uuid7(), revision: 3, customer_id: customer.id, kind: 'vehicle', label: '皮卡', value_fen: 5, detail: {} } as unknown as RecordRow
  const values: DisputeRow['values'] = [[5, 'collected', 1, 'you'], [8, 'collected', 0, 'him']]
  const row = { id: uuid7(), revision: 2, customer_id: customer.id, field: `record:${car.id}:value_fen`, values, state: 'open' } as unknown as DisputeRow
  const chosen = saved(build.disputeSettle({ dispute_id: row.id, seen: [5, 8], value: 8 }))
  const over = layOver([{ command: chosen, state: 'saved' }], base({ file: [file], dispute: [row], record: [car] }), context)
  expect(over.get('record', car.id)).toMatchObject({ value_fen: 8, label: '皮卡' })
  expect(over.get('file', customer.id)).toBeUndefined()
  expect(over.get('dispute', row.id)).toMatchObject({ state: 'settled', value: 8 })
})

test('what is said of a person shows at once: joined, changed, consented, withdrawn, gone', () => {
  const house = { ...customer, members: 3 }
  const member = { id: uuid7(), customer_id: customer.id, person_id: uuid7() }
  const edit = (field: string, value: string) => ({ field, seen: null, value })
  const join = build.memberPut({ ...member, edits: [edit('name', '李老太'), edit('relation', 'parent')] })
  const consent = { id: uuid7(), customer_id: customer.id, member_id: member.id, purpose: 'health' }
  const agree = build.consentGive({ ...consent, text_number: 1, signed_by: member.person_id, signature: { hash: 'a'.repeat(64), taken_at: 1 } })
  const tell = build.memberPut({ ...member, edits: [edit('health', 'chronic')] })
  const lay = (...commands: NewCommand[]) => layOver(commands.map((command, i) => ({ command: saved(command, i + 1), state: 'saved' as const })), base({ customer: [house] }), context)
  const there = lay(join, agree, tell)
  expect(there.get('member', member.id)).toMatchObject({ name: '李老太', relation: 'parent', health: 'chronic', consents: [['health', true, 1, '2026-11-21', member.person_id]] })
  expect(there.get('customer', customer.id)?.members).toBe(4)
  const back = lay(join, agree, tell, build.consentWithdraw({ ...consent, id: uuid7(), reason: 'asked' }))
  expect(back.get('member', member.id)).toMatchObject({ health: null, consents: [['health', false, null, '2026-11-21', null]] })
  const gone = lay(join, build.memberRemove({ id: member.id, customer_id: customer.id, reason: 'died' }))
  expect([gone.get('member', member.id), gone.get('customer', customer.id)?.members]).toEqual([null, 3])
})

test('what is said of accounts waits for the bank, which alone knows whose they are', () => {
  const member = { id: uuid7(), customer_id: customer.id, person_id: uuid7() }
  const row = { ...member, revision: 2, name: '李四', relation: 'head', consents: [] } as unknown as MemberRow
  const standing = { id: customer.id, revision: 2, deposits_fen: 500, open_holders: 1, closed_holders: 1, province_grade: 'AA', province_on: '2026-11-01' } as unknown as StandingRow
  const consent = { customer_id: customer.id, member_id: member.id, purpose: 'accounts' }
  const agree = () => build.consentGive({ ...consent, id: uuid7(), text_number: 1, signed_by: member.person_id, signature: { hash: 'a'.repeat(64), taken_at: 1 } })
  const take = build.consentWithdraw({ ...consent, id: uuid7(), reason: 'asked' })
  const lay = (...commands: NewCommand[]) => layOver(commands.map((command, i) => ({ command: saved(command, i + 1), state: 'saved' as const })), base({ customer: [customer], member: [row], standing: [standing] }), context)
  expect(lay(agree()).get('standing', customer.id)).toMatchObject({ deposits_fen: 500, accounts: 'signed', pending: { state: 'saved' } })
  expect(lay(take).get('standing', customer.id)).toMatchObject({ accounts: 'withdrawn' })
  expect(lay(take, agree()).get('standing', customer.id)).toMatchObject({ accounts: 'withdrawn' })
  const credit = build.consentWithdraw({ ...consent, purpose: 'credit', id: uuid7(), reason: 'asked' })
  expect(lay(credit).get('standing', customer.id)).toMatchObject({ deposits_fen: 500, province_grade: null, province_on: null })
  expect(lay(build.consentGive({ ...agree().body as Parameters<typeof build.consentGive>[0], purpose: 'health' })).get('standing', customer.id)).toBeUndefined()
})

test('a photo of the file shows from this phone until it is dropped', () => {
  const body = { id: uuid7(), customer_id: customer.id, hash: 'b'.repeat(64), file_class: 'land' as const, taken_at: AT }
  const add = build.photoAdd(body)
  const lay = (...commands: NewCommand[]) => layOver(commands.map((command, i) => ({ command: saved(command, i + 1), state: 'saved' as const })), base({}), context)
  expect(lay(add).get('photo', body.id)).toMatchObject({ hash: body.hash, class: 'land', arrived: false, taken_on: '2026-11-21', staff_id: 'me', pending: { state: 'saved' } })
  expect(lay(add, build.photoRemove({ id: body.id, customer_id: customer.id, reason: 'mistake' })).get('photo', body.id)).toBeNull()
  expect(() => build.photoAdd({ ...body, file_class: 'id' })).toThrow()
})

test('an edit of somebody who is not at hand makes nobody', () => {
  const edit = build.memberPut({ id: uuid7(), customer_id: customer.id, person_id: uuid7(), edits: [{ field: 'employer', seen: null, value: '镇茶厂' }] })
  expect(layOver([{ command: saved(edit), state: 'saved' }], base({ customer: [customer] }), context).empty).toBe(true)
})

test('an accepted suggestion about a person shows at once; of an ID number that it is there', () => {
  const wang = { id: uuid7(), revision: 3, customer_id: customer.id, person_id: uuid7(), name: '王五妹', relation: 'spouse', occupation: null, id_known: false } as unknown as RowKinds['member']
  const edits = [{ field: 'occupation', seen: null, value: '木匠' }, { field: 'id_number', seen: null, value: true }]
  const row = { id: uuid7(), revision: 1, customer_id: customer.id, author_id: 'other', type: 'member.put', body: { id: wang.id, customer_id: customer.id, person_id: wang.person_id, edits }, at: AT, state: 'open' } as unknown as SuggestionRow
  const laid = (suggestion: SuggestionRow) => layOver([{ command: saved(build.suggestionAccept({ suggestion_id: suggestion.id })), state: 'saved' }], base({ suggestion: [suggestion], member: [wang], customer: [customer] }), context)
  expect(laid(row).get('member', wang.id)).toMatchObject({ occupation: '木匠', id_known: true })
  expect(laid({ ...row, type: 'member.remove', body: { id: wang.id, customer_id: customer.id, reason: 'died' } }).get('member', wang.id)).toBe(null)
})

test('an ID number of somebody who has one is only said to be entered: the bank compares', () => {
  const wang = { id: uuid7(), revision: 3, customer_id: customer.id, person_id: uuid7(), name: '王五妹', relation: 'spouse', birth_on: '1981-08-09', sex: 'f', id_known: true, id_contested: null } as unknown as RowKinds['member']
  const edits = [{ field: 'id_number', seen: null, value: '11010519491231002X' }]
  const put = build.memberPut({ id: wang.id, customer_id: customer.id, person_id: wang.person_id, edits })
  const laid = (row: RowKinds['member']) => layOver([{ command: saved(put), state: 'saved' }], base({ member: [row], customer: [customer] }), context).get('member', wang.id)
  expect(laid(wang)).toMatchObject({ id_known: true, id_entered: true, id_contested: null, birth_on: '1981-08-09', sex: 'f', pending: { state: 'saved' } })
  const first = laid({ ...wang, id_known: false, birth_on: null })
  expect(first).toMatchObject({ id_known: true, birth_on: '1949-12-31' })
  expect(first).not.toHaveProperty('id_entered')
  expect(JSON.stringify([laid(wang), first])).not.toContain('11010519491231002X')
})
