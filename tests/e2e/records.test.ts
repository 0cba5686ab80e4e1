/**
 * What a household owns and owes, asked at the kitchen table by a rural agent without a signal: fields by their kind, what
 * cannot be said at the field, kept through a killed app, and on the manager's phone once the network is back.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Bank } from './support/bank'
import { Phone } from './support/phone'
import { until } from './support/places'
import { amount } from './support/work'

let bank: Bank
let agent: Phone
let manager: Phone
const home = { id: '', name: '' }
/** Taps of a finger since the list was left; typed characters are counted apart. */
let taps = 0

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

const field = (label: string) => agent.page.getByLabel(label, { exact: true })

async function tap(group: string, name: string): Promise<void> {
  taps++
  await agent.tap(agent.page.getByRole('group', { name: group, exact: true }).getByRole('button', { name, exact: true }))
}

/** From the customer's page to the empty form of a kind. */
async function begin(kind: string): Promise<void> {
  await agent.page.getByRole('heading', { name: home.name, exact: true }).waitFor()
  taps++
  await agent.tap(agent.page.getByRole('button', { name: new RegExp(agent.t('file.addSome')) }))
  await tap(agent.t('file.addWhat'), kind)
  await agent.page.getByRole('heading', { name: agent.t('file.addOne', { what: kind }), exact: true }).waitFor()
}

async function keep(): Promise<void> {
  taps++
  await agent.tap(agent.button('save.onPhone'))
  await agent.page.getByRole('heading', { name: home.name, exact: true }).waitFor()
}

describe.sequential('records of the file', () => {
  test('land in mu: what cannot be is said at the field, and nothing is saved until it is mended', async () => {
    await agent.on()
    await agent.enrol(bank.login('agent'))
    await agent.go('/customers')
    await agent.tap(agent.page.getByRole('main').getByRole('link').first())
    await agent.page.waitForURL(/customers\/[0-9a-f-]{36}$/)
    await agent.page.getByText(agent.t('file.addSome')).waitFor()
    home.name = (await agent.page.getByRole('heading', { level: 1 }).textContent())?.trim() ?? ''
    home.id = new URL(agent.page.url()).pathname.split('/').at(-1) ?? ''
    await agent.offline()
    await begin('耕地')
    await tap('种什么', '茶叶')
    for (const [typed, said] of [
      ['三亩', agent.t('file.wrong_number')],
      ['330000', agent.t('file.wrong_more', { most: 10_000 })],
    ] as const) {
      await field('多少亩').fill(typed)
      await agent.page.getByRole('alert').getByText(said, { exact: true }).waitFor()
      await agent.page.getByRole('button', { name: agent.t('file.mendFirst') }).waitFor()
    }
    await field('多少亩').fill('3.5')
    await agent.page.getByRole('alert').waitFor({ state: 'detached' })
    await agent.picture('records-1-land')
    await keep()
    await agent.page.getByRole('button', { name: /耕地.*茶叶/ }).waitFor()
  })

  test('one kind of animal takes at most six taps', async () => {
    taps = 0
    await begin('牲畜')
    await tap('养什么', '猪')
    taps++
    await field('多少头（只）').fill('12')
    await keep()
    expect(taps).toBeLessThanOrEqual(6)
  })

  test('a debt that was being written is there again after the app was killed', async () => {
    await begin('外债')
    await tap('欠谁的', '亲友借款')
    await amount(agent, '还欠多少', 1.8)
    await field('借来做什么').fill('盖房')
    await agent.page.getByText(agent.t('save.draft')).waitFor()
    // it says so since the first touch; the last one is written a moment after it
    await agent.page.waitForTimeout(1_000)
    await agent.kill()
    await agent.on()
    await agent.offline()
    await agent.unlock()
    await agent.page.getByRole('heading', { name: agent.t('file.addOne', { what: '外债' }), exact: true }).waitFor()
    expect(await field('借来做什么').inputValue()).toBe('盖房')
    await agent.picture('records-2-debt')
    await keep()
  })

  test('how the household lives: chips and years, saved on the phone', async () => {
    await agent.go(`/customers/${home.id}/home`)
    await tap('住房', '宅基地房')
    await tap('户口', '本地')
    await field('居住年数').fill('121')
    await agent.page.getByRole('alert').getByText(agent.t('file.wrong_more', { most: 120 }), { exact: true }).waitFor()
    await field('居住年数').fill('21')
    await keep()
  })

  test("with the network back all of it is on the manager's phone, changed there, and gone where it is over", async () => {
    await agent.online()
    await agent.synced()
    await manager.on()
    await manager.enrol(bank.login('manager'))
    await manager.go(`/customers/${home.id}`)
    await manager.page.getByRole('heading', { name: home.name, exact: true }).waitFor()
    for (const line of [/耕地.*3\.5\s*亩.*茶叶/, /牲畜.*12.*猪/, /外债.*1\.8.*亲友借款/]) await manager.page.getByRole('button', { name: line }).waitFor()
    await manager.picture('records-3-manager')
    await manager.go(`/customers/${home.id}/home`)
    await manager.page.getByRole('group', { name: '住房', exact: true }).getByRole('button', { name: '宅基地房', pressed: true }).waitFor()
    expect(await manager.page.getByLabel('居住年数', { exact: true }).inputValue()).toBe('21')
    // what was opened and left as it was shows what somebody else says since
    const open = async (phone: Phone) => {
      await phone.go(`/customers/${home.id}`)
      await phone.tap(phone.page.getByRole('button', { name: /牲畜.*猪/ }).first())
    }
    const heads = (phone: Phone) => phone.page.getByLabel('多少头（只）', { exact: true })
    await open(manager)
    await until('the manager sees the agent’s figure', async () => (await heads(manager).inputValue()) === '12')
    await open(agent)
    await heads(agent).fill('15')
    await keep()
    await agent.synced()
    await manager.synced()
    await open(manager)
    await until('the manager sees what was said since', async () => (await heads(manager).inputValue()) === '15')
    await manager.go(`/customers/${home.id}`)
    await manager.tap(manager.page.getByRole('button', { name: /外债.*亲友借款/ }))
    await manager.tap(manager.button('file.removeOne'))
    await manager.tap(manager.page.getByRole('dialog').getByRole('button', { name: manager.t('customers.remove_repaid'), exact: true }))
    await manager.page.getByRole('heading', { name: home.name, exact: true }).waitFor()
    await manager.page.getByRole('button', { name: /外债.*亲友借款/ }).waitFor({ state: 'detached' })
    await manager.synced()
    await agent.go(`/customers/${home.id}`)
    await agent.page.getByRole('button', { name: /牲畜/ }).first().waitFor()
    // "all there" is what a phone says of what it was told so far: the removal comes with the next word
    await agent.page.getByRole('button', { name: /外债.*亲友借款/ }).waitFor({ state: 'detached' })
  })

  test('no page of either phone threw or logged an error', () => {
    expect([...agent.errors, ...manager.errors]).toEqual([])
  })
})
