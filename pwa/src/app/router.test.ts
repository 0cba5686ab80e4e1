import { expect, test } from 'vitest'
import type { RouteMeta } from 'vue-router'
import { decide, safeNext, type GuardState } from './router'

const ready: GuardState = { phase: 'ready', needsLogin: false, isHead: false, isField: true, watches: false }
const page = (fullPath: string, meta: RouteMeta = {}, query: Record<string, string> = {}) => ({ path: fullPath.split('?')[0] ?? '', fullPath, meta, query })

test('each phase sends a page to its own door and remembers what was asked for', () => {
  expect(decide(page('/customers/7'), { ...ready, phase: 'locked' })).toEqual({ path: '/unlock', query: { next: '/customers/7' }, replace: true })
  expect(decide(page('/customers/7'), { ...ready, phase: 'signed_out' })).toMatchObject({ path: '/login' })
  expect(decide(page('/today'), { ...ready, phase: 'no_pin' })).toEqual({ path: '/pin', query: {}, replace: true })
  expect(decide(page('/x'), { ...ready, phase: 'not_enrolled' })).toMatchObject({ path: '/enrol' })
})

test('from door to door the wish is kept, and at the end granted', () => {
  const unlock = page('/unlock?next=/customers/7', { phases: ['locked'] }, { next: '/customers/7' })
  expect(decide(unlock, { ...ready, phase: 'locked' })).toBe(true)
  expect(decide(unlock, { ...ready, phase: 'signed_out' })).toMatchObject({ path: '/login', query: { next: '/customers/7' } })
  expect(decide(unlock, ready)).toEqual({ path: '/customers/7', replace: true })
})

test('a foreign address is never followed', () => {
  expect(safeNext('//evil.example')).toBeUndefined()
  expect(safeNext('https://evil.example')).toBeUndefined()
  expect(safeNext('/\\evil.example')).toBeUndefined()
  expect(safeNext('/inbox')).toBe('/inbox')
})

test('approvals open for heads only; signing in again is open while the session is over', () => {
  expect(decide(page('/approvals', { heads: true }), ready)).toMatchObject({ path: '/today' })
  expect(decide(page('/approvals', { heads: true }), { ...ready, isHead: true })).toBe(true)
  expect(decide(page('/login', { phases: ['signed_out'] }), { ...ready, needsLogin: true })).toBe(true)
  expect(decide(page('/login', { phases: ['signed_out'] }), ready)).toMatchObject({ path: '/today' })
})

test('who has no field work begins where theirs is, and is kept out of what is not', () => {
  const admin: GuardState = { ...ready, isField: false, watches: true }
  expect(decide(page('/today', { field: true }), admin)).toEqual({ path: '/phones', replace: true })
  expect(decide(page('/customers/7', { field: true }), admin)).toEqual({ path: '/phones', replace: true })
  expect(decide(page('/unlock', { phases: ['locked'] }), admin)).toEqual({ path: '/phones', replace: true })
  expect(decide(page('/quarantine', { watch: true }), admin)).toBe(true)
  const auditor: GuardState = { ...ready, isField: false }
  expect(decide(page('/today', { field: true }), auditor)).toEqual({ path: '/inbox', replace: true })
  expect(decide(page('/customers/7', { field: true, oversees: true }), auditor)).toEqual({ path: '/inbox', replace: true })
  expect(decide(page('/customers/7', { field: true, oversees: true }), { ...auditor, oversees: true })).toBe(true)
  expect(decide(page('/customers', { field: true }), { ...auditor, oversees: true })).toEqual({ path: '/inbox', replace: true })
  expect(decide(page('/customers/find', { oversees: true }), auditor)).toEqual({ path: '/inbox', replace: true })
  expect(decide(page('/customers/find', { oversees: true }), { ...auditor, oversees: true })).toBe(true)
  expect(decide(page('/customers/find', { oversees: true }), { ...auditor, isField: true })).toEqual({ path: '/today', replace: true })
  expect(decide(page('/audience', { chooses: true }), auditor)).toEqual({ path: '/inbox', replace: true })
  expect(decide(page('/audience', { chooses: true }), { ...auditor, chooses: true })).toBe(true)
  expect(decide(page('/phones', { watch: true }), ready)).toEqual({ path: '/today', replace: true })
  expect(decide(page('/phones', { watch: true }), { ...ready, isHead: true, watches: true })).toBe(true)
})

test('while reviewers have the phone only their page opens, and that one at no other time', () => {
  const kiosk: GuardState = { ...ready, isHead: true, watches: true, needsLogin: true, kiosk: () => '/evaluations/7/kiosk' }
  for (const path of ['/today', '/customers/7', '/evaluations/7', '/evaluations/8/kiosk', '/login', '/approvals', '/nowhere']) {
    expect(decide(page(path), kiosk)).toEqual({ path: '/evaluations/7/kiosk', replace: true })
  }
  expect(decide(page('/evaluations/7/kiosk', { field: true, kiosk: true }), kiosk)).toBe(true)
  // locked it is as ever: only the host opens it
  expect(decide(page('/evaluations/7/kiosk', { kiosk: true }), { ...kiosk, phase: 'locked' })).toMatchObject({ path: '/unlock' })
  expect(decide(page('/evaluations/7/kiosk', { field: true, kiosk: true }), ready)).toEqual({ path: '/evaluations/7', replace: true })
})

test('the strategy opens for those of head office who read it', () => {
  expect(decide(page('/strategy', { strategy: true }), ready)).toEqual({ path: '/today', replace: true })
  expect(decide(page('/strategy', { strategy: true }), { ...ready, isField: false, strategist: true })).toBe(true)
})
