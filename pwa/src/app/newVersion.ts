/**
 * Whether a new version of the app waits. Each window looks for itself: Workbox tells of what its own window fetched, and
 * of one that another window did, but stops listening after that, and a window that slept may have missed it.
 */

/** Calls `found` as often as the registration is seen with a worker that waits to take over from another. */
export function watchForVersion(registration: ServiceWorkerRegistration, found: () => void): { look: () => void } {
  const look = (): void => {
    // the first worker of all waits for a moment too, and is no news
    if (registration.waiting && registration.active) found()
  }
  const follow = (): void => registration.installing?.addEventListener('statechange', look)
  registration.addEventListener('updatefound', follow)
  follow()
  look()
  return { look }
}

/** Calls `changed` when another worker than the one that held sway takes over this window; the first of all is no news. */
export function watchForTakeover(container: ServiceWorkerContainer, changed: () => void): () => void {
  let ruled = container.controller !== null
  const took = (): void => {
    if (ruled) changed()
    ruled = true
  }
  container.addEventListener('controllerchange', took)
  return () => container.removeEventListener('controllerchange', took)
}
