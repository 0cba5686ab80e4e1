/**
 * Whether the whole app lies on this phone, so that each of its pages opens without a network. Before that, a page that
 * was not opened yet needs one: whoever sets up a phone at the branch must not walk off too early.
 */
import { onBeforeUnmount, ref, type Ref } from 'vue'

/** Calls `kept` once the worker that holds the app's files has them all and serves this window. */
export function whenKept(container: Pick<ServiceWorkerContainer, 'ready'>, kept: () => void): void {
  void container.ready.then(({ active }) => {
    // it takes this window over before it counts as activated
    const look = (): void => {
      if (active?.state === 'activated') kept()
    }
    active?.addEventListener('statechange', look)
    look()
  })
}

export function useAppKept(): Ref<boolean> {
  const container = navigator.serviceWorker as ServiceWorkerContainer | undefined
  const kept = ref(!container || container.controller !== null)
  let here = true
  if (container && !kept.value) whenKept(container, () => (kept.value = here))
  onBeforeUnmount(() => (here = false))
  return kept
}
