/**
 * The people of a household, asked at the kitchen table by a rural agent without a signal: who they are, what needs their
 * consent and their signature, a photo of the field. With the network back the manager sees what the agent does not see
 * again, and a consent that is withdrawn on one phone closes what it was for on the other.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { checkDigit } from '../../pwa/src/domain/idNumber'
import { Bank } from './support/bank'
import { soundIn } from './support/look'
import { Phone } from './support/phone'
import { until } from './support/places'
import { draw } from './support/work'

const NAME = '向老太'
const BORN = '1950-02-03'
const FIRST17 = `999999${BORN.replaceAll('-', '')}642`
const NUMBER = FIRST17 + checkDigit(FIRST17)
const MISTYPED = FIRST17 + ((Number.parseInt(checkDigit(FIRST17)) || 0) + 1) % 10

let bank: Bank
let agent: Phone
let manager: Phone
const home = { id: '', name: '', head: '', spouse: '' }

beforeAll(async () => {
  bank = await Bank.open()
  agent = new Phone(bank, "the agent's phone")
  manager = new Phone(bank, "the manager's phone")
  // a household of both that has a limit, with a head whose consent that rests on, and a spouse
  const [row] = await bank.helper.sql<[string, string, string, string]>(
    `SELECT c.id::text, c.name, h.id::text, p.name FROM customer c JOIN profile f ON f.customer_id = c.id AND f.limit_fen > 0
       JOIN membership h ON h.customer_id = c.id AND h.relation = 'head' AND h.until_on IS NULL
       JOIN membership w ON w.customer_id = c.id AND w.relation = 'spouse' AND w.until_on IS NULL JOIN person p ON p.id = w.person_id
       JOIN grid_assignment a ON a.grid_id = c.grid_id AND a.to_on IS NULL JOIN staff s ON s.id = a.staff_id AND s.login = $1
       JOIN staff m ON m.id = c.owner_id AND m.login = $2
      WHERE c.kind = 'household' ORDER BY f.limit_fen DESC, c.id LIMIT 1`,
    bank.login('agent').login,
    bank.login('manager').login,
  )
  if (!row) throw new Error('no household suits this test')
  ;[home.id, home.name, home.head, home.spouse] = row
})

afterAll(async () => {
  for (const one of [agent, manager]) await one?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const one of [agent, manager]) {
    await one?.picture(`failed, ${one.name}`).catch(() => undefined)
    for (const error of one?.errors ?? []) process.stderr.write(`${error}\n`)
  }
})

const field = (phone: Phone, label: string) => phone.page.getByLabel(label, { exact: true })
const chip = (phone: Phone, group: string, name: string, pressed?: boolean) =>
  phone.page.getByRole('group', { name: group, exact: true }).getByRole('button', { name, exact: true, ...(pressed === undefined ? {} : { pressed }) })
const alert = (phone: Phone, key: string, values?: Record<string, string | number>) => phone.page.getByRole('alert').getByText(phone.t(key, values), { exact: true })

async function page(phone: Phone): Promise<void> {
  await phone.go(`/customers/${home.id}`)
  await phone.page.getByRole('heading', { name: home.name, exact: true }).waitFor()
}
async function open(phone: Phone, name: string): Promise<void> {
  await page(phone)
  await phone.tap(phone.page.getByRole('button', { name: new RegExp(name) }).first())
  await phone.page.getByRole('heading', { name, exact: true }).waitFor()
}
async function keep(phone: Phone): Promise<void> {
  await phone.tap(phone.button('save.onPhone'))
  await phone.page.getByRole('heading', { name: home.name, exact: true }).waitFor()
}
/** The card of a purpose. */
const purpose = (phone: Phone, name: string) => phone.page.locator('section', { has: phone.page.getByRole('heading', { name, exact: true }) })

const sound = soundIn('people')

describe.sequential('people, their consents and the photos of a file', () => {
  test('a person joins: the ID number says what need not be asked, and what cannot be is said at the field', async () => {
    await agent.on()
    await agent.enrol(bank.login('agent'))
    await page(agent)
    await agent.offline()
    await agent.tap(agent.page.getByRole('button', { name: new RegExp(agent.t('person.add')) }))
    await field(agent, '姓名').fill(NAME)
    await agent.tap(chip(agent, '关系', '配偶'))
    await alert(agent, 'person.wrong_second_spouse', { name: home.spouse }).waitFor()
    await agent.page.getByRole('button', { name: agent.t('person.wrong_second_spouse', { name: home.spouse }) }).waitFor()
    await agent.tap(chip(agent, '关系', '父母'))
    await field(agent, '身份证号').fill(MISTYPED)
    await alert(agent, 'person.wrong_id').waitFor()
    await field(agent, '身份证号').fill(NUMBER)
    await agent.page.getByRole('alert').waitFor({ state: 'detached' })
    expect(await field(agent, '出生日期').inputValue()).toBe(BORN)
    await chip(agent, '性别', '女', true).waitFor()
    await field(agent, '出生日期').fill('1951-02-03')
    await alert(agent, 'person.wrong_id_birth').waitFor()
    await field(agent, '出生日期').fill('2031-02-03')
    await alert(agent, 'person.wrong_future').waitFor()
    await field(agent, '出生日期').fill(BORN)
    await field(agent, '手机号').fill('13912340001')
    await sound(agent, '1-joins')
    await agent.page.getByText(agent.t('save.draft')).waitFor()
    await agent.kill()
    await agent.on()
    await agent.offline()
    await agent.unlock()
    await agent.page.getByRole('heading', { name: agent.t('person.add'), exact: true }).waitFor()
    expect(await field(agent, '身份证号').inputValue()).toBe(NUMBER)
    await keep(agent)
    await agent.page.getByRole('button', { name: new RegExp(`${NAME}.*76`) }).waitFor()
  })

  test('how she is stays closed until she has signed', async () => {
    await open(agent, NAME)
    expect(await agent.page.getByRole('group', { name: '健康', exact: true }).count()).toBe(0)
    await sound(agent, '2-closed')
    await agent.tap(agent.button('person.toConsents'))
    await agent.page.getByRole('heading', { name: agent.t('consent.of', { name: NAME }), exact: true }).waitFor()
    await agent.tap(purpose(agent, '健康信息').getByRole('button', { name: agent.t('consent.sign') }))
    await agent.picture('people-3-sign')
    await draw(agent, 'consent.agree')
    await purpose(agent, '健康信息').getByText(agent.t('consent.yes'), { exact: true }).waitFor()
    await sound(agent, '4-consents')
    await open(agent, NAME)
    await agent.tap(chip(agent, '健康', '慢性病'))
    await keep(agent)
  })

  test('a photo of the field is kept with the file, one of papers asks for its consent', async () => {
    const shoot = async (colour: string) =>
      agent.page.locator('input[type=file]').setInputFiles({ name: 'photo.jpg', mimeType: 'image/jpeg', buffer: await agent.photograph(colour) })
    await shoot('peru')
    await agent.tap(agent.page.getByRole('dialog').getByRole('button', { name: agent.t('photo.land'), exact: true }))
    await agent.page.getByRole('dialog').waitFor({ state: 'hidden' })
    await agent.page.getByRole('img', { name: agent.t('photo.land'), exact: true }).waitFor()
    await shoot('white')
    await agent.tap(agent.page.getByRole('dialog').getByRole('button', { name: agent.t('photo.id'), exact: true }))
    await agent.page.getByRole('dialog').getByRole('button', { name: agent.t('photos.unsigned', { name: NAME }) }).waitFor()
    await agent.picture('people-5-papers')
    await agent.page.keyboard.press('Escape')
    await agent.page.getByRole('dialog').waitFor({ state: 'hidden' })
    await sound(agent, '6-customer')
  })

  test('with the network back the manager sees all of it, the agent not what is for the bank alone', async () => {
    await agent.online()
    await agent.synced(120)
    await manager.on()
    await manager.enrol(bank.login('manager'))
    await open(manager, NAME)
    await chip(manager, '健康', '慢性病', true).waitFor()
    expect(await field(manager, '手机号').inputValue()).toBe('13912340001')
    await manager.page.getByText(manager.t('person.numberKnown')).waitFor()
    await sound(manager, '7-manager')
    await page(manager)
    await manager.page.getByRole('img', { name: manager.t('photo.land'), exact: true }).waitFor()
    await open(agent, NAME)
    await chip(agent, '健康', '慢性病', false).waitFor()
    expect(await field(agent, '手机号').inputValue()).toBe('')
    await agent.page.getByText(agent.t('person.bankOnly', { what: '' })).waitFor()
    // what was opened and left as it was shows what somebody else says since
    await field(agent, '职业').fill('种菜')
    await keep(agent)
    await agent.synced()
    await manager.synced()
    await open(manager, NAME)
    await until('the manager sees it', async () => (await field(manager, '职业').inputValue()) === '种菜')
  })

  test('what was withdrawn on the manager’s phone is asked no more on the agent’s', async () => {
    await open(manager, NAME)
    await manager.tap(manager.page.getByRole('button', { name: new RegExp(manager.t('consent.title')) }))
    await manager.tap(purpose(manager, '健康信息').getByRole('button', { name: manager.t('consent.withdraw') }))
    await manager.tap(manager.page.getByRole('dialog').getByRole('button', { name: manager.t('consent.why_asked') }))
    await purpose(manager, '健康信息').getByText(manager.t('consent.no'), { exact: true }).waitFor()
    await open(manager, NAME)
    expect(await manager.page.getByRole('group', { name: '健康', exact: true }).count()).toBe(0)
    await manager.synced()
    await open(agent, NAME)
    await agent.page.getByRole('group', { name: '健康', exact: true }).waitFor({ state: 'detached' })
    await agent.button('person.toConsents').waitFor()
  })

  test('the head withdraws the use for credit: no limit, and why', async () => {
    await page(manager)
    const because = manager.page.getByText('没有授权', { exact: true })
    expect(await because.count()).toBe(0)
    await manager.go(`/customers/${home.id}/member/${home.head}/consents`)
    await manager.tap(purpose(manager, '授信使用').getByRole('button', { name: manager.t('consent.withdraw') }))
    await manager.tap(manager.page.getByRole('dialog').getByRole('button', { name: manager.t('consent.why_asked') }))
    await purpose(manager, '授信使用').getByText(manager.t('consent.no'), { exact: true }).waitFor()
    await manager.synced()
    await page(manager)
    await because.waitFor({ timeout: 90_000 })
    await manager.page.getByText(manager.t('consent.lacksCredit')).waitFor()
    await manager.picture('people-8-no-limit')
  })

  test('no page of either phone threw or logged an error', () => {
    expect([...agent.errors, ...manager.errors]).toEqual([])
  })
})
