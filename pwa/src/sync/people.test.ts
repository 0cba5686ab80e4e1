/** All people on the phone, for a form in which somebody new is typed. */
import 'fake-indexeddb/auto'
import { expect, test, vi } from 'vitest'
import { alikeOf } from '../domain/alike'
import { build } from '../domain/commands'
import { uuid7 } from '../domain/ids'
import { FakeBank } from './testing/bank'
import { GRID, GRID_KEY, household, member, readyPhone, reopen, PIN, STAFF_KEY } from './testing/phone'

vi.setConfig({ testTimeout: 60_000 })
const at = household('谢金枝', '13800001234')
const bare = household('覃月秀', '13800005678')
const shop = household('铜钟农资店', '13800009999', { kind: 'business' })
const head = member(at.id, '谢金枝')
const child = member(at.id, '谢小宝')
const pause = () => Promise.resolve()

test('who is on the phone is known by name, with what this phone adds and takes away, and nobody stays when it locks', async () => {
  const bank = await FakeBank.open()
  bank.change(GRID_KEY, [at, bare, shop, head, child])
  bank.change(STAFF_KEY, [])
  let phone = await readyPhone(bank, uuid7())
  const names = async () => (await phone.engine.knownPeople(pause)).people.map(({ name, business, person_id }) => [name, business, person_id !== null] as const).sort()
  expect(await names()).toEqual([['覃月秀', false, false], ['谢小宝', false, true], ['谢金枝', false, true], ['铜钟农资店', true, false]])
  // offline: one more, one fewer, one called otherwise
  bank.fault = () => 'lost'
  const create = build.customerCreate({ id: uuid7(), kind: 'household', name: '谢今芝', grid_id: GRID, address: '三组', members: [{ id: uuid7(), person_id: uuid7(), name: '谢今芝', relation: 'head', birth_on: '1970-01-01' }] })
  await phone.engine.save([create, build.memberRemove({ id: child.id, customer_id: at.id, reason: 'mistake' })])
  expect((await names()).map(([name]) => name)).toEqual(['覃月秀', '谢今芝', '谢金枝', '铜钟农资店'])
  const { people, sounds } = await phone.engine.knownPeople(pause)
  const found = alikeOf({ kind: 'household', name: '谢金芝', birth_on: '1970-01-01' }, people, sounds, () => null)
  expect(found.map(({ one }) => one.name).sort()).toEqual(['谢今芝', '谢金枝'])
  // the same from disk, where they lie in chunks
  phone = await reopen(bank, phone)
  await phone.engine.unlock(PIN)
  expect((await names()).map(([name]) => name)).toEqual(['覃月秀', '谢今芝', '谢金枝', '铜钟农资店'])
  phone.engine.lock()
  await expect(phone.engine.knownPeople(pause)).rejects.toMatchObject({ code: 'locked' })
  await phone.engine.close()
})
