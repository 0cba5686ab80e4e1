import { expect, test } from 'vitest'
import { build } from '../../domain/commands'
import { checkDigit } from '../../domain/idNumber'
import { uuid7 } from '../../domain/ids'
import { mendPath, numberOf } from './mend'

const [id, customer] = [uuid7(), uuid7()]

test('a refused entry opens in the form that makes its kind', () => {
  const edit = (field: string) => build.setValues({ customer_id: customer, edits: [{ field, seen: 1, value: 2 }] })
  const created = build.customerCreate({ id: customer, kind: 'household', name: '谢金枝', grid_id: uuid7(), address: '三组', members: [] })
  expect(mendPath({ id, command: created })).toBe(`/customers/new?mend=${id}`)
  expect(mendPath({ id, command: edit('income_wages_fen') })).toBe(`/customers/${customer}/income?mend=${id}`)
  expect(mendPath({ id, command: edit('costs_year_fen') })).toBe(`/customers/${customer}/income?mend=${id}`)
  expect(mendPath({ id, command: edit('home_type') })).toBe(`/customers/${customer}/home?mend=${id}`)
  expect(mendPath({ id, command: edit('phone') })).toBeNull()
  expect(mendPath({ id, command: build.taskApprove({ task_id: customer }) })).toBeNull()
  expect(mendPath({ id, command: null })).toBeNull()
})

test('an entry that is an ID number alone is typed again as one; what else it says is for the form', () => {
  const whose = { id: uuid7(), customer_id: customer, person_id: uuid7() }
  const number = { field: 'id_number', seen: null, value: `99000119520304611${checkDigit('99000119520304611')}` }
  const put = (...edits: (typeof number)[]) => ({ command: build.memberPut({ ...whose, edits }) })
  expect(numberOf(put(number))).toEqual({ member: { ...whose, name: '' }, typed: number.value })
  expect(numberOf(put(number, { field: 'name', seen: null, value: '谢金枝' }))).toBeNull()
  expect(numberOf(put({ ...number, field: 'name' }))).toBeNull()
  expect(numberOf({ command: null })).toBeNull()
})
