import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { bodyOf, NetworkError, send } from './http'

let page: EventTarget

beforeEach(() => {
  page = new EventTarget()
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
})
afterEach(() => void vi.unstubAllGlobals())

/** A network in which nothing comes back, neither an answer nor, where `answers`, its body. */
function dead(answers: boolean): typeof fetch {
  return (_path, init) =>
    new Promise((resolve, reject) => {
      const signal = init?.signal as AbortSignal
      const cut = (): void => reject(signal.reason as Error)
      if (!answers) signal.addEventListener('abort', cut)
      else resolve(new Response(new ReadableStream({ start: (body) => signal.addEventListener('abort', () => body.error(signal.reason)) })))
    })
}

test.each([
  ['the answer', false],
  ['its body', true],
])('what waits for %s on a connection that went with the old network ends as that goes', async (_what, answers) => {
  const asked = send({ fetch: dead(answers), baseUrl: '' }, '/x', {}, 60_000).then(bodyOf)
  const seen = expect(asked).rejects.toBeInstanceOf(NetworkError)
  await new Promise((resolve) => setTimeout(resolve, 50))
  page.dispatchEvent(new Event('offline'))
  await seen
})

test('otherwise it waits its time', async () => {
  const began = performance.now()
  await expect(send({ fetch: dead(false), baseUrl: '' }, '/x', {}, 150)).rejects.toBeInstanceOf(NetworkError)
  expect(performance.now() - began).toBeGreaterThan(140)
})
