/** Fetching the app's files for the first time, until it has succeeded: browsers begin it once for each opening only. */
const EVERY_MS = 30_000

/** Begins again when the network returns, and every half minute, until a worker with all files holds sway. */
export function keepInstalling(container: Pick<ServiceWorkerContainer, 'ready' | 'register'>, url: string, network: EventTarget = window): void {
  const again = (): void => void container.register(url, { scope: '/' }).catch(() => undefined)
  const timer = setInterval(again, EVERY_MS)
  network.addEventListener('online', again)
  void container.ready.then(() => {
    clearInterval(timer)
    network.removeEventListener('online', again)
  })
}
