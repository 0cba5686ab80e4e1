/** Locks by itself after some minutes in the background, and keeps the clock that can't be turned back. */
import { noteClock } from './contact'
import type { Core } from './core'

const TICK_MS = 30_000

export class AutoLock {
  private hiddenAt: number | null = null
  private tick: ReturnType<typeof setInterval> | null = null
  private readonly onVisibility = (): void => this.changed()

  constructor(
    private readonly core: Core,
    private readonly lock: () => void,
  ) {}

  start(): void {
    if (typeof document !== 'undefined') document.addEventListener('visibilitychange', this.onVisibility)
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
    if (this.hiddenAt !== null && now - this.hiddenAt >= core.options.lockAfterMinutes * 60_000) this.lock()
  }

  close(): void {
    if (typeof document !== 'undefined') document.removeEventListener('visibilitychange', this.onVisibility)
    if (this.tick) clearInterval(this.tick)
  }
}
