/** What wakes the synchronisation: news from the bank, the network, the screen, and time. */
import type { Core } from './core'
import { connection } from './network'
import type { Syncer } from './syncer'

const EVENTS_PATH = '/api/v1/sync/events'
/** Up to this long after a piece of news a phone asks, where the bank does not say how long, so that phones don't all come at once. */
const SPREAD_MS = 800
/** The bank never asks for more. */
const MOST_SPREAD_MS = 10 * 60_000
/** How often a phone in use looks whether the stream lives. Without a stream it asks the bank each time … */
const LOOK_MS = 60_000
/** … and with one every so many times, should a piece of news have been lost. */
const QUIET_LOOKS = 5
/** The bank says something every 20 s. */
const SILENT_MS = 60_000
const REOPEN_MS = 10_000

interface News {
  book?: unknown
  revision?: unknown
  spread_ms?: unknown
}

function read(data: string): News | null {
  try {
    return JSON.parse(data) as News | null
  } catch {
    return null
  }
}

export class Live {
  private source: EventSource | null = null
  private reopen: ReturnType<typeof setTimeout> | null = null
  private quiet: ReturnType<typeof setInterval> | null = null
  /** When the stream last said anything. */
  private heardAt = 0
  private looks = 0
  /** What the browser says of the network; false is certain, true is not. */
  private hasNetwork = typeof navigator === 'undefined' || navigator.onLine !== false
  private readonly off: (() => void)[] = []

  constructor(
    private readonly core: Core,
    private readonly syncer: Syncer,
  ) {}

  start(): void {
    const { core, syncer } = this
    this.listen(globalThis, 'online', () => {
      this.hasNetwork = core.online = true
      core.emit('status')
      syncer.soon()
      this.update()
    })
    this.listen(globalThis, 'offline', () => {
      this.hasNetwork = core.online = false
      core.emit('status')
      this.update()
    })
    const network = connection()
    // Wi-Fi was reached: files that waited for it may go.
    if (network?.addEventListener) this.listen(network, 'change', () => core.outbox.filesWaiting() > 0 && syncer.soon())
    if (typeof document !== 'undefined') {
      this.listen(document, 'visibilitychange', () => {
        if (document.visibilityState === 'visible') syncer.soon()
        this.update()
      })
    }
    this.quiet = setInterval(() => this.look(), LOOK_MS)
    this.off.push(core.subscribe((what) => what === 'status' && this.update()))
    this.update()
  }

  private listen(target: EventTarget, name: string, handler: () => unknown): void {
    target.addEventListener(name, handler)
    this.off.push(() => target.removeEventListener(name, handler))
  }

  /**
   * News are wanted while someone looks at unlocked rows; also where no request came through lately: the browser opens the
   * stream again every few seconds, and nothing else tells that a network is back which it never missed.
   */
  private get wanted(): boolean {
    const { core } = this
    const visible = typeof document === 'undefined' || document.visibilityState === 'visible'
    return visible && core.unlocked !== null && this.hasNetwork && !core.needsLogin
  }

  private update(): void {
    if (!this.wanted) this.shut()
    else if (!this.source && !this.reopen) this.openSource()
  }

  /** A stream that was cut where nobody noticed, or never answered, is opened anew; meanwhile the phone asks by itself. */
  private look(): void {
    if (!this.wanted) return
    const alive = this.source !== null && Date.now() - this.heardAt < SILENT_MS
    this.looks++
    if (!alive || this.looks % QUIET_LOOKS === 0) this.syncer.soon(0, SPREAD_MS)
    if (alive || !this.source) return
    this.shut()
    this.openSource()
  }

  private openSource(): void {
    if (typeof EventSource === 'undefined') return
    const source = new EventSource(this.core.options.http.baseUrl + EVENTS_PATH, { withCredentials: true })
    this.source = source
    source.addEventListener('ping', (event: MessageEvent<string>) => {
      this.heardAt = Date.now()
      // One that says a time: nobody told what moved before it, while there was no stream or the bank itself heard nothing.
      if (event.data) this.asked(read(event.data))
    })
    source.addEventListener('moved', (event: MessageEvent<string>) => {
      this.heardAt = Date.now()
      this.moved(event.data)
    })
    source.onerror = () => {
      // The browser comes back by itself after a cut, but not after a refusal.
      if (source.readyState !== EventSource.CLOSED) return
      this.shut()
      this.reopen = setTimeout(() => {
        this.reopen = null
        this.update()
      }, REOPEN_MS * (1 + Math.random()))
    }
  }

  private moved(data: string): void {
    const news = read(data)
    if (!news) return
    const held = typeof news.book === 'string' ? this.core.unlocked?.rows.revisionOf(news.book) : undefined
    if (held !== undefined && typeof news.revision === 'number' && held >= news.revision) return
    this.asked(news)
  }

  /** The phone asks within the time that the bank names. */
  private asked(news: News | null): void {
    const spread = news?.spread_ms
    this.syncer.soon(0, typeof spread === 'number' && spread >= 0 ? Math.min(spread, MOST_SPREAD_MS) : SPREAD_MS)
  }

  private shut(): void {
    this.source?.close()
    this.source = null
    if (this.reopen) clearTimeout(this.reopen)
    this.reopen = null
  }

  close(): void {
    this.shut()
    if (this.quiet) clearInterval(this.quiet)
    for (const off of this.off) off()
  }
}
