/**
 * What cannot be and what is seldom meant, typed and photographed by a rural agent without a signal: each has its words at
 * the field, the app lives on, nothing else is lost. What stands in the end is on the manager's phone, and not asked again.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { checkDigit } from '../../pwa/src/domain/idNumber'
import { Bank } from './support/bank'
import { soundIn } from './support/look'
import { Phone } from './support/phone'
import { aPhoto, type Chosen, cutJpeg, hugeJpeg, hugePng, noPhoto } from './support/pictures'
import { until } from './support/places'
import { amount, amountShown } from './support/work'

let bank: Bank
let agent: Phone
let manager: Phone
const home = { id: '', name: '' }

beforeAll(async () => {
  bank = await Bank.open()
  agent = new Phone(bank, "the agent's phone")
  manager = new Phone(bank, "the manager's phone")
  const [row] = await bank.helper.sql<[string, string]>(
    `SELECT c.id::text, c.name FROM customer c JOIN grid_assignment a ON a.grid_id = c.grid_id AND a.to_on IS NULL JOIN staff s ON s.id = a.staff_id AND s.login = $1
       JOIN staff m ON m.id = c.owner_id AND m.login = $2 WHERE c.kind = 'household' AND c.status = 'active' ORDER BY c.id LIMIT 1`,
    bank.login('agent').login,
    bank.login('manager').login,
  )
  if (!row) throw new Error('no household suits this test')
  ;[home.id, home.name] = row
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

const sound = soundIn('badinput')
const field = (phone: Phone, label: string) => phone.page.getByLabel(label, { exact: true })
const chip = (phone: Phone, group: string, name: string) => phone.page.getByRole('group', { name: group, exact: true }).getByRole('button', { name, exact: true })
const question = (phone: Phone, figure: string) => phone.page.getByText(phone.t('unusual.ask', { figure }), { exact: true })
const choose = (file: Chosen) => agent.page.locator('input[type=file]').first().setInputFiles(file)

async function page(phone: Phone): Promise<void> {
  await phone.go(`/customers/${home.id}`)
  await phone.page.getByRole('heading', { name: home.name, exact: true }).waitFor()
}
async function keep(): Promise<void> {
  await agent.tap(agent.button('save.onPhone'))
  await agent.page.getByRole('heading', { name: home.name, exact: true }).waitFor()
}

describe.sequential('bad input', () => {
  test('a text, half a photo and 200 megapixels are told in words, and a photo is taken after them', async () => {
    await agent.on()
    await agent.enrol(bank.login('agent'))
    await page(agent)
    await agent.offline()
    const photo = await agent.photograph('peru')
    for (const [file, said] of [
      [noPhoto(), 'problem.photo_unreadable'],
      [hugePng(), 'problem.photo_too_large'],
      [cutJpeg(photo), 'problem.photo_unreadable'],
      [hugeJpeg(photo), 'problem.photo_too_large'],
    ] as const) {
      await choose(file)
      await agent.page.getByRole('alert').getByText(agent.t(said), { exact: true }).waitFor()
      expect(await agent.page.getByRole('dialog').count()).toBe(0)
    }
    await sound(agent, '1-too-large')
    await choose(aPhoto(photo))
    await agent.tap(agent.page.getByRole('dialog').getByRole('button', { name: agent.t('photo.land'), exact: true }))
    await agent.page.getByRole('dialog').waitFor({ state: 'hidden' })
    await agent.page.getByRole('img', { name: agent.t('photo.land'), exact: true }).waitFor()
    expect(await agent.page.getByRole('alert').count()).toBe(0)
  })

  test('a visit that was being written is not lost to such a photo, nor to the death of the app', async () => {
    await agent.go(`/visits/new?customer=${home.id}`)
    await agent.tap(agent.chip('visits.met', 'outcome.met'))
    await field(agent, agent.t('visits.note')).fill('茶园刚浇过水')
    for (const [file, said] of [
      [hugePng(), 'problem.photo_too_large'],
      [noPhoto(), 'problem.photo_unreadable'],
    ] as const) {
      await choose(file)
      await agent.tap(agent.page.getByRole('dialog').getByRole('button', { name: agent.t('photo.home'), exact: true }))
      await agent.page.getByText(agent.t(said), { exact: true }).waitFor()
      expect(await field(agent, agent.t('visits.note')).inputValue()).toBe('茶园刚浇过水')
    }
    await sound(agent, '2-visit')
    await agent.page.getByText(agent.t('save.draft')).waitFor()
    await agent.page.waitForTimeout(1_000)
    await agent.kill()
    await agent.on()
    await agent.offline()
    await agent.unlock()
    await until('the note is there again', async () => (await field(agent, agent.t('visits.note')).inputValue().catch(() => '')) === '茶园刚浇过水')
    await agent.tap(agent.button('save.onPhone'))
    await agent.page.getByRole('heading', { name: agent.t('tabs.today') }).waitFor()
  })

  test('600 mu are asked about once, and it survives a kill that they are meant', async () => {
    await page(agent)
    await agent.tap(agent.page.getByRole('button', { name: new RegExp(agent.t('file.addSome')) }))
    await agent.tap(chip(agent, agent.t('file.addWhat'), '耕地'))
    await agent.tap(chip(agent, '种什么', '茶叶'))
    await field(agent, '多少亩').fill('330000')
    await agent.page.getByRole('alert').getByText(agent.t('file.wrong_more', { most: 10_000 }), { exact: true }).waitFor()
    await field(agent, '多少亩').fill('600')
    await question(agent, '600 亩').waitFor()
    // asked, not hindered
    await agent.button('save.onPhone').waitFor()
    await sound(agent, '3-land')
    await agent.tap(agent.button('unusual.meant', { figure: '600 亩' }))
    await question(agent, '600 亩').waitFor({ state: 'detached' })
    await agent.page.waitForTimeout(1_000)
    await agent.kill()
    await agent.on()
    await agent.offline()
    await agent.unlock()
    await until('the draft is there again', async () => (await field(agent, '多少亩').inputValue().catch(() => '')) === '600')
    expect(await question(agent, '600 亩').count()).toBe(0)
    await field(agent, '多少亩').fill('700')
    await question(agent, '700 亩').waitFor()
    await field(agent, '多少亩').fill('600')
    await question(agent, '700 亩').waitFor({ state: 'detached' })
    expect(await question(agent, '600 亩').count()).toBe(0)
    await keep()
  })

  test('yuan typed for ten thousands of them: beyond the limit it is said, within it asked, and one tap mends it', async () => {
    await agent.go(`/customers/${home.id}/income`)
    const planting = agent.t('field.income_planting_fen')
    await amount(agent, planting, 120_000)
    await agent.page.getByRole('alert').getByText(agent.t('file.wrong_more', { most: '10.00 亿元' }), { exact: true }).waitFor()
    await agent.page.getByRole('button', { name: agent.t('file.mendFirst') }).waitFor()
    await sound(agent, '4-income-beyond')
    const typing = agent.page.getByRole('textbox', { name: agent.t('ui.typeAmount', { what: planting }), exact: true })
    expect(await typing.inputValue()).toBe('120000')
    await typing.fill('80000')
    await typing.press('Enter')
    await question(agent, '8.00 亿元').waitFor()
    await sound(agent, '5-income-asked')
    await agent.tap(agent.button('unusual.rather', { figure: '8 万元' }))
    await agent.page.getByText(agent.t('unusual.ask', { figure: '8.00 亿元' })).waitFor({ state: 'detached' })
    expect(await amountShown(agent, planting).textContent()).toContain('8')
    // what this year is to bring, with a figure that is left unanswered and saved all the same
    await amount(agent, agent.t('field.income_planting_expected_fen'), 9)
    await amount(agent, agent.t('field.income_trade_expected_fen'), 260)
    await question(agent, '260 万元').waitFor()
    await keep()
  })

  test('what the registers say of the household, thirteen people and somebody of a hundred and six', async () => {
    await agent.go(`/customers/${home.id}/home`)
    await agent.tap(chip(agent, agent.t('field.minimum_living'), agent.t('choice.minimum_living.yes')))
    await agent.tap(chip(agent, agent.t('field.out_of_poverty'), agent.t('choice.out_of_poverty.no')))
    await field(agent, agent.t('field.residents_count')).fill('61')
    await agent.page.getByRole('alert').getByText(agent.t('file.wrong_more', { most: 60 }), { exact: true }).waitFor()
    await field(agent, agent.t('field.residents_count')).fill('13')
    await question(agent, '13').waitFor()
    await agent.tap(agent.button('unusual.meant', { figure: '13' }))
    await keep()
    await agent.tap(agent.page.getByRole('button', { name: new RegExp(agent.t('person.add')) }))
    await field(agent, '姓名').fill('向太婆')
    const years = new Date().getFullYear() - 1920
    await field(agent, '出生日期').fill('1920-01-01')
    await question(agent, agent.t('unusual.old', { n: years })).waitFor()
    await sound(agent, '6-old')
    await agent.tap(agent.button('ui.close').or(agent.button('ui.back')).first())
    // at the doorstep by the number: asked once, and nothing is blocked by it
    await agent.go('/customers/new')
    await field(agent, agent.t('field.headName')).fill('向老太')
    await field(agent, agent.t('field.id_number')).fill(`99000119200101622${checkDigit('99000119200101622')}`)
    await question(agent, agent.t('unusual.old', { n: years })).waitFor()
    await agent.button('customers.addressFirst').or(agent.button('customers.gridFirst')).waitFor()
    await sound(agent, '7-doorstep')
    await agent.tap(agent.button('unusual.meant', { figure: agent.t('unusual.old', { n: years }) }))
    await question(agent, agent.t('unusual.old', { n: years })).waitFor({ state: 'detached' })
    // what is not fit to be saved is said on top, whoever stands at the foot sees it
    await field(agent, agent.t('field.phone')).fill('12')
    await agent.tap(agent.page.getByRole('group', { name: agent.t('field.grid_id'), exact: true }).getByRole('button').first())
    await field(agent, agent.t('field.address')).fill('三组 5 号')
    await agent.page.setViewportSize({ width: 320, height: 568 })
    await agent.page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight))
    const down = () => agent.page.evaluate(() => window.scrollY)
    expect(await down()).toBeGreaterThan(100)
    await agent.tap(agent.button('save.onPhone'))
    await agent.page.getByRole('alert').getByText(agent.t('save.notSaved'), { exact: true }).waitFor()
    await until('the page stands where it is said', async () => (await down()) === 0)
    await sound(agent, '8-not-saved')
    await agent.tap(agent.button('ui.close').or(agent.button('ui.back')).first())
  })

  test("the manager's phone has it all, and asks nothing again", async () => {
    await agent.online()
    await agent.synced(120)
    await manager.on()
    await manager.enrol(bank.login('manager'))
    await page(manager)
    await manager.page.getByRole('img', { name: manager.t('photo.land'), exact: true }).waitFor()
    await manager.tap(manager.page.getByRole('button', { name: /耕地.*600 亩/ }).first())
    await until('the land is there', async () => (await field(manager, '多少亩').inputValue()) === '600')
    expect(await manager.page.getByText(/少见/).count()).toBe(0)
    await manager.go(`/customers/${home.id}/income`)
    for (const [label, figure] of [
      ['income_planting_fen', '8万元'],
      ['income_planting_expected_fen', '9万元'],
      ['income_trade_expected_fen', '260万元'],
    ] as const) {
      await until(`${label} is there`, async () => ((await amountShown(manager, manager.t(`field.${label}`)).textContent()) ?? '').replace(/\s/g, '').endsWith(figure))
    }
    expect(await manager.page.getByText(/少见/).count()).toBe(0)
    await manager.picture('badinput-7-manager-income')
    await manager.go(`/customers/${home.id}/home`)
    for (const [name, value] of [['minimum_living', 'yes'], ['out_of_poverty', 'no']] as const) {
      await manager.page
        .getByRole('group', { name: manager.t(`field.${name}`), exact: true })
        .getByRole('button', { name: manager.t(`choice.${name}.${value}`), exact: true, pressed: true })
        .waitFor()
    }
    await manager.picture('badinput-8-manager-home')
  })

  test('what the head of the household signed on paper comes by a file, shows as such, and is taken back on a phone', async () => {
    const [row] = await bank.helper.sql<[string, string, string]>(
      "SELECT m.id::text, p.id::text, p.name FROM membership m JOIN person p ON p.id = m.person_id WHERE m.customer_id = $1::uuid AND m.relation = 'head' AND m.until_on IS NULL",
      home.id,
    )
    const [member, person, name] = row as [string, string, string]
    const file = join(bank.home, 'papers.csv')
    writeFileSync(file, `个人编号,姓名,授权事项,文本编号,签署日期,存放位置\n${person},${name},产品介绍,1,2026-03-02,档案室 3 柜\n`)
    expect(bank.tiange('import', 'consents', file)).toContain('1 rows: 1 new')
    const card = (phone: Phone) => phone.page.locator('section', { has: phone.page.getByRole('heading', { name: '产品介绍', exact: true }) })
    for (const phone of [manager, agent]) {
      await phone.go(`/customers/${home.id}/member/${member}/consents`)
      await card(phone).getByText(/在纸上签的/).waitFor({ timeout: 90_000 })
    }
    await card(manager).getByText(/原件在档案室 3 柜/).waitFor()
    expect(await card(agent).getByText(/档案室/).count()).toBe(0)
    await sound(manager, '9-paper')
    await agent.tap(card(agent).getByRole('button', { name: agent.t('consent.withdraw') }))
    await agent.tap(agent.page.getByRole('dialog').getByRole('button', { name: agent.t('consent.why_asked'), exact: true }))
    await agent.synced()
    await card(manager).getByText(manager.t('consent.no'), { exact: true }).waitFor({ timeout: 90_000 })
  })

  test('no page of either phone threw or logged an error', () => {
    expect([...agent.errors, ...manager.errors]).toEqual([])
  })
})
