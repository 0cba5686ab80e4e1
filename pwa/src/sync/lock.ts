/** Locks by itself after some minutes in the background or without a touch, and keeps the clock that can't be turned back. */
import { elapsed, noteClock, type ClockTrouble } from './contact'
import type { Core } from './core'

const TICK_MS = 30_000
/** Without a touch the phone may lie open on a table this many times as long as in the background. */
const IDLE_FACTOR = 2
const TOUCHES = ['pointerdown', 'keydown', 'scroll'] as const

export class AutoLock {
  private hiddenAt: number | null = null
  private tick: ReturnType<typeof setInterval> | null = null
  private readonly onVisibility = (): void => this.changed()
  private touchedAt = 0
  private clock: ClockTrouble | null = null
  private readonly onTouch = (): void => void (this.touchedAt = this.core.options.now())

  constructor(
    private readonly core: Core,
    private readonly lock: () => void,
  ) {}

  start(): void {
    this.onTouch()
    if (typeof document !== 'undefined') {
      document.addEventListener('visibilitychange', this.onVisibility)
      for (const name of TOUCHES) document.addEventListener(name, this.onTouch, { capture: true, passive: true })
    }
    this.tick = setInterval(() => this.check(), TICK_MS)
  }

  private changed(): void {
    if (document.visibilityState === 'hidden') this.hiddenAt = this.core.options.now()
    else {
      // A phone may have slept through the timer: look at the time before anything is shown.
      this.check()
      this.hiddenAt = null
    }
  }

  private check(): void {
    const { core } = this
    const now = core.options.now()
    if (core.db && core.contact.device) {
      const wasLocked = core.readLocked()
      const wasTrouble = this.clock
      this.clock = core.clock()
      core.contact = elapsed(core.contact, now, TICK_MS)
      void noteClock(core.db, core.contact).catch(() => undefined)
      if (this.clock !== wasTrouble) core.emit('status')
      if (core.readLocked() !== wasLocked) {
        core.emit('status')
        core.emit('rows')
      }
    }
    // A clock that was set back makes nobody wait for years.
    if (!core.unlocked || now < this.touchedAt) this.touchedAt = now
    if (this.hiddenAt !== null && now < this.hiddenAt) this.hiddenAt = now
    const limit = core.options.lockAfterMinutes * 60_000
    const hidden = this.hiddenAt !== null && now - this.hiddenAt >= limit
    if (hidden || now - this.touchedAt >= IDLE_FACTOR * limit) this.lock()
  }

  close(): void {
    if (typeof document !== 'undefined') {
      document.removeEventListener('visibilitychange', this.onVisibility)
      for (const name of TOUCHES) document.removeEventListener(name, this.onTouch, { capture: true })
    }
    if (this.tick) clearInterval(this.tick)
  }
}
