import { expect, test } from 'vitest'
import { contentLines, isReference } from './content'

test('a body becomes lines; what was not typed is left out', () => {
  const body = { id: '01a225c2-a6bd-7fa4-8c94-6a806170de36', name: '李四', phone: null, note: '', needs: [], members: [{ name: '李四' }, { name: '王五妹' }], point: { lon: 114.5 } }
  const lines = contentLines(body)
  expect(lines.filter((one) => !isReference(one))).toEqual([
    { path: ['name'], value: '李四' },
    { path: ['members', '1', 'name'], value: '李四' },
    { path: ['members', '2', 'name'], value: '王五妹' },
    { path: ['point', 'lon'], value: '114.5' },
  ])
  expect(lines.filter(isReference)).toHaveLength(1)
})

test('a value knows the field that its body names beside it', () => {
  expect(contentLines({ edits: [{ field: 'income_wages_fen', seen: 5, value: 7 }] })).toEqual([
    { path: ['edits', 'field'], value: 'income_wages_fen' },
    { path: ['edits', 'seen'], value: '5', of: 'income_wages_fen' },
    { path: ['edits', 'value'], value: '7', of: 'income_wages_fen' },
  ])
})

test('a list of one is not numbered; false and zero were typed', () => {
  expect(contentLines({ edits: [{ value: 0 }], last: false })).toEqual([
    { path: ['edits', 'value'], value: '0' },
    { path: ['last'], value: 'false' },
  ])
})
