/**
 * A page whose part of the app could not be fetched: the router stays where it is, the person is told, and it opens by
 * itself when the network is back.
 */
import { shallowRef, watch, type Ref } from 'vue'
import type { Router } from 'vue-router'

export interface Missing {
  path: string
  error: unknown
}

export function useMissingPage(router: Router, online: () => boolean): { missing: Ref<Missing | undefined>; open: () => void } {
  const missing = shallowRef<Missing>()
  router.onError((error, to) => {
    missing.value = { path: to.fullPath, error }
    reportError(error)
  })
  router.afterEach((_to, _from, failure) => {
    if (!failure) missing.value = undefined
  })
  const open = (): void => {
    // what fails again comes back through onError
    if (missing.value) void router.push(missing.value.path).catch(() => undefined)
  }
  watch(online, (now) => now && open())
  return { missing, open }
}
