/** A phone: Chromium on a profile of its own, so that killing it and starting it again is what it is on a real phone. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Locator, type Page } from 'playwright-core'
import type { Bank } from './bank'
import { findProcesses, runs } from './children'
import type { Login } from './county'
import type { PushMessage, PushSubscriptionJson } from './helper'
import { browser, result, until } from './places'
import { type Language, pattern, words } from './words'

export const PIN = '730214'
const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // a microphone that beeps, and nobody to ask
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
]
/** What browsers say when a request finds no network: no fault of the app. */
const NETWORK_NOISE = /net::ERR_|Failed to load resource|NetworkError|Failed to fetch/

export class Phone {
  /** Errors that the pages threw or logged; a test ends by finding none. */
  readonly errors: string[] = []
  /** Taps since the count was last set to 0. */
  taps = 0
  /** How long it waits for what should be on the screen, in milliseconds, from the next start on. */
  patience = 40_000
  /** How far this phone's clock is ahead of the machine's, in milliseconds, from the next start on. */
  ahead = 0
  subscription: PushSubscriptionJson | null = null
  private context: BrowserContext | null = null
  private current: Page | null = null
  private readonly profile = mkdtempSync(join(tmpdir(), 'tiange-phone-'))
  private delivered = 0
  readonly t: (key: string, values?: Record<string, string | number>) => string

  constructor(
    readonly bank: Bank,
    readonly name: string,
    readonly language: Language = 'zh-CN',
    private readonly size = { width: 390, height: 844 },
  ) {
    this.t = words(language)
  }

  /** The browser's own folder: everything that it keeps of the app lies here. */
  get folder(): string {
    return this.profile
  }

  get page(): Page {
    if (!this.current) throw new Error(`${this.name} is off`)
    return this.current
  }

  /** Starts the browser on this phone's profile and opens the app. */
  async on(path = '/'): Promise<void> {
    const context = await chromium.launchPersistentContext(this.profile, {
      executablePath: browser(),
      args: FLAGS,
      viewport: this.size,
      deviceScaleFactor: 2,
      hasTouch: true,
      isMobile: true,
      locale: this.language,
      timezoneId: 'Asia/Shanghai',
      colorScheme: 'light',
      // the list denies whatever it leaves out
      permissions: ['microphone', 'geolocation', 'notifications', 'background-sync'],
      geolocation: { longitude: 114.0, latitude: 29.5, accuracy: 8 },
    })
    this.context = context
    context.setDefaultTimeout(this.patience)
    if (this.ahead) await context.addInitScript(shiftClock, this.ahead)
    const { subscription } = this
    if (subscription) await context.addInitScript(inject, { endpoint: subscription.endpoint, keys: subscription.keys })
    this.current = await this.open(context.pages()[0] ?? (await context.newPage()), path)
  }

  private async open(page: Page, path: string): Promise<Page> {
    page.on('pageerror', (error) => this.errors.push(`${this.name}: ${error.stack ?? error.message}`))
    page.on('console', (message) => {
      if (message.type() === 'error' && !NETWORK_NOISE.test(message.text())) this.errors.push(`${this.name}: ${message.text()}`)
    })
    await page.goto(this.bank.url + path, { waitUntil: 'domcontentloaded' })
    return page
  }

  /** Another tab of the same browser on the app, with everything else of this phone. */
  async another(path = '/'): Promise<Phone> {
    if (!this.context) throw new Error(`${this.name} is off`)
    const tab = Object.create(this) as Phone
    tab.current = await this.open(await this.context.newPage(), path)
    return tab
  }

  /** Turns it off as people do. */
  async off(): Promise<void> {
    await this.context?.close()
    this.context = this.current = null
  }

  /**
   * The app dies at once: kill -9 of the whole browser. A sign-in that is seconds old may go with it, which is Chromium's
   * doing and not looked at here, so it is on the disk first; what the app itself has saved gets no time. `signedIn`: false
   * for a phone without an account.
   */
  async kill(signedIn = true): Promise<void> {
    const jar = join(this.profile, 'Default', 'Cookies')
    const written = (): boolean => existsSync(jar) && readFileSync(jar).includes('tiange_session')
    // cookies are written every 30 seconds, and at once when 512 have changed: each of these counts as gone and come
    if (signedIn && !written()) {
      const expires = Date.now() / 1000 + 86_400
      const others = Array.from({ length: 520 }, (_, at) => ({ name: 'other', value: String(at), domain: 'elsewhere.test', path: '/', expires }))
      await this.context?.addCookies(others)
    }
    if (signedIn) await until('the sign-in is on the disk', written, 45)
    const ours = findProcesses((args) => args.includes(`--user-data-dir=${this.profile}`))
    for (const pid of ours) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        continue // it went with its parent
      }
    }
    await until('the browser is dead', () => !ours.some(runs))
    await this.context?.close().catch(() => undefined)
    this.context = this.current = null
  }

  async discard(): Promise<void> {
    await this.off().catch(() => undefined)
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }

  // what a person does

  async tap(what: Locator): Promise<void> {
    this.taps += 1
    await what.click()
  }

  button(key: string, values?: Record<string, string | number>): Locator {
    return this.page.getByRole('button', { name: this.t(key, values), exact: true })
  }

  /** A button whose words have anything filled in. */
  buttonLike(key: string): Locator {
    return this.page.getByRole('button', { name: pattern(key, this.language) })
  }

  chip(group: string, key: string): Locator {
    return this.page.getByRole('group', { name: this.t(group), exact: true }).getByRole('button', { name: this.t(key), exact: true })
  }

  tab(key: string): Locator {
    return this.page.getByRole('navigation', { name: this.t('ui.tabs') }).getByRole('link', { name: this.t(`tabs.${key}`) })
  }

  text(key: string, values?: Record<string, string | number>): Locator {
    return this.page.getByText(this.t(key, values), { exact: true })
  }

  async signIn(login: Login): Promise<void> {
    await this.page.getByLabel(this.t('auth.login'), { exact: true }).fill(login.login)
    await this.page.getByLabel(this.t('auth.password'), { exact: true }).fill(login.password)
    await this.tap(this.button('auth.signIn'))
  }

  async pin(pin = PIN): Promise<void> {
    for (const digit of pin) await this.tap(this.page.getByRole('button', { name: digit, exact: true }))
  }

  /** Types a long password, and shows it where asked, as people do to read it over. */
  async phrase(text: string, label: string, action: string, shown = false): Promise<void> {
    if (shown) await this.tap(this.button('auth.show'))
    await this.page.getByLabel(this.t(label), { exact: true }).fill(text)
    await this.tap(this.button(action))
  }

  /** From the login screen to where the person begins (Today, the phones), the rows fetched. With a PIN, or a `phrase`. */
  async enrol(login: Login, home = { heading: 'tabs.today', path: '/today' }, phrase?: string): Promise<void> {
    await this.setUp(login, home, phrase)
    await this.synced(60, home.path)
  }

  /** As `enrol`, and does not wait for anything to be fetched. */
  async setUp(login: Login, home = { heading: 'tabs.today' }, phrase?: string): Promise<void> {
    await this.signIn(login)
    await this.tap(this.button('auth.enrol'))
    await this.text('auth.pinNew').waitFor()
    if (phrase === undefined) {
      await this.pin()
      await this.text('auth.pinAgain').waitFor()
      await this.pin()
    } else {
      await this.tap(this.button('auth.usePhrase'))
      await this.phrase(phrase, 'auth.phraseNew', 'auth.next', true)
      await this.phrase(phrase, 'auth.pinAgain', 'auth.next')
    }
    await this.page.getByRole('heading', { name: this.t(home.heading) }).waitFor()
  }

  async unlock(): Promise<void> {
    await this.page.getByText(this.t('auth.enterPin', { n: 6 })).waitFor()
    await this.pin()
    await this.page.getByText(this.t('auth.enterPin', { n: 6 })).waitFor({ state: 'hidden' })
  }

  /** Waits until the phone says on its own page that all is there. */
  async synced(seconds = 60, then = '/today'): Promise<void> {
    await this.go('/sync')
    await this.page
      .getByRole('status')
      .getByText(pattern('sync.allThere', this.language))
      .waitFor({ timeout: seconds * 1000 })
    await this.go(then)
  }

  /** Goes to a page of the app without loading it anew, as its links do. */
  async go(path: string): Promise<void> {
    await this.page.evaluate((to) => {
      // what the router itself would note, so that the app's way back works
      const { position = 0 } = (history.state ?? {}) as { position?: number }
      const from = location.pathname + location.search
      history.pushState({ back: from, current: to, forward: null, replaced: false, position: position + 1, scroll: null }, '', to)
      dispatchEvent(new PopStateEvent('popstate', { state: history.state }))
    }, path)
    await this.page.waitForURL(`**${path}`)
  }

  /** Where the phone is, WGS-84 degrees. */
  async stand(lon: number, lat: number, accuracy = 8): Promise<void> {
    await this.context?.setGeolocation({ longitude: lon, latitude: lat, accuracy })
  }

  /** A new picture, as the camera gives it; `large`: one that takes many chunks to send. */
  async photograph(colour: string, large = false): Promise<Buffer> {
    const url = await this.page.evaluate(([fill, noisy]) => {
      const canvas = document.createElement('canvas')
      canvas.width = 1600
      canvas.height = 1200
      const paint = canvas.getContext('2d')
      if (!paint) throw new Error('no canvas')
      paint.fillStyle = fill
      paint.fillRect(0, 0, 1600, 1200)
      for (let i = 0; i < 400; i++) {
        paint.fillStyle = `hsl(${(i * 37) % 360} 40% 50%)`
        paint.fillRect((i * 193) % 1600, (i * 389) % 1200, 40, 30)
      }
      const grain = paint.createImageData(1600, noisy ? 1200 : 1)
      for (let i = 0; i < grain.data.length; i++) grain.data[i] = i % 4 === 3 ? 255 : Math.random() * 256
      if (noisy) paint.putImageData(grain, 0, 0)
      return canvas.toDataURL('image/jpeg', 0.9)
    }, [colour, large] as const)
    return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64')
  }

  // network and push

  /** No network for this phone: the browser knows, and nothing gets through. */
  async offline(): Promise<void> {
    this.bank.network.down()
    await this.context?.setOffline(true)
  }

  async online(): Promise<void> {
    this.bank.network.up()
    await this.context?.setOffline(false)
  }

  /** Subscribes at the local push service, and the person switches reminders on. */
  async wantReminders(): Promise<void> {
    this.subscription = await this.bank.helper.subscribe()
    const given = { endpoint: this.subscription.endpoint, keys: this.subscription.keys }
    await this.context?.addInitScript(inject, given)
    await this.page.evaluate(inject, given)
    await this.tap(this.tab('me'))
    await this.tap(this.page.getByRole('switch', { name: this.t('me.push') }))
    await this.text('me.push_on').waitFor()
  }

  /** Waits for the next message to this phone and hands it to its service worker, as a push service would. */
  async receivePush(seconds = 60): Promise<PushMessage> {
    const id = this.subscription?.id
    if (!id) throw new Error(`${this.name} has no subscription`)
    const message = await until(
      `a push for ${this.name}`,
      async () => (await this.bank.helper.pushed(id))[this.delivered],
      seconds,
    )
    this.delivered += 1
    const session = await this.context?.newCDPSession(this.page)
    if (!session) throw new Error(`${this.name} is off`)
    const registration = new Promise<string>((resolve) => {
      session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
        const ours = registrations.find((one) => !one.isDeleted && one.scopeURL.startsWith(this.bank.url))
        if (ours) resolve(ours.registrationId)
      })
    })
    await session.send('ServiceWorker.enable')
    await session.send('ServiceWorker.deliverPushMessage', { origin: this.bank.url, registrationId: await registration, data: message.text })
    await session.detach()
    return message
  }

  /** Titles of the notifications that stand on the screen. */
  notifications(): Promise<string[]> {
    return this.page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready
      return (await registration.getNotifications()).map((one) => one.title)
    })
  }

  /** A picture of the screen among the results. */
  async picture(name: string): Promise<void> {
    await this.page.screenshot({ path: result(`${name}.png`), animations: 'disabled' })
  }
}

/** Runs in the page before anything else: its clock is wrong by so much. */
function shiftClock(by: number): void {
  const Real = Date
  class Shifted extends Real {
    constructor(...given: [] | [number]) {
      super(...((given.length ? given : [Real.now() + by]) as [number]))
    }
    static override now(): number {
      return Real.now() + by
    }
  }
  globalThis.Date = Shifted as DateConstructor
}

/** Runs in the page: the app takes this in place of a browser's subscription, in the server's test mode only. */
function inject(subscription: { endpoint: string; keys: { p256dh: string; auth: string } }): void {
  Object.assign(globalThis, { __tiangeTestSubscription: subscription })
}
