import type { Router } from 'vue-router'
import type { Engine } from '../sync/types'
import { safeNext } from './router'

/** Listens to the service worker: a push means there is something to fetch, a tapped notification names a page. */
export function listenToWorker(router: Router, engine: Engine): void {
  navigator.serviceWorker?.addEventListener('message', (event: MessageEvent<{ type?: string; path?: string } | null>) => {
    if (event.data?.type === 'PUSHED') void engine.sync()
    if (event.data?.type === 'OPEN') {
      const path = safeNext(event.data.path)
      if (path) void router.push(path)
      void engine.sync()
    }
  })
}
