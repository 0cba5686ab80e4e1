/** A reviewer's own phone: what a reload, a lost answer, a new code and a used one make of a turn. */
import 'fake-indexeddb/auto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { uuid7 } from '../../domain/ids'
import { base64url } from '../../store/bytes'
import { ephemeralPair } from '../../store/seal'
import { dropTurn, keptTurns } from '../../store/reviewKept'
import { useOwnTurn } from './ownTurn'
import { useTurn } from './turn'

const CODE = 'c'.repeat(43)
const [SESSION, REVIEWER] = [uuid7(), uuid7()]
const HOUSEHOLDS = ['谢金枝', '罗大山'].map((name) => ({ id: uuid7(), name, address: '三组' }))
const IDS = HOUSEHOLDS.map(({ id }) => id)

/** What the bank does with what reaches it, and whether its answer is heard. */
const bank = { codes: new Set<string>(), taken: [] as string[], network: true, hears: true, address: '' }
let seal: { key_id: string; public_key: string }

function answer(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
}

beforeEach(async () => {
  const { publicKey } = await ephemeralPair()
  seal = { key_id: '00'.repeat(8), public_key: base64url(publicKey) }
  Object.assign(bank, { codes: new Set([CODE]), taken: [], network: true, hears: true })
  for (const id of (await keptTurns(Date.now())).keys()) await dropTurn(id)
  vi.stubGlobal('location', { hash: `#${CODE}`, pathname: '/review.html' })
  vi.stubGlobal('history', { replaceState: (_: unknown, __: string, to: string) => Object.assign(location, { hash: '', pathname: to }) })
  vi.stubGlobal('fetch', async (path: string, init: { body: string }) => {
    if (!bank.network) throw new TypeError('no network')
    const { code, forms } = JSON.parse(init.body) as { code: string; forms?: unknown[] }
    const repeated = bank.taken.includes(init.body)
    if (!repeated && (!bank.codes.has(code) || (forms === undefined && bank.taken.length))) return answer(404, { code: 'code_unusable', detail: 'no' })
    if (forms === undefined) return answer(200, { session_id: SESSION, reviewer_id: REVIEWER, name: '罗书记', place: '大湾村', households: HOUSEHOLDS, seal })
    if (!repeated && bank.taken.length) return answer(404, { code: 'code_unusable', detail: 'no' })
    if (!repeated) bank.taken.push(init.body)
    expect(path).toBe('/api/v1/review/hand-in')
    if (!bank.hears) throw new TypeError('cut')
    return answer(200, { forms: forms.length })
  })
})
afterEach(() => vi.unstubAllGlobals())

async function opened() {
  const own = useOwnTurn()
  await own.begin()
  return own
}

async function answering(own: Awaited<ReturnType<typeof opened>>, ...households: number[]) {
  const turn = useTurn(own.desk.value!, IDS)
  for (const at of households) {
    turn.at.value = at
    turn.knows('no')
    expect(await turn.keep()).toBe(true)
  }
  return turn
}

test('the code leaves the address, a reload goes on by what is kept, and nothing is left when the bank has it', async () => {
  const first = await opened()
  expect([first.state.value, location.hash]).toEqual(['turn', ''])
  await answering(first, 0)
  const again = await opened()
  expect([again.state.value, Object.keys(again.desk.value!.kept)]).toEqual(['turn', [IDS[0]]])
  const turn = await answering(again, 1)
  await turn.handIn()
  expect([again.state.value, again.taken.value, bank.taken.length]).toEqual(['done', 2, 1])
  expect((await keptTurns(Date.now())).size).toBe(0)
  expect((await opened()).state.value).toBe('no_code')
})

test('a lost answer is asked for again with the very same bytes, after a reload too', async () => {
  const own = await opened()
  const turn = await answering(own, 0, 1)
  bank.hears = false
  await expect(turn.handIn()).rejects.toThrow()
  expect(own.state.value).toBe('turn')
  bank.network = false
  expect((await opened()).state.value).toBe('resend')
  Object.assign(bank, { network: true, hears: true })
  const after = await opened()
  expect([after.state.value, after.taken.value, bank.taken.length]).toEqual(['done', 2, 1])
})

test('a code that is refused leaves what was sealed for a new one', async () => {
  const own = await opened()
  const turn = await answering(own, 0, 1)
  const fresh = 'd'.repeat(43)
  bank.codes = new Set([fresh])
  await expect(turn.handIn()).rejects.toThrow('code_unusable')
  const without = await opened()
  expect([without.state.value, without.waiting.value]).toEqual(['unusable', 2])
  Object.assign(location, { hash: `#${fresh}` })
  const again = await opened()
  expect(Object.keys(again.desk.value!.kept).sort()).toEqual([...IDS].sort())
  await (await answering(again)).handIn()
  expect([again.state.value, again.taken.value]).toEqual(['done', 2])
})

test('without a network, a code, or a right one it says so', async () => {
  bank.network = false
  expect((await opened()).state.value).toBe('offline')
  bank.network = true
  bank.codes = new Set()
  expect((await opened()).state.value).toBe('unusable')
})
