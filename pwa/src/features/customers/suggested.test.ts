import { expect, test } from 'vitest'
import type { RecordRow, FileRow, MemberRow } from '../../domain/rows'
import { suggestedLines } from './suggested'

const file = { id: 'c', revision: 1, open_sections: [], values: { income_wages_fen: [5_000_000, 'collected', '2026-11-01', 'a'] } } as FileRow
const car = { id: 'car', kind: 'vehicle', label: '皮卡', value_fen: 3_000_000 } as RecordRow

test('each field shows what stands now beside what is suggested; nothing said is nothing', () => {
  const body = { customer_id: 'c', edits: [{ field: 'income_wages_fen', seen: 1, value: 7_000_000 }, { field: 'home_type', seen: null, value: 'flat' }] }
  expect(suggestedLines({ type: 'customer.set_values', body }, file, [])).toEqual([
    { kind: 'field', field: 'income_wages_fen', now: 5_000_000, then: 7_000_000 },
    { kind: 'field', field: 'home_type', now: null, then: 'flat' },
  ])
})

test('a thing that is new, changed, or gone', () => {
  const put = { id: 'car', customer_id: 'c', kind: 'vehicle', label: '皮卡', value_fen: 2_000_000, detail: {} }
  expect(suggestedLines({ type: 'record.put', body: put }, file, [])).toEqual([{ kind: 'record', recordKind: 'vehicle', now: null, then: { label: '皮卡', value_fen: 2_000_000 }, reason: '' }])
  expect(suggestedLines({ type: 'record.put', body: put }, file, [car])).toMatchObject([{ now: { value_fen: 3_000_000 }, then: { value_fen: 2_000_000 } }])
  expect(suggestedLines({ type: 'record.remove', body: { id: 'car', customer_id: 'c', reason: 'sold' } }, file, [car])).toEqual([
    { kind: 'record', recordKind: 'vehicle', now: { label: '皮卡', value_fen: 3_000_000 }, then: null, reason: 'sold' },
  ])
})

test('what is said of a person shows whose it is; an ID number is only said to be there', () => {
  const wang = { id: 'm', person_id: 'p', name: '王五妹', occupation: '种菜', id_known: false } as MemberRow
  const body = { id: 'm', person_name: '王五', edits: [{ field: 'occupation', seen: null, value: '木匠' }, { field: 'id_number', seen: null, value: true }] }
  expect(suggestedLines({ type: 'member.put', body }, null, [], [wang])).toEqual([
    { kind: 'person', name: '王五妹', field: 'occupation', now: '种菜', then: '木匠' },
    { kind: 'person', name: '王五妹', field: 'id_number', now: null, then: true },
  ])
  // where the household is not on the phone, and where somebody would join
  expect(suggestedLines({ type: 'member.put', body }, null, [])).toMatchObject([{ name: '王五', now: null }, { now: null }])
  expect(suggestedLines({ type: 'member.remove', body: { id: 'm', reason: 'died' } }, null, [], [wang])).toEqual([{ kind: 'left', name: '王五妹', reason: 'died' }])
  expect(suggestedLines({ type: 'member.restore', body: { id: 'x', person_name: '李四' } }, null, [])).toEqual([{ kind: 'back', name: '李四' }])
  expect(suggestedLines({ type: 'photo.remove', body: { id: 'x' } }, null, [])).toEqual([{ kind: 'photo' }])
})

test('a kind of suggestion that this version does not know has no lines', () => {
  expect(suggestedLines({ type: 'customer.fly', body: {} }, null, [])).toEqual([])
})
