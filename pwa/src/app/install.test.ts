import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { whenKept } from '../features/appKept'
import { keepInstalling } from './install'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function container() {
  let settle: (of: ServiceWorkerRegistration) => void = () => undefined
  const ready = new Promise<ServiceWorkerRegistration>((resolve) => (settle = resolve))
  const register = vi.fn().mockRejectedValue(new TypeError('Failed to fetch'))
  return { ready, register, become: (active: unknown) => settle({ active } as ServiceWorkerRegistration) }
}

test('what broke off is begun again with the network and each half minute, until it has succeeded', async () => {
  const worker = container()
  const network = new EventTarget()
  keepInstalling(worker, '/sw.js', network)
  network.dispatchEvent(new Event('online'))
  expect(worker.register).toHaveBeenCalledExactlyOnceWith('/sw.js', { scope: '/' })
  await vi.advanceTimersByTimeAsync(60_000)
  expect(worker.register).toHaveBeenCalledTimes(3)
  worker.become(new EventTarget())
  await vi.advanceTimersByTimeAsync(120_000)
  network.dispatchEvent(new Event('online'))
  expect(worker.register).toHaveBeenCalledTimes(3)
})

test('the app counts as kept when its worker serves this window, not while it begins to', async () => {
  const worker = container()
  const kept = vi.fn()
  whenKept(worker, kept)
  const active = Object.assign(new EventTarget(), { state: 'activating' })
  worker.become(active)
  await worker.ready
  await Promise.resolve()
  expect(kept).not.toHaveBeenCalled()
  active.state = 'activated'
  active.dispatchEvent(new Event('statechange'))
  expect(kept).toHaveBeenCalledOnce()
})
