/**
 * A new version of the app arrives while entries wait. It is built for real and served by the bank; nothing is lost,
 * whether the person agrees in one of two tabs or never does.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { managersPhone } from './support/alone'
import type { Bank } from './support/bank'
import { buildAs } from './support/build'
import { Phone } from './support/phone'
import { ROOT, until } from './support/places'
import type { Household } from './support/records'
import { amount, amountShown, logCall } from './support/work'

const NEXT = '9.0.0'
const WAITING = 50
const IN_THE_SECOND_TAB = 10
const NOTE = '电话里说开春再谈'
const BUILT = join(ROOT, 'pwa', 'dist')

let bank: Bank
let phone: Phone
let tab: Phone
let other: Phone
let households: Household[]
const folder = mkdtempSync(join(tmpdir(), 'tiange-e2e-app-'))
const next = join(folder, 'next')

beforeAll(async () => {
  buildAs(NEXT, next)
  ;({ bank, phone, households } = await managersPhone())
  other = new Phone(bank, "the manager's other phone")
}, 600_000)

afterAll(async () => {
  for (const one of [phone, other]) await one?.discard()
  await bank?.close()
  rmSync(folder, { recursive: true, force: true })
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const [at, one] of [phone, tab, other].entries()) await one?.picture(`failed, update ${at}`).catch(() => undefined)
  for (const error of phone.errors) process.stderr.write(`${error}\n`)
})

const household = (at: number): Household => households[at % households.length] as Household
const note = (at: number): string => `${NOTE} ${at}.`
const received = (): Promise<number> => bank.helper.count('SELECT count(*) FROM visit WHERE note LIKE $1', `${NOTE}%`)

/** The app asks for a new version each hour; here at once. */
const look = (one: Phone): Promise<void> => one.page.evaluate(async () => void (await (await navigator.serviceWorker.getRegistration())?.update()))

async function waits(one: Phone, n: number): Promise<void> {
  await one.go('/sync')
  await one.page.getByRole('heading', { name: one.t('sync.waiting', { n }) }).waitFor()
}

async function runs(one: Phone, version: string): Promise<void> {
  await one.go('/me')
  await one.page.getByText(`${one.t('app.name')} ${version}`).waitFor()
}

/** The app's files arrive, and nothing else does. */
async function feeble(): Promise<void> {
  bank.network.refuse(/ \/api\//)
  await phone.online()
}

describe.sequential('fifty entries wait, two tabs are open', () => {
  test('when the new version is there, both say so and nothing else changes', async () => {
    tab = await phone.another()
    await tab.unlock()
    await phone.offline()
    for (const [one, from, to] of [[phone, 0, WAITING - IN_THE_SECOND_TAB], [tab, WAITING - IN_THE_SECOND_TAB, WAITING]] as const) {
      // a tab that lies behind another is drawn once a second, and each tap waits for that
      await one.page.bringToFront()
      for (let at = from; at < to; at++) await logCall(one, household(at), note(at))
    }
    await tab.go(`/customers/${household(0).id}/income`)
    await amount(tab, tab.t('field.income_wages_fen'), 7)
    await bank.serve(next)
    await feeble()
    await look(phone)
    for (const one of [phone, tab]) await one.page.getByText(one.t('app.newVersion')).waitFor()
    await phone.picture('update-1-there')
    for (const one of [phone, tab]) await waits(one, WAITING)
    expect(await received()).toBe(0)
    await tab.go(`/customers/${household(0).id}/income`)
  }, 900_000)

  test('whoever agrees has it at once, and all fifty still wait', async () => {
    await phone.tap(phone.button('app.update'))
    await phone.unlock()
    await runs(phone, NEXT)
    await waits(phone, WAITING)
    expect(await received()).toBe(0)
  })

  test('the other tab is told and keeps its form; it opens pages of the old version until it follows', async () => {
    await tab.page.getByText(tab.t('app.newElsewhere')).waitFor()
    await amountShown(tab, tab.t('field.income_wages_fen')).filter({ hasText: '7' }).waitFor()
    await tab.picture('update-2-elsewhere')
    // a page that this tab has not opened before: its file is no longer among those of the new version
    await tab.go('/me/pin')
    await tab.page.getByText(tab.t('me.oldPin')).first().waitFor()
    await tab.go(`/customers/${household(0).id}/income`)
    await tab.tap(tab.button('app.reload'))
    await tab.unlock()
    await amountShown(tab, tab.t('field.income_wages_fen')).filter({ hasText: '7' }).waitFor()
    await runs(tab, NEXT)
    await waits(tab, WAITING)
  })

  test('old hashed files still answer; a missing one answers 404 and not the shell', async () => {
    const now = new Set(readdirSync(join(next, 'assets')))
    const gone = readdirSync(join(BUILT, 'assets')).filter((name) => name.endsWith('.js') && !now.has(name))
    expect(gone.length).toBeGreaterThan(0)
    for (const name of gone) {
      const answer = await fetch(`${bank.url}/assets/${name}`)
      expect([name, answer.status, answer.headers.get('content-type')]).toEqual([name, 200, 'text/javascript; charset=utf-8'])
    }
    const missing = await fetch(`${bank.url}/assets/index-neverWas.js`, { headers: { accept: 'text/html,*/*' } })
    expect([missing.status, missing.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
  })

  test('with the network back the bank has each exactly once', async () => {
    bank.network.refuse(null)
    for (const one of [phone, tab]) await one.synced(120)
    const notes = await bank.helper.sql<[string, number]>('SELECT note, count(*)::int FROM visit WHERE note LIKE $1 GROUP BY note', `${NOTE}%`)
    expect(new Map(notes)).toEqual(new Map(Array.from({ length: WAITING }, (_, at) => [note(at), 1])))
    // and so says a phone that knows nothing but what the bank tells it
    await other.on()
    await other.enrol(bank.login('manager'))
    await other.go(`/customers/${household(WAITING - 1).id}`)
    const history = other.page.getByRole('listitem').filter({ hasText: note(WAITING - 1) })
    await history.first().waitFor()
    expect(await history.count()).toBe(1)
    await other.off()
    await tab.page.close()
  })
})

describe.sequential('a person who does not agree', () => {
  let current: string

  /** In front or behind another app. */
  async function shown(yes: boolean): Promise<void> {
    await phone.page.evaluate((state) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state })
      document.dispatchEvent(new Event('visibilitychange'))
    }, yes ? 'visible' : 'hidden')
  }
  const born = (): Promise<string> => phone.page.evaluate(() => String(performance.timeOrigin))

  test('keeps the version while entries wait, in front and behind another app', async () => {
    await phone.offline()
    for (const at of [0, 1]) await logCall(phone, household(at), note(WAITING + at))
    await bank.serve(BUILT)
    await feeble()
    await look(phone)
    await phone.page.getByText(phone.t('app.newVersion')).waitFor()
    current = await born()
    await shown(false)
    await shown(true)
    await waits(phone, 2)
    await runs(phone, NEXT)
    expect(await born()).toBe(current)
  })

  test('keeps it in front when all has been received', async () => {
    bank.network.refuse(null)
    await phone.synced(120)
    expect(await received()).toBe(WAITING + 2)
    await runs(phone, NEXT)
    expect(await born()).toBe(current)
  })

  test('gets it behind another app once the last entry is received', async () => {
    await phone.offline()
    await logCall(phone, household(2), note(WAITING + 2))
    await shown(false)
    expect(await born()).toBe(current)
    await phone.online()
    await until('it has opened anew', async () => (await born().catch(() => current)) !== current, 120)
    expect(await received()).toBe(WAITING + 3)
    await phone.unlock()
    await phone.go('/me')
    expect(await phone.page.getByText(NEXT).count()).toBe(0)
  })
})

test('no page threw or logged an error', () => {
  expect([...phone.errors, ...other.errors]).toEqual([])
})
