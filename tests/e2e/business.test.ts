/**
 * The file of a shop, filled in at its counter by a rural agent without a signal: what it is by its licence, its year by
 * quarters, what cannot be said at the field; and on the manager's phone once the network is back.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Bank } from './support/bank'
import { soundIn } from './support/look'
import { Phone } from './support/phone'
import { amount } from './support/work'

const SHOP = '永福小卖部'
const CODE = '92429000MA4A1B2C31'

let bank: Bank
let agent: Phone
let manager: Phone
let shop = ''
/** A customer on the agent's phone. */
let partner = ''

beforeAll(async () => {
  bank = await Bank.open()
  agent = new Phone(bank, "the agent's phone")
  manager = new Phone(bank, "the manager's phone")
})

afterAll(async () => {
  for (const one of [agent, manager]) await one?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const one of [agent, manager]) await one?.picture(`failed, ${one.name}`).catch(() => undefined)
})

const field = (label: string) => agent.page.getByLabel(agent.t(`field.${label}`), { exact: true })
const chip = (group: string, name: string) => agent.tap(agent.page.getByRole('group', { name: agent.t(`field.${group}`), exact: true }).getByRole('button', { name: agent.t(name), exact: true }))
const alert = (key: string, values = {}) => agent.page.getByRole('alert').getByText(agent.t(key, values)).waitFor()
const heading = (phone: Phone) => phone.page.getByRole('heading', { name: SHOP, exact: true }).waitFor()

async function keep(): Promise<void> {
  await agent.tap(agent.button('save.onPhone'))
  await heading(agent)
}

const sound = (name: string) => soundIn('business')(agent, name)

describe.sequential('the file of a shop', () => {
  test('a shop met at its counter, offline', async () => {
    await agent.on()
    await agent.enrol(bank.login('agent'))
    await agent.go('/customers')
    partner = (await agent.page.getByRole('main').getByRole('listitem').getByRole('link').first().locator('b').first().textContent())?.trim() ?? ''
    await agent.offline()
    await agent.go('/customers/new')
    await agent.tap(agent.page.getByRole('group', { name: agent.t('customers.kind') }).getByRole('button', { name: agent.t('customers.business'), exact: true }))
    await agent.page.getByLabel(agent.t('field.businessName'), { exact: true }).fill(SHOP)
    await agent.tap(agent.page.getByRole('group', { name: agent.t('field.grid_id') }).getByRole('button').first())
    await field('address').fill('街上 12 号')
    await keep()
    shop = new URL(agent.page.url()).pathname.split('/').at(-1) ?? ''
    expect(shop).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('its registration: a code that cannot be, one of another kind, a licence that ends before it begins', async () => {
    await agent.tap(agent.page.getByRole('button', { name: new RegExp(`^${agent.t('customers.register')}`) }))
    await field('credit_code').fill('92429000 ma4a1b2c3')
    await alert('file.code_short', { n: 17 })
    await field('credit_code').fill('92429000 ma4a1b2c32')
    await alert('file.code_mistyped')
    await agent.page.getByRole('button', { name: agent.t('file.mendFirst') }).waitFor()
    await chip('business_kind', 'choice.business_kind.firm')
    await field('credit_code').fill('92429000 ma4a1b2c31')
    await alert('file.fault_kind')
    await chip('business_kind', 'choice.business_kind.self_employed')
    await field('licence_from').fill('2020-05-06')
    await field('licence_until').fill('2019-05-06')
    await alert('file.fault_before')
    await sound('register')
    await field('licence_until').fill('2040-05-06')
    await chip('trade', 'choice.trade.f52')
    await field('power_year_kwh').fill('5400')
    await amount(agent, agent.t('field.tax_year_fen'), 0.12)
    await agent.page.getByRole('alert').waitFor({ state: 'detached' })
    await keep()
    await agent.page.getByText(new RegExp(CODE)).waitFor()
  })

  test('its year by quarters: what does not add up is said, and one tap takes the sum', async () => {
    await agent.go(`/customers/${shop}/income`)
    await amount(agent, agent.t('field.turnover_year_fen'), 40)
    await amount(agent, agent.t('field.costs_year_fen'), 30)
    for (const [quarter, wan] of [12, 8, 8, 14].entries()) await amount(agent, agent.t(`field.turnover_q${quarter + 1}_fen`), wan)
    await alert('file.fault_over', { sum: '420,000 元', year: '400,000 元' })
    await agent.page.getByRole('button', { name: agent.t('file.mendFirst') }).waitFor()
    await sound('year')
    await agent.tap(agent.button('file.takeSum', { sum: '42 万元' }))
    await agent.page.getByRole('alert').waitFor({ state: 'detached' })
    await field('staff_count').fill('2')
    await keep()
    await sound('shop')
  })

  test('who it buys from, chosen among the customers on the phone', async () => {
    await agent.tap(agent.page.getByRole('button', { name: new RegExp(agent.t('file.addSome')) }))
    await agent.tap(agent.page.getByRole('group', { name: agent.t('file.addWhat') }).getByRole('button', { name: '上下游', exact: true }))
    await agent.tap(agent.page.getByRole('button', { name: /^也是本行客户/ }))
    await agent.page.getByRole('searchbox').fill(partner.slice(0, 2))
    await agent.tap(agent.page.getByRole('dialog').getByRole('button', { name: new RegExp(`^${partner}`) }).first())
    expect(await agent.page.getByLabel(agent.t('file.label'), { exact: true }).inputValue()).toBe(partner)
    await agent.tap(agent.page.getByRole('group', { name: '是什么人', exact: true }).getByRole('button', { name: '给我们供货的', exact: true }))
    await sound('partner')
    await keep()
    await agent.page.getByRole('button', { name: new RegExp(`上下游.*${partner}`) }).waitFor()
  })

  test("with the network back all of it is on the manager's phone", async () => {
    await agent.online()
    await agent.synced()
    await manager.on()
    await manager.enrol(bank.login('manager'))
    await manager.go(`/customers/${shop}`)
    await heading(manager)
    await manager.page.getByText(new RegExp(CODE)).waitFor()
    await manager.page.getByText(/个体户.*零售/).waitFor()
    await manager.page.getByRole('button', { name: new RegExp(`上下游.*${partner}`) }).waitFor()
    await manager.picture('business-manager')
    await manager.go(`/customers/${shop}/income`)
    await manager.page.getByRole('group', { name: manager.t('field.turnover_q4_fen'), exact: true }).getByText('14').first().waitFor()
  })

  test('no page of either phone threw or logged an error', () => {
    expect([...agent.errors, ...manager.errors]).toEqual([])
  })
})
