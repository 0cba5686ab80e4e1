import fc from 'fast-check'
import { expect, test } from 'vitest'
import { customerOf } from './commandFacts'
import { build } from './commands'
import { addDays, countsIn, daysBetween, dayOf, dueBucket, endOfMonth, endOfWeek, isDay, nextByRhythm, weekday } from './dates'
import { handedInBefore } from './duties'
import { distanceMetres, walkingOrder } from './geo'
import { uuid7 } from './ids'
import { readName } from './pinyin'
import { type TaskRow } from './rows'
import type { VisitRow } from './visitRows'
import { hasTag } from './views'
import { checkVisit, visitLimits } from './visits'

test('ids are UUIDv7 and sort in the order they were made', () => {
  const ids = Array.from({ length: 5000 }, () => uuid7())
  expect(new Set(ids).size).toBe(5000)
  expect([...ids].sort()).toEqual(ids)
  expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const at = Date.now() + 60_000
  expect(parseInt(uuid7(at).replace(/-/g, '').slice(0, 12), 16)).toBe(at)
})

test('days are the bank’s, not the phone’s', () => {
  const lateEvening = Date.parse('2026-11-20T16:30:00Z')
  expect(dayOf(lateEvening)).toBe('2026-11-21')
  expect(dayOf(lateEvening, 'UTC')).toBe('2026-11-20')
  expect(isDay('2026-02-29')).toBe(false)
  expect(isDay('2028-02-29')).toBe(true)
  expect(isDay('2026-2-1')).toBe(false)
})

test('day arithmetic agrees with itself', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40_000 }), fc.integer({ min: -4000, max: 4000 }), (start, days) => {
      const day = addDays('1970-01-01', start)
      const moved = addDays(day, days)
      return daysBetween(day, moved) === days && isDay(moved) && weekday(endOfWeek(moved)) === 7 && endOfMonth(moved).slice(0, 7) === moved.slice(0, 7)
    }),
  )
  expect(weekday('2026-11-21')).toBe(6)
  expect(endOfMonth('2028-02-03')).toBe('2028-02-29')
})

test.each([
  ['2026-11-20', 'overdue'],
  ['2026-11-21', 'today'],
  ['2026-11-22', 'week'],
  ['2026-11-23', 'month'],
  ['2026-12-01', 'later'],
])('a duty due %s is %s on Saturday, 21 November', (due, bucket) => {
  expect(dueBucket(due, '2026-11-21')).toBe(bucket)
})

test('overdue counts in all three columns, and the month never holds less than the week', () => {
  for (const column of ['today', 'week', 'month'] as const) expect(countsIn('2026-11-01', '2026-11-21', column)).toBe(true)
  expect(countsIn('2026-11-22', '2026-11-21', 'today')).toBe(false)
  expect(countsIn('2026-12-06', '2026-11-30', 'week')).toBe(true)
  expect(countsIn('2026-12-06', '2026-11-30', 'month')).toBe(true)
})

test('the next contact falls on a working day within the rhythm, never in the past', () => {
  expect(nextByRhythm('2026-11-20', 30)).toBe('2026-12-18')
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 3, max: 200 }), (start, rhythm) => {
      const from = addDays('1990-01-01', start)
      const next = nextByRhythm(from, rhythm)
      return weekday(next) <= 5 && daysBetween(from, next) <= rhythm && next > from
    }),
  )
  expect(nextByRhythm('2026-01-01', 30, '2026-11-20')).toBe('2026-11-21')
})

test('distances: a degree of latitude, and none to oneself', () => {
  expect(distanceMetres({ lon: 114, lat: 29 }, { lon: 114, lat: 30 })).toBeCloseTo(111_195, -1)
  expect(distanceMetres({ lon: 114, lat: 29 }, { lon: 114, lat: 29 })).toBe(0)
  const stops = [{ lon: 0.03, lat: 0 }, { lon: null, lat: null }, { lon: 0.01, lat: 0 }, { lon: 0.02, lat: 0 }]
  expect(walkingOrder(stops, { lon: 0, lat: 0 }).map((stop) => stop.lon)).toEqual([0.01, 0.02, 0.03, null])
})

test('a visit too far away or too inaccurate is flagged; a call is not', () => {
  const limits = visitLimits((key) => (key === 'visit_distance_limit_m' ? 500 : undefined))
  expect(limits).toEqual({ distance_m: 500, accuracy_m: 100 })
  const home = { lon: 114, lat: 29 }
  const fix = (metresNorth: number, accuracy_m: number) => ({ lon: 114, lat: 29 + metresNorth / 111_195, accuracy_m, at: 0 })
  expect(checkVisit('onsite', fix(38, 8), home, limits)).toEqual({ distance_m: 38, flags: [] })
  expect(checkVisit('onsite', fix(1200, 150), home, limits)).toEqual({ distance_m: 1200, flags: ['far', 'inaccurate'] })
  expect(checkVisit('onsite', null, home, limits).flags).toEqual(['no_fix'])
  expect(checkVisit('onsite', fix(1200, 8), null, limits)).toEqual({ distance_m: null, flags: [] })
  expect(checkVisit('phone', fix(1200, 150), home, limits)).toEqual({ distance_m: null, flags: [] })
})

test('builders refuse what the bank would refuse, by field', () => {
  const visit = { id: uuid7(), customer_id: uuid7(), channel: 'onsite', purpose: 'follow_up', outcome: 'met', needs: [], presented: [], photos: [] } as const
  const good = build.visitLog({ ...visit, needs: [], presented: [], photos: [], point: { lon: 114, lat: 29, accuracy_m: 7.6, at: 5.4 } })
  expect(good).toMatchObject({ type: 'visit.log', version: 1, needs: [], body: { point: { accuracy_m: 8, at: 5 } } })
  expect(customerOf(good)).toBe(visit.customer_id)
  const bad = (more: object) => () => build.visitLog({ ...visit, needs: [], presented: [], photos: [], ...more })
  expect(bad({ outcome: '' })).toThrow(expect.objectContaining({ field: 'outcome', problem: 'required' }))
  expect(bad({ customer_id: 'x' })).toThrow(expect.objectContaining({ field: 'customer_id' }))
  expect(bad({ wanted_fen: 1.5 })).toThrow(expect.objectContaining({ field: 'wanted_fen', problem: 'not_a_number' }))
  expect(bad({ wanted_fen: -1 })).toThrow(expect.objectContaining({ problem: 'out_of_range' }))
  expect(bad({ next_on: '2026-13-01' })).toThrow(expect.objectContaining({ problem: 'not_a_day' }))
  expect(bad({ note: 'x'.repeat(2001) })).toThrow(expect.objectContaining({ problem: 'too_long' }))
  expect(bad({ point: { lon: 200, lat: 0, accuracy_m: 1, at: 0 } })).toThrow(expect.objectContaining({ field: 'point' }))
  expect(() => build.taskReturn({ task_id: uuid7(), reason: ' ' })).toThrow(expect.objectContaining({ field: 'reason', problem: 'required' }))
  const customer = { id: uuid7(), kind: 'household', name: '廖', grid_id: uuid7(), address: '三组', members: [], phone: 'abc' } as const
  expect(() => build.customerCreate({ ...customer, members: [] })).toThrow(expect.objectContaining({ problem: 'not_a_phone' }))
  expect(() => build.setValues({ customer_id: uuid7(), edits: [] })).toThrow(expect.objectContaining({ field: 'edits' }))
})

test('tag bits are read from big-endian words', () => {
  const words = [new Uint8Array([0, 0, 0, 0, 0, 0, 0, 5]), new Uint8Array([128, 0, 0, 0, 0, 0, 0, 0])]
  expect([0, 1, 2, 63, 127, 126, 128].map((bit) => hasTag(words, bit))).toEqual([true, false, true, false, true, false, false])
})

test('a name typed on the phone gets its pinyin', async () => {
  expect(await readName('谢金枝')).toEqual({ pinyin: 'xiejinzhi', initials: 'xjz' })
  expect((await readName('单雄信')).initials).toBe('sxx')
})

test('open work that was handed in before may go with its visit again, by whoever made that', () => {
  const visits = [{ id: 'v1', staff_id: 'me' }, { id: 'v2', staff_id: 'you' }] as VisitRow[]
  const again = (state: TaskRow['state'], evidence_id: string | null) => handedInBefore({ state, evidence_id } as TaskRow, visits, 'me')?.id
  expect(again('in_progress', 'v1')).toBe('v1')
  expect(again('returned', 'v1')).toBe('v1')
  expect(again('submitted', 'v1')).toBeUndefined()
  expect(again('open', null)).toBeUndefined()
  // it came with a household from somebody else, or its visit is not on this phone
  expect(again('in_progress', 'v2')).toBeUndefined()
  expect(again('in_progress', 'v3')).toBeUndefined()
})
