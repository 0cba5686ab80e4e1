/**
 * What waits for a person's word, and what somebody must look after: suggested edits, amounts in dispute, entries that
 * were not applied, phones that need somebody. All through the screens, between people on phones of their own.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Bank } from './support/bank'
import { soundIn } from './support/look'
import { Phone } from './support/phone'
import { until } from './support/places'
import { dueHouseholds, type Household } from './support/records'
import { amount, editIncome } from './support/work'

const WAGES = 'field.income_wages_fen'
let bank: Bank
let manager: Phone
let deputy: Phone
let admin: Phone
let grid: string
/** All of one grid, which passes from the manager to the deputy. */
let households: [Household, Household, Household]

beforeAll(async () => {
  bank = await Bank.open()
  manager = new Phone(bank, 'the manager')
  deputy = new Phone(bank, 'the deputy')
  admin = new Phone(bank, 'the administrator')
  const due = await dueHouseholds(bank, bank.login('manager').login)
  const found = due.map((one) => one.grid).find((name, _, all) => all.filter((other) => other === name).length >= 3)
  const chosen = due.filter((one) => one.grid === found)
  expect(chosen.length, 'households of one grid').toBeGreaterThanOrEqual(3)
  households = chosen.slice(0, 3) as typeof households
  const [row] = await bank.helper.sql<[string]>('SELECT g.code FROM grid g JOIN customer c ON c.grid_id = g.id WHERE c.id = $1', households[0].id)
  grid = row?.[0] ?? ''
})

afterAll(async () => {
  for (const phone of [manager, deputy, admin]) await phone?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const phone of [manager, deputy, admin]) {
    await phone.picture(`failed, ${phone.name}`).catch(() => undefined)
    for (const error of phone.errors) process.stderr.write(`${error}\n`)
  }
})

const cut = (phone: Phone) => phone.page.context().setOffline(true)
const join = (phone: Phone) => phone.page.context().setOffline(false)

async function openCustomer(phone: Phone, household: Household): Promise<void> {
  await phone.go(`/customers/${household.id}`)
  await phone.page.getByRole('heading', { name: household.name, exact: true }).waitFor()
  await phone.page.getByRole('heading', { name: phone.t('customers.history') }).waitFor()
}

const sound = soundIn('watch')

describe.sequential('an edit of somebody who lost the household meanwhile', () => {
  test('is suggested to whoever looks after it now', async () => {
    await manager.on()
    await manager.enrol(bank.login('manager'))
    await deputy.on()
    await deputy.enrol(bank.login('deputy_head'))
    await cut(manager)
    await editIncome(manager, households[0], { field: 'income_wages_fen', wan: 9 })
    bank.tiange('grids', 'assign', grid, bank.login('deputy_head').login)
    await deputy.synced()
    await join(manager)
    await manager.synced()
    await deputy.go('/inbox')
    await deputy.tap(deputy.page.getByRole('button', { name: deputy.t('inbox.suggestion', { name: households[0].name }) }))
    await deputy.page.getByRole('heading', { name: new RegExp(deputy.t('decide.suggested', { name: '' })) }).waitFor()
    await deputy.page.getByText('90,000').waitFor()
    await sound(deputy, 'suggestion')
  })

  test('is taken with one tap offline, taken back, and taken', async () => {
    await cut(deputy)
    await deputy.tap(deputy.button('decide.take'))
    await deputy.tap(deputy.button('ui.undo'))
    await deputy.button('decide.take').waitFor()
    await deputy.tap(deputy.button('decide.take'))
    await deputy.button('ui.undo').waitFor()
    await sound(deputy, 'suggestion-taken')
    expect(await bank.helper.count("SELECT count(*) FROM customer_suggestion WHERE state = 'accepted'")).toBe(0)
    await join(deputy)
    await until('the bank has the decision', () => bank.helper.count("SELECT count(*) FROM customer_suggestion WHERE state = 'accepted'"))
    await deputy.button('ui.undo').waitFor({ state: 'hidden' })
  })

  test('its author hears what became of it', async () => {
    await manager.go('/inbox')
    await manager.page.getByRole('button', { name: new RegExp(manager.t('inbox.suggestion_accepted', { name: '' })) }).click()
    await manager.page.getByText(new RegExp(manager.t('sync.suggestedTaken'))).waitFor()
    await manager.go('/today')
  })
})

describe.sequential('an amount that two people gave', () => {
  test('stands on both phones with both values', async () => {
    bank.tiange('grids', 'cover', grid, bank.login('manager').login, '--to', new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10))
    await manager.synced()
    await openCustomer(manager, households[1])
    await cut(manager)
    await editIncome(manager, households[1], { field: 'income_wages_fen', wan: 5 })
    await editIncome(deputy, households[1], { field: 'income_wages_fen', wan: 8 })
    await deputy.synced()
    await join(manager)
    await manager.go('/sync')
    for (const phone of [manager, deputy]) {
      await openCustomer(phone, households[1])
      await phone.page.getByRole('button', { name: /50,000/ }).waitFor()
      await phone.page.getByRole('button', { name: /80,000/ }).waitFor()
    }
    await sound(manager, 'dispute')
  })

  test('is decided once: the later decision is refused, kept and explained', async () => {
    await cut(deputy)
    await deputy.tap(deputy.page.getByRole('button', { name: /80,000/ }))
    await deputy.button('ui.undo').waitFor()
    await manager.tap(manager.button('decide.another'))
    await amount(manager, manager.t(WAGES), 6.5)
    await manager.tap(manager.page.getByRole('dialog').getByRole('button', { name: manager.t('save.onPhone') }))
    await until('the manager has decided', () => bank.helper.count("SELECT count(*) FROM customer_dispute WHERE state = 'settled'"))
    await join(deputy)
    await deputy.go('/sync')
    await deputy.text('sync.decidedBefore').waitFor()
    await openCustomer(deputy, households[1])
    await deputy.page.getByText('65,000').waitFor()
    const [row] = await bank.helper.sql<[number]>("SELECT amount FROM customer_value WHERE customer_id = $1 AND field = 'income_wages_fen' AND source = 'collected'", households[1].id)
    expect(Number(row?.[0])).toBe(6_500_000)
  })
})

describe.sequential('the administrator', () => {
  test('begins with the phones, has the entries that were not applied, and no customers', async () => {
    await admin.on()
    await admin.enrol(bank.login('admin'), { heading: 'watch.phones', path: '/phones' })
    await admin.page.getByText(admin.t('watch.heard', { when: '' }).trim().slice(-2)).first().waitFor()
    expect(await admin.page.getByRole('navigation', { name: admin.t('ui.tabs') }).getByRole('link').allInnerTexts()).toEqual(['phones', 'quarantine', 'inbox', 'me'].map((one) => admin.t(`tabs.${one}`)))
    for (const closed of ['/today', '/customers', `/customers/${households[0].id}`]) {
      await admin.page.evaluate((to) => { history.pushState({ position: 9 }, '', to); dispatchEvent(new PopStateEvent('popstate', { state: history.state })) }, closed)
      await admin.page.waitForURL('**/phones')
    }
    await sound(admin, 'phones')
  })

  test('sees a refused entry, and looks inside for a purpose', async () => {
    await admin.tap(admin.tab('quarantine'))
    await admin.page.getByText(admin.t('command.dispute_settle')).first().waitFor()
    await sound(admin, 'quarantine')
    await admin.tap(admin.button('watch.look'))
    const dialog = admin.page.getByRole('dialog')
    await admin.button('watch.purposeFirst').waitFor()
    await dialog.getByLabel(admin.t('watch.purpose')).fill('核对录入的金额')
    await sound(admin, 'quarantine-purpose')
    await admin.tap(dialog.getByRole('button', { name: admin.t('watch.look') }))
    await dialog.getByText('80,000').first().waitFor()
    await sound(admin, 'quarantine-content')
    const download = admin.page.waitForEvent('download')
    await admin.tap(dialog.getByRole('button', { name: admin.t('watch.export') }))
    expect((await download).suggestedFilename()).toMatch(/^tiange-.*\.json$/)
    await admin.page.keyboard.press('Escape')
    expect(await bank.helper.count("SELECT count(*) FROM audit_entry WHERE action = 'sync.quarantine_viewed' AND detail->>'purpose' = '核对录入的金额'")).toBe(1)
    // its author gives it up: it is settled, and shown only where settled ones are asked for
    await deputy.go('/sync')
    await deputy.tap(deputy.button('sync.discard'))
    await deputy.tap(deputy.page.getByRole('dialog').getByRole('button', { name: deputy.t('sync.discard'), exact: true }))
    await deputy.text('sync.decidedBefore').waitFor({ state: 'hidden' })
    await until('it is settled', () => bank.helper.count("SELECT count(*) FROM sync_command WHERE settled = 'discarded'"))
    await admin.tap(admin.button('watch.reload'))
    await admin.text('watch.nothing').waitFor()
    await admin.tap(admin.button('watch.withSettled'))
    await admin.text('watch.discarded').waitFor()
  })

  test('without a network both pages say so', async () => {
    await cut(admin)
    await admin.tap(admin.tab('phones'))
    await admin.text('watch.needsNetwork').waitFor()
    await sound(admin, 'phones-offline')
    await join(admin)
    await admin.text('watch.state_all').first().waitFor()
  })

  test('withdraws a phone, which delivers before it wipes', async () => {
    await cut(manager)
    await editIncome(manager, households[2], { field: 'income_wages_fen', wan: 4 })
    const name = await manager.page.evaluate(() => document.title).then(async () => (await bank.helper.sql<[string]>('SELECT name FROM staff WHERE login = $1', bank.login('manager').login))[0]?.[0] ?? '')
    const card = admin.page.getByRole('main').locator('section', { has: admin.page.getByRole('heading', { name, exact: true }) })
    await admin.tap(card.getByRole('button', { name: admin.t('watch.withdraw') }))
    await sound(admin, 'phones-withdraw')
    await admin.tap(admin.page.getByRole('dialog').getByRole('button', { name: admin.t('watch.withdraw') }))
    await card.getByText(admin.t('watch.state_withdrawn_waiting')).waitFor()
    await sound(admin, 'phones-withdrawn')
    await join(manager)
    await until('it has delivered', () => bank.helper.count('SELECT count(*) FROM device WHERE delivered_at IS NOT NULL'), 90)
    await until('its last entry counts', () => bank.helper.count("SELECT count(*) FROM customer_value WHERE customer_id = $1 AND field = 'income_wages_fen' AND amount = 4000000", households[2].id))
    await admin.tap(admin.button('watch.reload'))
    await card.getByText(admin.t('watch.state_withdrawn_done')).waitFor()
  })

  test('a head sees the branch’s phones from the own page; on a desk they stand in two columns', async () => {
    await deputy.go('/me')
    await deputy.tap(deputy.page.getByRole('button', { name: deputy.t('watch.phones') }))
    await deputy.page.getByText(deputy.t('watch.state_withdrawn_done')).first().waitFor()
    expect(await deputy.button('watch.withdraw').count()).toBe(0)
    await deputy.page.setViewportSize({ width: 1440, height: 900 })
    const cards = deputy.page.locator('.cards > section')
    await until('two cards side by side', async () => {
      const [one, two] = [await cards.nth(0).boundingBox(), await cards.nth(1).boundingBox()]
      return one && two && one.y === two.y && two.x > one.x
    })
    await deputy.picture('watch/phones-desktop')
    await deputy.page.setViewportSize({ width: 390, height: 844 })
  })

  test('no page threw or logged an error', () => {
    expect([manager, deputy, admin].flatMap((phone) => phone.errors)).toEqual([])
  })
})
