/** Chromium on a profile of its own, on the disk as on a phone, and what the benches do inside the app's page. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import type { Engine } from '../../../pwa/src/sync/types'
import { browser } from '../../../tests/e2e/support/places'
import type { Bank } from './bank'
import { chromium } from './packages'

const FLAGS = [
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
]

export class Phone {
  private constructor(
    readonly context: BrowserContext,
    private readonly profile: string,
  ) {}

  static async on(): Promise<Phone> {
    const profile = mkdtempSync(join(tmpdir(), 'tiange-bench-phone-'))
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: browser(),
      args: FLAGS,
      viewport: { width: 390, height: 844 },
      deviceScaleFactor: 2,
      hasTouch: true,
      isMobile: true,
      locale: 'zh-CN',
      timezoneId: 'Asia/Shanghai',
    })
    context.setDefaultTimeout(300_000)
    return new Phone(context, profile)
  }

  async off(): Promise<void> {
    await this.context.close()
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }

  /** The app, opened and signed in, the phone enrolled, no PIN set yet. */
  async app(bank: Bank): Promise<Page> {
    const page = await this.context.newPage()
    await page.goto(bank.url, { waitUntil: 'load' })
    await page.waitForFunction(() => '__vue_app__' in (document.querySelector('#app') ?? {}))
    await page.evaluate(async ({ login, password }) => {
      // the app's own engine, found through the store that holds it
      type Mounted = Element & { __vue_app__: { config: { globalProperties: { $pinia: { _s: Map<string, { use(): Engine }> } } } } }
      const mounted = document.querySelector('#app') as Mounted
      const engine = mounted.__vue_app__.config.globalProperties.$pinia._s.get('engine')?.use()
      if (!engine) throw new Error('the app has no engine')
      Object.assign(globalThis, { engine })
      await engine.login(login, password)
      await engine.enrol('bench')
    }, bank.county)
    // the service worker takes its copies of the app before anything is measured
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
    return page
  }

  /** Slows the page's processor by a factor. */
  async slow(page: Page, factor: number): Promise<void> {
    const session = await this.context.newCDPSession(page)
    await session.send('Emulation.setCPUThrottlingRate', { rate: factor })
  }
}
