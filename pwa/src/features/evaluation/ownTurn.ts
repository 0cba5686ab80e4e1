/**
 * A reviewer's turn on their own phone, from the code to the bank's word that it has the forms. The code leaves the address
 * as soon as this phone has kept it: histories are copied to other devices.
 */
import { computed, ref, shallowRef } from 'vue'
import { ApiProblem, NetworkError, type HttpOptions } from '../../api/http'
import { handInOwn, openTurn, type OwnForm, type OwnTurn } from '../../api/review'
import type { Id } from '../../domain/rows'
import { sealForm } from '../../store/forms'
import { dropTurn, keepTurn, keptTurns, type KeptTurn } from '../../store/reviewKept'
import type { Desk, Sealed } from './turn'

const HTTP: HttpOptions = { fetch: (...given) => fetch(...given), baseUrl: '' }
/** The code before it is known whose it is. */
const UNOPENED = ''

export type OwnState = 'opening' | 'no_code' | 'offline' | 'unusable' | 'too_many' | 'old_browser' | 'refused' | 'resend' | 'turn' | 'done'

/** The bank gave no clear answer: it may have what was sent. */
export const unclear = (error: unknown): boolean => error instanceof NetworkError || (error instanceof ApiProblem && (error.status >= 500 || error.status === 429))

export function stateOf(error: unknown): OwnState {
  if (error instanceof NetworkError) return 'offline'
  const code = error instanceof ApiProblem ? error.code : ''
  return code === 'code_unusable' ? 'unusable' : code === 'too_many_codes' ? 'too_many' : 'refused'
}

export function useOwnTurn() {
  const state = ref<OwnState>('opening')
  const turn = shallowRef<OwnTurn>()
  const desk = shallowRef<Desk>()
  /** How many forms the bank has. */
  const taken = ref(0)
  /** Whether this browser keeps anything over a reload. */
  const keeps = ref(true)
  const kept = shallowRef(new Map<Id, KeptTurn>())
  const waiting = computed(() => Math.max(0, ...[...kept.value.values()].map((one) => Object.keys(one.sealed).length)))

  async function keep(id: Id, one: KeptTurn): Promise<void> {
    if (keeps.value) await keepTurn(id, one)
    kept.value = new Map(kept.value).set(id, one)
  }
  async function drop(id: Id): Promise<void> {
    if (keeps.value) await dropTurn(id)
    kept.value = new Map([...kept.value].filter(([other]) => other !== id))
  }

  async function begin(): Promise<void> {
    state.value = 'opening'
    if (!globalThis.crypto?.subtle) return void (state.value = 'old_browser')
    const now = Date.now()
    try {
      kept.value = await keptTurns(now)
    } catch {
      keeps.value = false
    }
    const given = location.hash.slice(1)
    const newest = [...kept.value.values()].sort((a, b) => b.at - a.at)[0]
    const code = given || newest?.code
    if (!code) return void (state.value = 'no_code')
    if (given && keeps.value) {
      await keep(UNOPENED, { code, sealed: {}, sending: false, at: now })
      history.replaceState(null, '', location.pathname)
    }
    const begun = [...kept.value].find(([id, one]) => id !== UNOPENED && one.code === code && one.sending)
    if (begun) await resend(...begun)
    else await open(code)
  }

  async function open(code: string): Promise<void> {
    try {
      const found = await openTurn(HTTP, code)
      const before = kept.value.get(found.reviewer_id)
      const now: KeptTurn = { code, sealed: before?.sealed ?? {}, sending: false, at: Date.now() }
      await keep(found.reviewer_id, now)
      await drop(UNOPENED)
      turn.value = found
      desk.value = deskOf(found, now)
      state.value = 'turn'
    } catch (error) {
      // a wrong one must not stand in the way of a turn that was begun
      if (stateOf(error) === 'unusable') await drop(UNOPENED)
      state.value = stateOf(error)
    }
  }

  function deskOf({ session_id, reviewer_id, households, seal }: OwnTurn, begun: KeptTurn): Desk {
    const asked = new Set(households.map(({ id }) => id))
    let now = begun
    return {
      kept: Object.fromEntries(Object.entries(begun.sealed).filter(([id]) => asked.has(id))) as Sealed,
      seal: (customer, answers) => sealForm(seal, session_id, reviewer_id, customer, answers),
      keep: (sealed) => keep(reviewer_id, (now = { ...now, sealed, at: Date.now() })),
      handIn: (forms) => send(reviewer_id, now, forms),
    }
  }

  /** Throws what the bank said; what it may have is marked before it leaves. */
  async function send(id: Id, one: KeptTurn, forms: readonly OwnForm[]): Promise<void> {
    await keep(id, { ...one, sending: true })
    try {
      taken.value = (await handInOwn(HTTP, one.code, forms)).forms
    } catch (error) {
      if (!unclear(error)) await keep(id, { ...one, sending: false })
      throw error
    }
    await drop(id)
    state.value = 'done'
  }

  async function resend(id: Id, one: KeptTurn): Promise<void> {
    try {
      await send(id, one, Object.entries(one.sealed).map(([customer_id, sealed]) => ({ customer_id, sealed })))
    } catch (error) {
      state.value = unclear(error) ? 'resend' : stateOf(error)
    }
  }

  return { state, turn, desk, taken, keeps, waiting, begin }
}
