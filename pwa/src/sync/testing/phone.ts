/** A phone for tests: the engine on a fake bank, driven by hand. */
import { build } from '../../domain/commands'
import { uuid7 } from '../../domain/ids'
import { EngineError } from '../../domain/errors'
import type { Authenticator } from '../authenticator'
import { openEngine } from '../engine'
import type { LedgerPlace } from '../../store/ledger'
import { localLocks, type Locks } from '../locks'
import type { NetworkKind } from '../network'
import type { Engine } from '../types'
import type { BankRow, FakeBank } from './bank'

/** Argon2id at a cost for tests; the format is the same. */
const CHEAP = { memory: 64, iterations: 1, parallelism: 1 }

export const GRID = uuid7()
export const GRID_KEY = `grid:${GRID}/manager@1`
export const STAFF_KEY = 'staff:staff-1/staff@1'
export const BANK_KEY = 'bank/bank@1'
export const PIN = '135790'

export interface Clock {
  now: number
}

export interface Phone {
  engine: Engine
  clock: Clock
  locks: Locks
  deviceDatabase: string
  ledger: LedgerPlace
  /** The network it is on. */
  network: { kind: NetworkKind }
  authenticator: Authenticator
}

const NO_AUTHENTICATOR: Authenticator = {
  available: () => Promise.resolve(false),
  create: () => Promise.reject(new EngineError('prf_unsupported')),
  ask: () => Promise.reject(new EngineError('prf_unsupported')),
}

/** What localStorage is to a browser. */
export function memoryPlace(): LedgerPlace {
  const kept = new Map<string, string>()
  return {
    get length() {
      return kept.size
    },
    key: (i) => [...kept.keys()][i] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
  }
}

/** A phone on which nobody has signed in yet; `deviceDatabase` names it, so that it can be killed and opened again. */
export async function openPhone(bank: FakeBank, deviceDatabase: string, clock: Clock = { now: bank.now }, locks = localLocks(), ledger = memoryPlace(), network: Phone['network'] = { kind: 'unknown' }, authenticator = NO_AUTHENTICATOR, live = false): Promise<Phone> {
  const engine = await openEngine({
    http: { fetch: bank.fetch as typeof fetch, baseUrl: 'http://bank' },
    appVersion: '1.0.0',
    platform: 'test',
    now: () => clock.now,
    cost: CHEAP,
    locks,
    authenticator,
    deviceDatabase,
    ledger,
    network: () => network.kind,
    live,
  })
  return { engine, clock, locks, deviceDatabase, ledger, network, authenticator }
}

/** Signs in, enrols, sets the PIN and fetches everything. */
export async function readyPhone(bank: FakeBank, deviceDatabase: string, authenticator?: Authenticator, live = false): Promise<Phone> {
  const phone = await openPhone(bank, deviceDatabase, undefined, undefined, undefined, undefined, authenticator, live)
  await phone.engine.login('wang', bank.password)
  await phone.engine.enrol('test phone')
  await phone.engine.setPin(PIN)
  await phone.engine.sync()
  return phone
}

/** Kills the app and opens it again, locked. */
export async function reopen(bank: FakeBank, phone: Phone): Promise<Phone> {
  await phone.engine.close()
  return openPhone(bank, phone.deviceDatabase, phone.clock, phone.locks, phone.ledger, phone.network, phone.authenticator)
}

export function household(name: string, phone: string, more: Record<string, unknown> = {}): BankRow {
  const values = {
    kind: 'household', name, pinyin: 'xiejinzhi', initials: 'xjz', grid_id: GRID, branch_id: null, address: `铜钟镇${name}湾`, lon: 114.3, lat: 29.5,
    owner_id: 'staff-1', phone, members: 3, home_book: `grid:${GRID}`, created_on: '2026-01-01', status: 'active', ...more,
  }
  return { kind: 'customer', id: uuid7(), values }
}

export function member(customer: string, name: string): BankRow {
  const values = {
    customer_id: customer, person_id: uuid7(), name, relation: 'head', sex: 'm', birth_on: '1970-01-01', phone: '13900001111', whereabouts: 'home', occupation: null, education: null,
  }
  return { kind: 'member', id: uuid7(), values }
}

export function task(customer: BankRow, more: Record<string, unknown> = {}): BankRow {
  const values = {
    kind: 'follow_up', duty: 'visit', customer_id: customer.id, customer_name: customer.values['name'], grid_id: GRID, due_on: '2026-11-20', state: 'open',
    rhythm_days: 60, opened_on: '2026-09-20', submitted_at: null, evidence_id: null, decided_at: null, decided_by: null, reason: null, ...more,
  }
  return { kind: 'task', id: uuid7(), values }
}

export function visitOf(customerId: string, more: Partial<Parameters<typeof build.visitLog>[0]> = {}) {
  return build.visitLog({
    id: uuid7(), customer_id: customerId, channel: 'onsite', purpose: 'follow_up', outcome: 'met', needs: ['loan'], presented: [], photos: [],
    point: { lon: 114.3, lat: 29.5, accuracy_m: 8, at: 0 }, note: '谈到买拖拉机', ...more,
  })
}
