/** News from the bank: how soon a phone asks after them, and what it does while no stream brings any. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Core } from './core'
import { Live } from './live'
import type { Syncer } from './syncer'

class Stream extends EventTarget {
  static readonly CLOSED = 2
  static opened: Stream[] = []
  readyState = 0
  onerror: (() => void) | null = null

  constructor(readonly url: string) {
    super()
    Stream.opened.push(this)
  }

  close(): void {
    this.readyState = Stream.CLOSED
  }

  say(event: string, data: unknown = ''): void {
    this.dispatchEvent(new MessageEvent(event, { data: typeof data === 'string' ? data : JSON.stringify(data) }))
  }
}

let held: Record<string, number>
let soon: ReturnType<typeof vi.fn<(delay?: number, spread?: number) => void>>
let live: Live
let core: { online: boolean; needsLogin: boolean }
let page: EventTarget
let tell: (what: string) => void

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('EventSource', Stream)
  page = new EventTarget()
  for (const name of ['addEventListener', 'removeEventListener'] as const) vi.stubGlobal(name, page[name].bind(page))
  Stream.opened = []
  held = { bank: 4 }
  soon = vi.fn<(delay?: number, spread?: number) => void>()
  core = {
    online: true,
    needsLogin: false,
    options: { http: { baseUrl: '' } },
    unlocked: { rows: { revisionOf: (book: string) => held[book] } },
    subscribe: (listener: typeof tell) => {
      tell = listener
      return () => undefined
    },
    emit: () => undefined,
  } as unknown as { online: boolean; needsLogin: boolean }
  live = new Live(core as unknown as Core, { soon } as unknown as Syncer)
  live.start()
})

afterEach(() => {
  live.close()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const stream = (): Stream => Stream.opened.at(-1) as Stream
const spreads = (): (number | undefined)[] => soon.mock.calls.map(([, spread]) => spread)

/** Time passes while the stream says every 20 s that it lives. */
function quietly(minutes: number): void {
  for (let i = 0; i < minutes * 3; i++) {
    stream().say('ping')
    vi.advanceTimersByTime(20_000)
  }
}

test('news are asked after within the time that the bank names, old ones not at all', () => {
  stream().say('moved', { book: 'bank', revision: 5, spread_ms: 60_000 })
  stream().say('moved', { book: 'bank', revision: 4, spread_ms: 60_000 })
  stream().say('moved', { book: 'grid:x', revision: 1 })
  stream().say('moved', { book: 'bank', revision: 6, spread_ms: 10 ** 12 })
  stream().say('moved', { book: 'bank', revision: 6, spread_ms: 'soon' })
  stream().say('moved', 'no JSON')
  expect(spreads()).toEqual([60_000, 800, 600_000, 800])
})

test('while the stream lives a phone asks every five minutes only', () => {
  quietly(4)
  expect(soon).not.toHaveBeenCalled()
  quietly(6)
  expect(soon).toHaveBeenCalledTimes(2)
  expect(Stream.opened).toHaveLength(1)
})

test('a stream that never answers is opened anew, and the phone asks each minute meanwhile', () => {
  vi.advanceTimersByTime(3 * 60_000)
  expect(soon).toHaveBeenCalledTimes(3)
  expect(Stream.opened).toHaveLength(4)
  expect(Stream.opened.slice(0, 3).every((one) => one.readyState === Stream.CLOSED)).toBe(true)
})

test('a stream that falls silent is taken for dead; one that comes back ends the asking', () => {
  quietly(2)
  vi.advanceTimersByTime(2 * 60_000)
  expect(soon.mock.calls.length).toBeGreaterThanOrEqual(1)
  expect(Stream.opened.length).toBeGreaterThanOrEqual(2)
  soon.mockClear()
  const opened = Stream.opened.length
  quietly(3)
  expect(soon.mock.calls.length).toBeLessThanOrEqual(1)
  expect(Stream.opened).toHaveLength(opened)
})

test('after a refusal the stream is opened again later, and the phone asks by itself until then', () => {
  const refused = stream()
  refused.close()
  refused.onerror?.()
  expect(Stream.opened).toHaveLength(1)
  vi.advanceTimersByTime(20_000)
  expect(Stream.opened).toHaveLength(2)
})

test('nobody is asked while the browser knows no network or the person must sign in', () => {
  page.dispatchEvent(new Event('offline'))
  expect(stream().readyState).toBe(Stream.CLOSED)
  vi.advanceTimersByTime(10 * 60_000)
  expect(soon).not.toHaveBeenCalled()
  page.dispatchEvent(new Event('online'))
  expect(soon).toHaveBeenCalledTimes(1)
  expect(Stream.opened).toHaveLength(2)
  core.needsLogin = true
  vi.advanceTimersByTime(10 * 60_000)
  expect(soon).toHaveBeenCalledTimes(1)
})

test('what moved while there was no stream is asked after as soon as there is one', () => {
  stream().say('ping', { spread_ms: 5_000 })
  expect(spreads()).toEqual([5_000])
  stream().say('ping')
  expect(spreads()).toEqual([5_000])
  // The network was cut and the browser opened the same stream again by itself.
  stream().onerror?.()
  stream().say('ping', { spread_ms: 800 })
  expect(spreads()).toEqual([5_000, 800])
  expect(Stream.opened).toHaveLength(1)
})

test('where no request came through the stream goes on trying, and the phone asks each minute', () => {
  // Nothing tells the browser: the mast is there, and nothing behind it.
  core.online = false
  tell('status')
  expect(stream().readyState).not.toBe(Stream.CLOSED)
  vi.advanceTimersByTime(3 * 60_000)
  expect(soon).toHaveBeenCalledTimes(3)
  stream().say('ping', { spread_ms: 800 })
  expect(soon).toHaveBeenCalledTimes(4)
})
