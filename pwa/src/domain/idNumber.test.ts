import { expect, test } from 'vitest'
import { build } from './commands'
import { uuid7 } from './ids'
import { checkDigit, normalId, readId } from './idNumber'

test("the standard's own examples hold, however they are typed", () => {
  expect(readId('11010519491231002X')).toEqual({ birth_on: '1949-12-31', sex: 'f' })
  expect(readId(' 110105 19491231 002x ')).toEqual({ birth_on: '1949-12-31', sex: 'f' })
  expect(readId('440524188001010014')).toEqual({ birth_on: '1880-01-01', sex: 'm' })
  expect(normalId('110105 19491231 002x')).toBe('11010519491231002X')
})

test('one digit mistyped, two exchanged, one too few, or a day that is none: no number', () => {
  const good = '11010519491231002X'
  for (let i = 0; i < 17; i++) expect(readId(good.slice(0, i) + ((Number(good[i]) + 1) % 10) + good.slice(i + 1)), `digit ${i}`).toBeNull()
  expect(readId('11010519491321002X')).toBeNull()
  expect(readId(good.slice(1))).toBeNull()
  const noDay = '11010519490231002'
  expect(readId(noDay + checkDigit(noDay))).toBeNull()
})

test('the builder refuses a number that cannot be, and sends one spelling', () => {
  const of = (id_number: string) =>
    build.customerCreate({
      id: uuid7(), kind: 'household', name: '廖家', grid_id: uuid7(), address: '三组',
      members: [{ id: uuid7(), person_id: uuid7(), name: '廖永福', relation: 'head', id_number }],
    })
  expect(() => of('110105194912310021')).toThrow(expect.objectContaining({ field: 'members.id_number', problem: 'not_an_id' }))
  expect(of('110105 19491231 002x').body.members[0]?.id_number).toBe('11010519491231002X')
})
