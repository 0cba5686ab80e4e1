import { expect, test } from 'vitest'
import { build } from '../../domain/commands'
import { uuid7 } from '../../domain/ids'
import { mendPath } from './mend'

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
