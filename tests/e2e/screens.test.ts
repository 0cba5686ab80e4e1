/**
 * Every screen, in both languages and themes, wide and narrow: axe finds nothing, nothing scrolls sideways. Keeps
 * pictures of all; with TIANGE_SHOTS set (./scripts/shots) in every combination.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Bank } from './support/bank'
import { dress, faults, type Variant } from './support/look'
import { Phone } from './support/phone'
import { dueHouseholds, type Household } from './support/records'
import { logVisit } from './support/work'

interface Screen {
  name: string
  who: 'manager' | 'head' | 'agent'
  path: () => string
  /** What else to do before it looks as meant. */
  then?: (phone: Phone) => Promise<void>
}

const EVERY = Boolean(process.env['TIANGE_SHOTS'])
const VARIANTS: Record<'zh-CN' | 'en', Variant[]> = {
  'zh-CN': [{ theme: 'light', width: 390 }, { theme: 'dark', width: 390 }, ...(EVERY ? ([{ theme: 'light', width: 320 }, { theme: 'dark', width: 320 }] as Variant[]) : [])],
  en: [{ theme: 'light', width: 320 }, { theme: 'dark', width: 320 }, ...(EVERY ? ([{ theme: 'light', width: 390 }, { theme: 'dark', width: 390 }] as Variant[]) : [])],
}

let bank: Bank
let own: Household
/** The membership of its head. */
let head: string
const phones = new Map<string, Phone>()
const path = (to: string) => () => to

const SCREENS: Screen[] = [
  { name: 'today', who: 'manager', path: path('/today') },
  {
    name: 'customers',
    who: 'manager',
    path: path('/customers'),
    // the whole list is taller than any screen that a browser can be given
    then: ({ page }) => page.getByRole('searchbox').fill(own.name.slice(0, 1)),
  },
  { name: 'customer', who: 'manager', path: () => `/customers/${own.id}` },
  { name: 'customer-income', who: 'manager', path: () => `/customers/${own.id}/income` },
  { name: 'customer-spending', who: 'manager', path: () => `/customers/${own.id}/spending` },
  { name: 'customer-home', who: 'manager', path: () => `/customers/${own.id}/home` },
  ...['vehicle', 'farmland', 'livestock', 'debt', 'intention', 'partner'].map((kind) => ({ name: `customer-${kind}`, who: 'manager' as const, path: () => `/customers/${own.id}/record/${kind}` })),
  { name: 'customer-member', who: 'manager', path: () => `/customers/${own.id}/member` },
  { name: 'customer-consents', who: 'manager', path: () => `/customers/${own.id}/member/${head}/consents` },
  { name: 'customer-new', who: 'manager', path: path('/customers/new') },
  {
    name: 'visit',
    who: 'manager',
    path: () => `/visits/new?customer=${own.id}`,
    then: async ({ page }) => {
      await page.getByRole('group').nth(1).getByRole('button').first().click()
      await page.getByRole('group').nth(2).getByRole('button').first().click()
    },
  },
  { name: 'evaluations', who: 'manager', path: path('/evaluations') },
  { name: 'evaluation-new', who: 'manager', path: path('/evaluations/new') },
  { name: 'sync', who: 'manager', path: path('/sync') },
  { name: 'inbox', who: 'manager', path: path('/inbox') },
  { name: 'me', who: 'manager', path: path('/me') },
  { name: 'me-pin', who: 'manager', path: path('/me/pin') },
  { name: 'me-unlock', who: 'manager', path: path('/me/unlock') },
  { name: 'unplaced', who: 'manager', path: path('/visits/unplaced') },
  { name: 'not-found', who: 'manager', path: path('/no/such/page') },
  { name: 'approvals', who: 'head', path: path('/approvals') },
  { name: 'approvals-look', who: 'head', path: () => `/approvals/look?village=${encodeURIComponent(own.grid)}` },
  { name: 'inbox-head', who: 'head', path: path('/inbox') },
  { name: 'phones', who: 'head', path: path('/phones'), then: ({ page }) => page.getByRole('button', { pressed: true }).first().waitFor() },
  { name: 'quarantine', who: 'head', path: path('/quarantine'), then: ({ page }) => page.getByRole('button', { pressed: true }).first().waitFor() },
  { name: 'agent-today', who: 'agent', path: path('/today') },
  { name: 'agent-customers', who: 'agent', path: path('/customers') },
]

async function check(phone: Phone, name: string, variants: Variant[]): Promise<void> {
  const found: string[] = []
  for (const variant of variants) {
    await dress(phone.page, variant)
    for (const one of await faults(phone.page, `${name}-${variant.width}-${variant.theme}`)) found.push(`${variant.width} ${variant.theme} ${one}`)
  }
  expect(found).toEqual([])
}

beforeAll(async () => {
  bank = await Bank.open()
})

afterAll(async () => {
  for (const phone of phones.values()) await phone.discard()
  await bank?.close()
})

describe.sequential('before one is in', () => {
  test('sign-in, enrolment and the lock', async () => {
    const phone = new Phone(bank, 'the manager')
    phones.set('manager', phone)
    await phone.on()
    await phone.button('auth.needLogin').waitFor()
    await check(phone, 'zh-CN/login', VARIANTS['zh-CN'])
    await dress(phone.page, { theme: 'light', width: 390 })
    await phone.signIn(bank.login('manager'))
    await phone.button('auth.enrol').waitFor()
    await check(phone, 'zh-CN/enrol', VARIANTS['zh-CN'])
    await dress(phone.page, { theme: 'light', width: 390 })
    await phone.tap(phone.button('auth.enrol'))
    await phone.text('auth.pinNew').waitFor()
    await check(phone, 'zh-CN/pin', VARIANTS['zh-CN'])
    await dress(phone.page, { theme: 'light', width: 390 })
    await phone.pin()
    await phone.text('auth.pinAgain').waitFor()
    await phone.pin()
    await phone.page.getByRole('heading', { name: phone.t('tabs.today') }).waitFor()
    await phone.synced()
    await phone.go('/me')
    await phone.tap(phone.button('me.lock'))
    await phone.page.getByText(phone.t('auth.enterPin', { n: 6 })).waitFor()
    await check(phone, 'zh-CN/lock', VARIANTS['zh-CN'])
    await dress(phone.page, { theme: 'light', width: 390 })
    await phone.unlock()
    const households = await dueHouseholds(bank, bank.login('manager').login)
    own = households[0] as Household
    ;[[head]] = (await bank.helper.sql<[string]>("SELECT id::text FROM membership WHERE customer_id = $1 AND relation = 'head' AND until_on IS NULL", own.id)) as [[string]]
    await logVisit(phone, own, { note: '问了贷款', photo: 'olive' })
    await phone.synced()
  })

  test.each(['head', 'agent'] as const)('the %s enrols', async (who) => {
    const phone = new Phone(bank, `the ${who}`)
    phones.set(who, phone)
    await phone.on()
    await phone.enrol(bank.login(who === 'head' ? 'branch_head' : 'agent'))
  })
})

describe.sequential.each(['zh-CN', 'en'] as const)('%s', (language) => {
  test('is chosen', async () => {
    for (const phone of phones.values()) {
      await phone.go('/me')
      await phone.page.getByRole('button', { name: language === 'en' ? 'English' : '中文', exact: true }).click()
      await phone.page.locator(`html[lang=${language}]`).waitFor({ state: 'attached' })
    }
  })

  test.each(SCREENS)('$name', async ({ name, who, path, then }) => {
    const phone = phones.get(who) as Phone
    await dress(phone.page, { theme: 'light', width: 390 })
    await phone.go(path())
    await phone.page.getByRole('heading').first().waitFor()
    await then?.(phone)
    await check(phone, `${language}/${name}`, VARIANTS[language])
  })
})

test('no page of any phone threw or logged an error', () => {
  expect([...phones.values()].flatMap((phone) => phone.errors)).toEqual([])
})
