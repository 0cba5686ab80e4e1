/** Web Push: this browser's subscription, told to the bank at each start. */
import { dropSubscription, pushKey, putSubscription, type Subscription } from '../api/webpush'
import { fromBase64url } from '../store/bytes'
import type { Core } from './core'
import type { PushState } from './types'

/** Browser tests have no push service: they put a subscription here, and it counts in the server's test mode only. */
type TestScope = { __tiangeTestSubscription?: Subscription }

const WANTED = 'pushWanted'

export class WebPush {
  constructor(private readonly core: Core) {}

  private injected(): Subscription | null {
    if (!this.core.current?.testMode) return null
    return (globalThis as TestScope).__tiangeTestSubscription ?? null
  }

  async state(): Promise<PushState> {
    if (this.injected()) return (await this.wanted()) ? 'on' : 'off'
    if (typeof Notification === 'undefined' || typeof PushManager === 'undefined' || !navigator.serviceWorker) return 'unsupported'
    if (Notification.permission === 'denied') return 'denied'
    if (Notification.permission !== 'granted' || !(await this.wanted())) return 'off'
    return (await this.existing()) ? 'on' : 'off'
  }

  private async wanted(): Promise<boolean> {
    return (await this.core.device.get<boolean>(WANTED)) === true
  }

  private async existing(): Promise<PushSubscription | null> {
    const registration = await navigator.serviceWorker.getRegistration()
    return (await registration?.pushManager.getSubscription()) ?? null
  }

  /** Throws ApiProblem; EngineError `offline`. */
  async enable(): Promise<PushState> {
    if (!this.injected()) {
      if ((await this.state()) === 'unsupported') return 'unsupported'
      if ((await Notification.requestPermission()) !== 'granted') return 'denied'
    }
    await this.core.ask(async () => {
      const { public_key } = await pushKey(this.core.options.http)
      await putSubscription(this.core.options.http, this.injected() ?? (await this.subscribe(public_key)))
    })
    await this.core.device.put(WANTED, true)
    this.core.emit('status')
    return 'on'
  }

  private async subscribe(publicKey: string): Promise<Subscription> {
    const registration = await navigator.serviceWorker.ready
    const existing = await registration.pushManager.getSubscription()
    const wanted = fromBase64url(publicKey)
    const usable = existing && sameKey(existing.options.applicationServerKey, wanted) ? existing : null
    // A subscription made for another key of the bank can't be used any more.
    if (existing && !usable) await existing.unsubscribe()
    const subscription = usable ?? (await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: wanted }))
    const { endpoint, keys } = subscription.toJSON()
    return { endpoint: endpoint ?? subscription.endpoint, keys: { p256dh: keys?.p256dh ?? '', auth: keys?.auth ?? '' } }
  }

  async disable(): Promise<PushState> {
    await this.core.device.put(WANTED, false)
    await dropSubscription(this.core.options.http).catch(() => undefined)
    if (!this.injected() && typeof PushManager !== 'undefined') await (await this.existing())?.unsubscribe()
    this.core.emit('status')
    return this.state()
  }

  /** Tells the bank the subscription again: browsers change it, and the bank prunes dead ones. */
  async renew(): Promise<void> {
    if ((await this.state()) !== 'on') return
    const { public_key } = await pushKey(this.core.options.http)
    await putSubscription(this.core.options.http, this.injected() ?? (await this.subscribe(public_key)))
  }
}

function sameKey(a: ArrayBuffer | null, b: Uint8Array): boolean {
  if (!a || a.byteLength !== b.length) return false
  const bytes = new Uint8Array(a)
  return bytes.every((byte, i) => byte === b[i])
}
