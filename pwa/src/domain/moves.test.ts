import fc from 'fast-check'
import { expect, test } from 'vitest'
import { build, type Command, type NewCommand } from './commands'
import { uuid7 } from './ids'
import { byNearness, leavesPhone, ownerAfter, relationsAfter, splitLacks, type GridGoal } from './moves'
import { layOver, type ReadRow } from './overlay'
import { ONE_OF } from './persons'
import type { CustomerRow, MemberRow, RecordRow, RowKinds } from './rows'

const AT = Date.parse('2026-11-20T17:00:00Z')
const context = { staffId: 'me', timeZone: 'Asia/Shanghai', limits: { distance_m: 500, accuracy_m: 100 } }
const saved = (command: NewCommand): Command => ({ ...command, seq: 1, at: AT, offset_minutes: 480, observed_at: AT }) as Command
const base = (rows: { [K in keyof RowKinds]?: RowKinds[K][] }): ReadRow => (kind, id) => (rows[kind] as { id: string }[] | undefined)?.find((row) => row.id === id) as never
const lay = (command: NewCommand, rows: Parameters<typeof base>[0]) => layOver([{ command: saved(command), state: 'saved' }], base(rows), context)

const customer = { id: uuid7(), revision: 3, kind: 'household', name: '张家', grid_id: uuid7(), branch_id: 'b', owner_id: 'me', address: '一组', lon: 114, lat: 29, phone: '1', members: 3 } as CustomerRow
const goal = (changes: Partial<GridGoal>): GridGoal => ({ id: uuid7(), name: 'g', code: 'g', township: null, branch_id: 'b', branch_name: null, manager_id: 'other', lon: null, lat: null, ...changes })
const member = (relation: string) => ({ id: uuid7(), revision: 3, customer_id: customer.id, person_id: uuid7(), name: relation, relation }) as MemberRow

test('a household that moved shows under its new grid at once, with what was said of it and nothing else changed', () => {
  const grid = uuid7()
  const plain = lay(build.customerMove({ customer_id: customer.id, grid_id: grid, reason: 'wrong_grid' }), { customer: [customer] }).get('customer', customer.id)
  expect(plain).toMatchObject({ grid_id: grid, address: '一组', lon: 114, lat: 29, pending: { state: 'saved' } })
  const said = build.customerMove({ customer_id: customer.id, grid_id: grid, reason: 'moved', address: '二组', point: { lon: 115, lat: 30, accuracy_m: 8.4, at: AT } })
  expect(said.body.point).toMatchObject({ accuracy_m: 8 })
  expect(lay(said, { customer: [customer] }).get('customer', customer.id)).toMatchObject({ address: '二组', lon: 115, lat: 30 })
  // one that is not here shows nothing
  expect(lay(said, {}).empty).toBe(true)
  expect(() => build.customerMove({ customer_id: customer.id, grid_id: grid, reason: ' ' })).toThrow('reason: required')
})

test('who goes in a split is with the new household, who and what stays is where it was', () => {
  const [head, spouse, child] = [member('head'), member('spouse'), member('child')]
  const [field, car] = [{ id: uuid7(), customer_id: customer.id, label: '田' }, { id: uuid7(), customer_id: customer.id, label: '车' }] as RecordRow[]
  const id = uuid7()
  const split = build.customerSplit({ id, customer_id: customer.id, name: '张三', address: '二组', member_ids: [head.id, child.id], head_id: child.id, record_ids: [car?.id ?? ''] })
  expect(split.version).toBe(2)
  const over = lay(split, { customer: [customer], member: [head, spouse, child], record: [field as RecordRow, car as RecordRow] })
  expect(over.get('customer', id)).toMatchObject({ name: '张三', address: '二组', lon: null, phone: null, members: 2, grid_id: customer.grid_id, owner_id: 'me' })
  expect(over.get('customer', customer.id)).toMatchObject({ name: '张家', members: 1 })
  expect(over.get('member', child.id)).toMatchObject({ customer_id: id, relation: 'head' })
  // a household has one head: who was the other's is a member like the rest
  expect(over.get('member', head.id)).toMatchObject({ customer_id: id, relation: 'other' })
  expect(over.get('member', spouse.id)).toBeUndefined()
  expect(over.get('record', car?.id ?? '')).toMatchObject({ customer_id: id, label: '车' })
  expect(over.get('record', field?.id ?? '')).toBeUndefined()
  expect(() => build.customerSplit({ ...split.body, head_id: spouse.id })).toThrow('head_id')
  expect(() => build.customerSplit({ ...split.body, member_ids: [] })).toThrow('member_ids')
})

test('somebody goes, somebody stays, and one of those who go is the head', () => {
  const [head, child] = [member('head'), member('child')]
  expect(splitLacks([head, child], [], null)).toBe('nobody')
  expect(splitLacks([head, child], ['left since'], 'left since')).toBe('nobody')
  expect(splitLacks([head, child], [head.id, child.id], head.id)).toBe('everybody')
  expect(splitLacks([head, child], [child.id], head.id)).toBe('head')
  expect(splitLacks([head, child], [child.id], child.id)).toBe(null)
})

test('the new grid’s manager owns it, but for an owner of another kind within the branch', () => {
  expect(ownerAfter(customer, { manager_id: 'me' }, goal({}))).toBe('other')
  expect(ownerAfter(customer, { manager_id: 'another' }, goal({}))).toBe('me')
  expect(ownerAfter(customer, { manager_id: 'another' }, goal({ branch_id: 'c' }))).toBe('other')
  expect(ownerAfter({ branch_id: 'b', owner_id: null }, undefined, goal({ manager_id: null }))).toBe(null)
  const held = goal({})
  expect(leavesPhone(held, 'other', new Set([held.id]), 'me')).toBe(false)
  expect(leavesPhone(held, 'other', new Set(), 'me')).toBe(true)
  expect(leavesPhone(held, 'me', new Set(), 'me')).toBe(false)
})

test('the nearest grid comes first, those without a place last', () => {
  const [near, far, none] = [goal({ code: '3', lon: 114, lat: 29.01 }), goal({ code: '2', lon: 114, lat: 29.5 }), goal({ code: '1' })]
  expect(byNearness([none, far, near], { lon: 114, lat: 29 }).map((one) => one.goal)).toEqual([near, far, none])
  expect(byNearness([near, far, none], null).map((one) => [one.goal, one.metres])).toEqual([[none, null], [far, null], [near, null]])
})

test('what people are to their new head follows from what they were to the former one', () => {
  const [head, spouse, son, other, parent] = [member('head'), member('spouse'), member('child'), member('child'), member('parent')]
  const [wife, baby] = [member('child_in_law'), member('grandchild')]
  const seen = (people: MemberRow[], by: MemberRow) => Object.fromEntries([...relationsAfter(people, by)].map(([id, relation]) => [people.find((one) => one.id === id)?.relation, relation]))
  expect(seen([spouse, son, parent], spouse)).toEqual({ child: 'child', parent: 'other' })
  expect(seen([son, wife, baby], son)).toEqual({ child_in_law: 'spouse', grandchild: 'child' })
  expect(seen([head, spouse, son], son)).toEqual({ head: 'parent', spouse: 'parent' })
  // with two sons nobody knows whose wife she is
  expect([...relationsAfter([son, other, wife, baby], son).values()]).toEqual(['sibling', 'other', 'other'])
})

test('nobody but the head is head, and there is one spouse at most', () => {
  const relations = ['spouse', 'child', 'child_in_law', 'parent', 'grandchild', 'grandparent', 'sibling', 'other']
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...relations), { minLength: 1, maxLength: 8 }), fc.nat(), (kinds, at) => {
      const people = kinds.map(member)
      const lead = people[at % people.length] as MemberRow
      const after = [...relationsAfter(people, lead).values()]
      expect(after).toHaveLength(people.length - 1)
      expect(after).not.toContain('head')
      for (const one of ONE_OF) expect(after.filter((relation) => relation === one).length).toBeLessThanOrEqual(1)
    }),
  )
})

test('somebody who goes to another household of this phone is counted there and no more here', () => {
  const child = member('child')
  const other = { ...customer, id: uuid7(), members: 2 }
  const move = build.memberMove({ id: child.id, customer_id: customer.id, into_id: other.id, relation: 'child_in_law' })
  const over = lay(move, { customer: [customer, other], member: [child] })
  expect(over.get('member', child.id)).toMatchObject({ customer_id: other.id, relation: 'child_in_law' })
  expect(over.get('customer', customer.id)?.members).toBe(2)
  expect(over.get('customer', other.id)?.members).toBe(3)
  expect(lay(move, { customer: [customer, other] }).empty).toBe(true)
  const gone = build.memberRemove({ id: child.id, customer_id: customer.id, reason: 'died', on: '2026-11-02' })
  expect([gone.version, gone.body.on]).toEqual([2, '2026-11-02'])
  expect(lay(gone, { customer: [customer], member: [child] }).get('member', child.id)).toBe(null)
  expect(() => build.memberRemove({ ...gone.body, on: '2026-11-32' })).toThrow('on: not_a_day')
})
