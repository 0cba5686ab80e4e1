/**
 * One phone as a real browser: the built app in headless Chromium, tapped on its screens, killed with its whole process
 * group. Speaks the same lines of JSON as driver.ts. What the screen called saved goes into the same ledger; command ids
 * stand on no screen, so the ledger names an entry by its words, and the judge finds it in what lies on the phone.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type * as Playwright from 'playwright-core'
import type { BrowserContext, Page } from 'playwright-core'
import { unpack } from '../../../pwa/src/store/codec'
import { unwrapKey, Vault, type Boxed, type WrappedKey } from '../../../pwa/src/store/vault'
import { words } from '../../e2e/support/words'
import { Ledger } from './ledger'

interface Request {
  id: number
  do: string
  [name: string]: unknown
}
interface Act {
  kind: string
  customer: string
  mark: string
}
interface Stored extends Boxed {
  id: string
  key: string
  gen: string
}
interface Entry {
  id: string
  state: string
  receipt: { result: string; code: string | null; receipt: string | null } | null
  local: Boxed
}
interface Raw {
  chunks: Stored[]
  outbox: Entry[]
  meta: { key: string; value: unknown }[]
}

const [folder = '', baseUrl = ''] = process.argv.slice(2)
const PIN = '135790'
const SECOND = 1000
/** On a machine with too much to do a browser takes many times as long; what never comes is told with what stands there. */
const PATIENCE = 90 * SECOND
const t = words('zh-CN')
const { chromium } = createRequire(process.env['TIANGE_PACKAGES'] ?? '')('playwright-core') as typeof Playwright
const profile = join(folder, 'profile')
const BYTES = '$bytes'

let context: BrowserContext | null = null
let current: Page | null = null
mkdirSync(folder, { recursive: true })
const ledger = new Ledger(join(folder, 'ledger'))
const strays: string[] = []

const page = (): Page => {
  if (!current) throw new Error('the browser is off')
  return current
}
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function on(): Promise<void> {
  context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env['TIANGE_BROWSER'] ?? '/usr/bin/chromium',
    args: ['--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-sandbox'],
    viewport: { width: 390, height: 844 },
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    permissions: ['geolocation', 'notifications', 'background-sync'],
    geolocation: { longitude: 114.0, latitude: 29.5, accuracy: 8 },
  })
  context.setDefaultTimeout(PATIENCE)
  current = context.pages()[0] ?? (await context.newPage())
  current.on('pageerror', (error) => strays.push(error.stack ?? error.message))
}

/** kill -9 of the browser with all its processes. */
function kill(): void {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      if (readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(`--user-data-dir=${profile}`)) process.kill(Number(name), 'SIGKILL')
    } catch {
      continue // it ended while we looked
    }
  }
}

async function dead(): Promise<void> {
  await context?.close().catch(() => undefined)
  context = current = null
}

const button = (key: string) => page().getByRole('button', { name: t(key), exact: true })

async function pin(): Promise<void> {
  for (const digit of PIN) await page().getByRole('button', { name: digit, exact: true }).click()
}

/** From whatever screen the app shows to its first page, as a person would. */
async function ready({ login, password }: Request): Promise<unknown> {
  const deadline = Date.now() + 3 * PATIENCE
  let enrolled = false
  while (Date.now() < deadline) {
    try {
      if (!context) await on()
      if (!page().url().startsWith(baseUrl)) await page().goto(baseUrl, { waitUntil: 'domcontentloaded' })
      if (await page().getByLabel(t('auth.login'), { exact: true }).isVisible()) {
        await page().getByLabel(t('auth.login'), { exact: true }).fill(String(login))
        await page().getByLabel(t('auth.password'), { exact: true }).fill(String(password))
        await button('auth.signIn').click()
        await pause(SECOND)
      } else if (await button('auth.enrol').isVisible()) {
        await button('auth.enrol').click()
        enrolled = true
        await pause(SECOND)
      } else if ((await page().getByText(t('auth.pinNew')).isVisible()) || (await page().getByText(t('auth.pinAgain')).isVisible())) {
        await pin()
      } else if (await page().getByText(t('auth.enterPin', { n: PIN.length })).isVisible()) {
        await pin()
        await pause(SECOND)
      } else if (await page().getByRole('navigation', { name: t('ui.tabs') }).isVisible()) {
        if (!enrolled) return state()
        // Chromium writes a sign-in to the disk within half a minute, or when it is closed as people do
        enrolled = false
        await dead()
      } else if (new URL(page().url()).pathname.startsWith('/visits/') && (await button('save.onPhone').isVisible())) {
        // killed in the middle of an entry it opens on the draft
        if (!enrolled) return state()
      } else await pause(200)
    } catch {
      await pause(500)
      await page().reload({ waitUntil: 'domcontentloaded' }).catch(() => undefined)
    }
  }
  throw new Error(`the app does not come to its first page, it is at ${current?.url() ?? 'nothing'}`)
}

/** Everything in the person's database as it lies there. Runs in the page. */
async function readAll(): Promise<Record<string, unknown[]> | null> {
  const flat = (value: unknown): unknown => {
    if (value instanceof Uint8Array || value instanceof ArrayBuffer) {
      let text = ''
      for (const byte of new Uint8Array(value)) text += String.fromCharCode(byte)
      return { $bytes: btoa(text) }
    }
    if (Array.isArray(value)) return value.map(flat)
    if (value && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
      return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, flat(one)]))
    }
    return typeof value === 'object' && value !== null ? null : value
  }
  const done = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error ?? new Error('no answer'))
    })
  for (const { name } of await indexedDB.databases()) {
    const db = await done(indexedDB.open(name ?? ''))
    const stores = [...db.objectStoreNames]
    if (stores.includes('chunks')) {
      const found: Record<string, unknown[]> = {}
      for (const store of ['chunks', 'outbox', 'meta']) {
        found[store] = (await done(db.transaction(store).objectStore(store).getAll())).map(flat)
      }
      db.close()
      return found
    }
    db.close()
  }
  return null
}

function whole(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(whole)
  if (value && typeof value === 'object') {
    const one = value as Record<string, unknown>
    if (typeof one[BYTES] === 'string') return new Uint8Array(Buffer.from(one[BYTES], 'base64'))
    return Object.fromEntries(Object.entries(one).map(([name, inner]) => [name, whole(inner)]))
  }
  return value
}

async function raw(): Promise<Raw> {
  return whole(await page().evaluate(readAll)) as Raw
}

const told = ({ id, state, receipt }: Entry): Record<string, unknown> => ({
  id,
  state: state === 'held' || state === 'rejected' ? 'attention' : state,
  result: receipt?.result ?? null,
  code: receipt?.code ?? null,
  receipt: receipt?.receipt ?? null,
  unsent: 0,
  refused: [],
})

async function state(): Promise<unknown> {
  const { outbox } = await raw()
  return { phase: 'ready', needsLogin: false, syncError: null, entries: outbox.map(told) }
}

/** To a page of the app as its own links lead there. */
async function go(path: string): Promise<void> {
  await page().evaluate((to) => {
    const { position = 0 } = (history.state ?? {}) as { position?: number }
    history.pushState({ back: location.pathname, current: to, forward: null, replaced: false, position: position + 1, scroll: null }, '', to)
    dispatchEvent(new PopStateEvent('popstate', { state: history.state }))
  }, path)
  await page().waitForURL(`**${path}`)
}

/** Whether a visit was begun from the household's page. */
async function begun(customer: string): Promise<boolean> {
  await go(`/customers/${customer}`)
  // the page before has a button of the same name
  await page().getByRole('navigation', { name: t('ui.tabs') }).waitFor({ state: 'hidden' })
  for (const deadline = Date.now() + PATIENCE; Date.now() < deadline; ) {
    if (await page().getByText(t('customers.notHere')).isVisible()) return false
    const tapped = await button('visits.log').click({ timeout: SECOND }).then(() => true, () => false)
    if (tapped) return true
  }
  throw new Error('the household is neither there nor gone')
}

/** A visit, tapped; `after`: so many ms after the tap on save the browser is killed. Nothing is meant of a household that
 * went to others meanwhile: its page says so, and offers no visit. */
async function save({ act: given, after }: Request): Promise<unknown> {
  const { customer, mark } = given as Act
  if (!(await begun(customer))) {
    await go('/today')
    return { ids: [] }
  }
  await page().getByRole('group', { name: t('visits.met'), exact: true }).getByRole('button', { name: t('outcome.met'), exact: true }).click()
  await page().getByLabel(t('visits.note'), { exact: true }).fill(mark)
  const seen = page().locator('.toast').getByText(t('record.saved'))
  await seen.waitFor({ state: 'hidden' }) // that of the entry before
  const id = `?${mark}`
  ledger.write({ intend: [id], act: given, types: ['visit.log'], bodies: [{ note: mark }] })
  await button('save.onPhone').click()
  const killing = typeof after === 'number' ? pause(after).then(kill) : null
  try {
    await seen.waitFor()
    ledger.write({ saved: [id] })
  } catch (error) {
    if (!killing) throw error
  }
  if (killing) {
    await killing
    await dead()
  }
  return { ids: [id] }
}

/** Waits a moment for the app to send and fetch by itself, and asks for it as a person does: by opening it again. */
async function sync(): Promise<unknown> {
  await page().evaluate(() => dispatchEvent(new Event('online')))
  await pause(500)
  return state()
}

/** What lies in the browser's database, opened by the PIN, and the households that its list shows. */
async function dump(): Promise<unknown> {
  await pause(2 * SECOND)
  const { chunks, outbox, meta } = await raw()
  const key = await unwrapKey(meta.find((one) => one.key === 'pin')?.value as WrappedKey, PIN)
  if (!key) throw new Error('the PIN does not open it')
  const vault = await Vault.open(key)
  const opened = []
  for (const record of chunks) {
    const bytes = await vault.decrypt(`chunks|${record.id}|1`, record)
    opened.push({ key: record.key, gen: record.gen, id: record.id, packed: Buffer.from(bytes).toString('base64') })
  }
  const entries = []
  for (const entry of outbox) {
    const { type, body } = unpack(await vault.decrypt(`outbox|${entry.id}|1`, entry.local)) as { type: string; body: unknown }
    entries.push({ ...told(entry), command: { type, body } })
  }
  await go('/customers')
  const links = page().locator('a[href^="/customers/"]')
  // whose grid went to others has none
  await links.or(page().getByText(t('customers.none'))).first().waitFor()
  const hrefs = await links.evaluateAll((all) => all.map((one) => one.getAttribute('href') ?? ''))
  const ids = new Set(hrefs.map((one) => one.split('/')[2] ?? '').filter((one) => one.length === 36))
  const shown = [...ids].map((id) => ({ customer: { id } }))
  const partitions = meta.filter((one) => one.key.startsWith('p:')).map((one) => one.value)
  return { partitions, chunks: opened, shown, outbox: entries }
}

/** Where the browser is, and the words on its screen. */
async function standing(): Promise<string> {
  if (!current) return 'the browser is off'
  const text = await current.evaluate(() => document.body.innerText.slice(0, 600)).catch((error) => String(error))
  return `at ${current.url()}: ${text.replace(/\s+/g, ' ')}`
}

const doings: Record<string, (request: Request) => Promise<unknown> | unknown> = {
  ready,
  save,
  state,
  sync,
  dump,
  clock: () => undefined,
  die: async () => {
    kill()
    await dead()
  },
  reload: async () => void (await page().reload({ waitUntil: 'domcontentloaded' })),
}

function answer(line: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

async function obey(request: Request): Promise<void> {
  try {
    const work = doings[request.do]
    if (!work) throw new TypeError(`nothing to do: ${request.do}`)
    answer({ id: request.id, ok: (await work(request)) ?? null })
  } catch (error) {
    const { name, message } = error as { name?: string; message?: string }
    answer({ id: request.id, error: { name, message: `${String(message).slice(0, 1500)}\n${await standing()}` } })
  }
  while (strays.length) answer({ stray: strays.shift() })
}

createInterface({ input: process.stdin })
  .on('line', (line) => void obey(JSON.parse(line) as Request))
  .on('close', () => {
    kill()
    process.exit(0)
  })
answer({ up: true })
