import { createRouter, createWebHistory, type RouteLocationNormalized, type RouteLocationRaw } from 'vue-router'
import type { Phase } from '../sync/types'
import { routes } from './routes'

declare module 'vue-router' {
  interface RouteMeta {
    /** The phases in which this page makes sense; without it only `ready`. */
    phases?: Phase[]
    /** For those who approve. */
    heads?: boolean
    /** For those who visit customers. */
    field?: boolean
    /** For those of head office who look at customers for a purpose; with `field` for them too. */
    oversees?: boolean
    /** For those who choose customers by what is known of them. */
    chooses?: boolean
    /** For those who look after phones and refused entries. */
    watch?: boolean
    /** For those of head office who read the strategy. */
    strategy?: boolean
    /** Opens in kiosk mode only. */
    kiosk?: boolean
  }
}

/** Where each phase belongs. */
export const HOME_OF: Record<Phase, string> = {
  signed_out: '/login',
  not_enrolled: '/enrol',
  no_pin: '/pin',
  locked: '/unlock',
  ready: '/today',
}

export interface GuardState {
  phase: Phase
  needsLogin: boolean
  isHead: boolean
  isField: boolean
  oversees?: boolean
  chooses?: boolean
  watches: boolean
  strategist?: boolean
  /** The page of a form that was open when the app was last closed. */
  openDraft?: () => string | undefined
  /** The only page that may open, while reviewers of an evaluation have the phone in their hands. */
  kiosk?: () => string | null
}

/** Where a person begins: with the day's work; an administrator with the phones; who has neither, with the inbox. */
export const homeOf = (state: Pick<GuardState, 'isField' | 'watches'>): string => (state.isField ? HOME_OF.ready : state.watches ? '/phones' : '/inbox')

/**
 * Decides whether a page may open in the present state: true, or where to go in its place. What was asked for rides
 * along as `next`, so that after unlocking the person is where they wanted to be.
 */
export function decide(to: Pick<RouteLocationNormalized, 'path' | 'fullPath' | 'meta' | 'query'>, state: GuardState): true | RouteLocationRaw {
  const kiosk = state.phase === 'ready' ? (state.kiosk?.() ?? null) : null
  if (kiosk !== null) return to.path === kiosk || { path: kiosk, replace: true }
  if (to.path === '/login' && state.needsLogin) return true
  if (to.meta.kiosk && state.phase === 'ready') return { path: to.path.replace(/\/kiosk$/, ''), replace: true }
  const phases = to.meta.phases ?? ['ready']
  if (phases.includes(state.phase)) {
    const overseen = to.meta.oversees && state.oversees
    const closed = (to.meta.heads && !state.isHead) || ((to.meta.field || to.meta.oversees) && !(to.meta.field && state.isField) && !overseen) || (to.meta.watch && !state.watches) || (to.meta.chooses && !state.chooses) || (to.meta.strategy && !state.strategist)
    return closed && state.phase === 'ready' ? { path: homeOf(state), replace: true } : true
  }
  const next = typeof to.query['next'] === 'string' ? to.query['next'] : undefined
  if (state.phase === 'ready') return { path: safeNext(next) ?? homeOf(state), replace: true }
  const wanted = to.meta.phases ? next : to.fullPath
  const query = wanted && wanted !== '/' && wanted !== HOME_OF.ready ? { next: wanted } : {}
  return { path: HOME_OF[state.phase], query, replace: true }
}

/** Only a path of this app; anything else is dropped. */
export function safeNext(next: string | undefined): string | undefined {
  return next && /^\/(?!\/|\\)/.test(next) ? next : undefined
}

/** `whole` resolves when the rows are there after an unlock: every page but the day's list needs them. */
export function makeRouter(state: () => GuardState, whole: () => Promise<void>) {
  const router = createRouter({
    history: createWebHistory(),
    routes,
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  })
  let first = true
  router.beforeEach(async (to) => {
    const now = state()
    const verdict = decide(to, now)
    // A killed app reopens on its form: once, and only where nothing else was asked for.
    if (now.phase === 'ready' && first && verdict === true) {
      first = false
      const form = to.path === HOME_OF.ready ? now.openDraft?.() : undefined
      if (form) return { path: form, replace: true }
    }
    if (verdict !== true || now.phase !== 'ready' || to.path === HOME_OF.ready) return verdict
    await whole()
    // It may have been locked meanwhile.
    return decide(to, state())
  })
  return router
}
