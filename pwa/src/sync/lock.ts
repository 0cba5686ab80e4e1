/** Locks by itself after some minutes in the background or without a touch, and keeps the clock that can't be turned back. */
import { noteClock } from './contact'
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
      core.contact = { ...core.contact, highest: Math.max(core.contact.highest, now) }
      void noteClock(core.db, now).catch(() => undefined)
      if (core.readLocked() !== wasLocked) {
        core.emit('status')
        core.emit('rows')
      }
    }
    if (!core.unlocked) this.touchedAt = now
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
