import { expect, test, vi } from 'vitest'
import { watchForTakeover, watchForVersion } from './newVersion'

/** A registration as a window sees it: what another window does shows in it too. */
class Registration extends EventTarget {
  installing: EventTarget | null = null
  waiting: EventTarget | null = null
  active: EventTarget | null = new EventTarget()

  begin(): void {
    this.installing = new EventTarget()
    this.dispatchEvent(new Event('updatefound'))
  }

  installed(): void {
    const worker = this.installing
    ;[this.waiting, this.installing] = [worker, null]
    worker?.dispatchEvent(new Event('statechange'))
  }
}

function watched(registration = new Registration()) {
  const found = vi.fn()
  const { look } = watchForVersion(registration as unknown as ServiceWorkerRegistration, found)
  return { registration, found, look }
}

test('a worker that waited before the window was opened is found', () => {
  const registration = new Registration()
  registration.begin()
  registration.installed()
  expect(watched(registration).found).toHaveBeenCalledOnce()
})

test('one that was being installed at that moment is found once it waits', () => {
  const registration = new Registration()
  registration.begin()
  const { found } = watched(registration)
  expect(found).not.toHaveBeenCalled()
  registration.installed()
  expect(found).toHaveBeenCalledOnce()
})

test('every later one is found too, and one that was missed when the window is looked at again', () => {
  const { registration, found, look } = watched()
  for (let times = 1; times <= 3; times++) {
    registration.begin()
    registration.installed()
    expect(found).toHaveBeenCalledTimes(times)
    ;[registration.active, registration.waiting] = [registration.waiting, null]
  }
  look()
  expect(found).toHaveBeenCalledTimes(3)
  registration.waiting = new EventTarget()
  look()
  expect(found).toHaveBeenCalledTimes(4)
})

test('the first worker of all is no new version', () => {
  const { registration, found } = watched(Object.assign(new Registration(), { active: null }))
  registration.begin()
  registration.installed()
  expect(found).not.toHaveBeenCalled()
})

test('a takeover is told of to a window that another worker held, seen to wait or not', () => {
  const container = Object.assign(new EventTarget(), { controller: null as unknown })
  const changed = vi.fn()
  const off = watchForTakeover(container as unknown as ServiceWorkerContainer, changed)
  container.dispatchEvent(new Event('controllerchange'))
  expect(changed).not.toHaveBeenCalled()
  container.dispatchEvent(new Event('controllerchange'))
  expect(changed).toHaveBeenCalledOnce()
  off()
  container.dispatchEvent(new Event('controllerchange'))
  expect(changed).toHaveBeenCalledOnce()
})
