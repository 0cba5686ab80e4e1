/**
 * The whole page of a customer whom the head's phone does not hold: what the agent and the manager enter without a network
 * on their phones she sees on hers, to read only, and nothing of it stays there.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Bank } from './support/bank'
import { soundIn } from './support/look'
import { Phone } from './support/phone'
import { until } from './support/places'
import { findIn, formsOf } from './support/plaintext'
import type { Household } from './support/records'
import { editIncome, logVisit } from './support/work'

const NOTE = '打算把河边那片茶园再扩五亩'
const GRANDMOTHER = '向老太婆婆'
const WORKS = '镇上王记茶厂包装间'
/** How a picture begins that the bank has kept. */
const JPEG = Buffer.from('ffd8ffe000104a464946', 'hex')

let bank: Bank
let agent: Phone
let manager: Phone
let head: Phone
let deputy: Phone
let lead: Phone
let home: Household
const all = () => [agent, manager, head, deputy, lead]

beforeAll(async () => {
  bank = await Bank.open()
  agent = new Phone(bank, "the agent's phone")
  manager = new Phone(bank, "the manager's phone")
  head = new Phone(bank, "the head's phone")
  deputy = new Phone(bank, "the deputy's phone", 'en')
  lead = new Phone(bank, "head office's phone")
  await head.on()
  await head.enrol(bank.login('branch_head'))
  // of the agent and the manager, with a limit; it is not on the head's phone
  const [row] = await bank.helper.sql<[string, string, string, string, number, number]>(
    `SELECT c.id::text, c.name, c.initials, g.name, c.lon, c.lat FROM customer c JOIN grid g ON g.id = c.grid_id JOIN profile f ON f.customer_id = c.id AND f.limit_fen > 0
       JOIN grid_assignment a ON a.grid_id = c.grid_id AND a.to_on IS NULL JOIN staff s ON s.id = a.staff_id AND s.login = $1
       JOIN staff m ON m.id = c.owner_id AND m.login = $2
      WHERE c.kind = 'household' AND c.lon IS NOT NULL ORDER BY f.limit_fen DESC, c.id LIMIT 1`,
    bank.login('agent').login,
    bank.login('manager').login,
  )
  if (!row) throw new Error('no household suits this test')
  const [id, name, initials, grid, lon, lat] = row
  home = { id, name, initials, grid, lon, lat, due: '' }
})

afterAll(async () => {
  for (const one of all()) await one?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const one of all()) {
    await one.picture(`failed, ${one.name}`).catch(() => undefined)
    for (const error of one.errors) process.stderr.write(`${error}\n`)
  }
})

const sound = soundIn('head-page')
const heading = (phone: Phone) => phone.page.getByRole('heading', { name: home.name, exact: true })
const farmland = (phone: Phone) => phone.page.getByRole('button', { name: /耕地.*6\.5/ }).first()

async function page(phone: Phone): Promise<void> {
  await phone.go(`/customers/${home.id}`)
  await heading(phone).waitFor()
}

describe.sequential('a customer whom the head does not hold', () => {
  test('is shown by the bank, to read only', async () => {
    await head.go('/team')
    await head.page.getByRole('heading', { name: head.t('team.title') }).waitFor()
    await page(head)
    await head.text('look.stays').waitFor()
    await head.page.getByText(new RegExp(head.t('look.asOf', { when: '' }).trim())).waitFor()
    for (const key of ['visits.log', 'photos.take', 'moves.more']) expect(await head.button(key).count(), key).toBe(0)
    for (const key of ['person.add', 'file.addSome', 'copy.open', 'visits.add']) expect(await head.page.getByText(head.t(key)).count(), key).toBe(0)
    expect(await head.page.getByText(GRANDMOTHER).count()).toBe(0)
    await sound(head, '1-before')
    await head.tap(head.button('ui.back'))
    await head.page.getByRole('heading', { name: head.t('team.title') }).waitFor()
  })

  test('the agent and the manager enter people, land, income and a visit without a network', async () => {
    for (const [phone, role] of [[agent, 'agent'], [manager, 'manager']] as const) {
      await phone.on()
      await phone.enrol(bank.login(role))
      await page(phone)
    }
    await agent.offline()
    await agent.tap(agent.page.getByRole('button', { name: new RegExp(agent.t('person.add')) }))
    await agent.page.getByLabel('姓名', { exact: true }).fill(GRANDMOTHER)
    await agent.tap(agent.page.getByRole('group', { name: '关系', exact: true }).getByRole('button', { name: '祖辈', exact: true }))
    await agent.page.getByLabel('出生日期', { exact: true }).fill('1948-02-03')
    await agent.page.getByLabel('单位', { exact: true }).fill(WORKS)
    await agent.tap(agent.button('save.onPhone'))
    await heading(agent).waitFor()
    await agent.go(`/customers/${home.id}/record/farmland`)
    await agent.tap(agent.page.getByRole('group', { name: '种什么', exact: true }).getByRole('button', { name: '茶叶', exact: true }))
    await agent.page.getByLabel('多少亩', { exact: true }).fill('6.5')
    await agent.tap(agent.button('save.onPhone'))
    await heading(agent).waitFor()
    await editIncome(manager, home, { field: 'income_planting_fen', wan: 7.3 })
    await logVisit(manager, home, { note: NOTE, photo: 'seagreen' })
    await agent.online()
    await agent.synced(120)
    await manager.synced(120)
    await until('the photo is at the bank', async () => (await bank.helper.count('SELECT count(*) FROM stored_file WHERE file_class = $1', 'home')) > 0, 60)
  })

  test('and the head sees it: found by name, with family, assets, visit and photo', async () => {
    await head.go('/customers')
    await head.page.getByRole('searchbox', { name: head.t('customers.find') }).fill(home.name)
    await head.tap(head.button('customers.askBranch'))
    const row = head.page.locator(`li > a[href="/customers/${home.id}"]`)
    await row.waitFor()
    await sound(head, '2-found')
    await head.tap(row)
    await heading(head).waitFor()
    await head.page.getByText(NOTE).first().waitFor()
    await head.tap(head.button('visits.showFiles').first())
    await head.page.getByRole('img', { name: head.t('photo.home') }).first().waitFor()
    await sound(head, '3-page')
    await head.tap(head.page.getByRole('button', { name: new RegExp(GRANDMOTHER) }))
    const sheet = head.page.getByRole('dialog')
    await sheet.getByText(WORKS).waitFor()
    await sound(head, '4-person')
    await head.tap(sheet.getByRole('button', { name: head.t('ui.close') }))
    await head.tap(farmland(head))
    await sheet.getByText(/6\.5\s*亩/).waitFor()
    await sound(head, '5-land')
    await head.tap(sheet.getByRole('button', { name: head.t('ui.close') }))
    await head.tap(head.page.getByRole('button', { name: new RegExp(`^${head.t('customers.income')}`) }))
    await sheet.getByText(/73,?000|7\.3/).first().waitFor()
    await sound(head, '6-income')
    await head.tap(sheet.getByRole('button', { name: head.t('ui.close') }))
  })

  test('nothing of it stays on her phone, whatever happens to it', async () => {
    await head.kill()
    const secrets = new Map<string, Buffer[]>([[NOTE, formsOf(NOTE)], [GRANDMOTHER, formsOf(GRANDMOTHER)], [WORKS, formsOf(WORKS)], ['a photo', [JPEG]]])
    const { files, found } = findIn(head.folder, secrets)
    expect(files).toBeGreaterThan(30)
    expect(found).toEqual([])
    await head.on()
    await head.unlock()
    await page(head)
    await head.page.getByText(NOTE).first().waitFor()
    // left, and without a network: it is not there any more
    await head.go('/today')
    await head.page.getByRole('heading', { name: head.t('tabs.today') }).waitFor()
    await head.page.context().setOffline(true)
    await head.go(`/customers/${home.id}`)
    await head.text('watch.needsNetwork').waitFor()
    expect(await head.page.getByText(NOTE).count()).toBe(0)
    await sound(head, '7-offline')
    await head.page.context().setOffline(false)
    await heading(head).waitFor()
    await head.page.getByText(NOTE).first().waitFor()
    await head.go('/me')
    await head.tap(head.button('me.lock'))
    await head.unlock()
    await head.go('/customers/0190a000-0000-7000-8000-000000000000')
    await head.text('look.gone').waitFor()
    await sound(head, '8-gone')
  })

  test('the deputy reads it in English', async () => {
    await deputy.on()
    await deputy.enrol(bank.login('deputy_head'))
    await page(deputy)
    await deputy.text('look.stays').waitFor()
    await deputy.page.getByText(GRANDMOTHER).waitFor()
    await sound(deputy, '9-english')
  })

  test('head office says what for first; each look is on record', async () => {
    await lead.on()
    await lead.enrol(bank.login('hq_lead'), { heading: 'tabs.inbox', path: '/inbox' })
    await lead.go(`/customers/${home.id}`)
    await lead.page.getByRole('heading', { name: lead.t('look.why') }).waitFor()
    await sound(lead, '10-why')
    await lead.page.getByLabel(lead.t('look.purpose')).fill('客户来信申诉')
    await lead.tap(lead.button('look.open'))
    await heading(lead).waitFor()
    await lead.page.getByText(NOTE).first().waitFor()
    await lead.tap(lead.button('visits.showFiles').first())
    await lead.page.getByRole('img', { name: lead.t('photo.home') }).first().waitFor()
    await sound(lead, '11-head-office')
    const looks = await bank.helper.sql<[string, string | null]>(
      "SELECT role, detail ->> 'purpose' FROM audit_entry WHERE action = 'customer.looked_at' AND subject_id = $1 ORDER BY id",
      home.id,
    )
    expect(looks.filter(([role]) => role === 'branch_head').length).toBeGreaterThan(2)
    expect(looks.at(-1)).toEqual(['hq_lead', '客户来信申诉'])
  })

  test('head office finds the household by its whole name, for a purpose said once', async () => {
    await lead.go('/inbox')
    await lead.tap(lead.page.getByRole('link', { name: lead.t('tabs.customers'), exact: true }))
    await lead.page.getByRole('heading', { name: lead.t('look.find') }).waitFor()
    await lead.page.getByRole('button', { name: lead.t('look.purposeFirst') }).waitFor()
    await lead.page.getByLabel(lead.t('look.purpose')).fill('客户来信申诉')
    await lead.page.getByLabel(lead.t('look.findBy')).fill(home.name.slice(0, 1))
    await lead.tap(lead.page.getByRole('button', { name: lead.t('look.findNow'), exact: true }))
    await lead.text('look.none').waitFor()
    await sound(lead, '12-nobody')
    await lead.page.getByLabel(lead.t('look.findBy')).fill(home.name)
    await lead.tap(lead.page.getByRole('button', { name: lead.t('look.findNow'), exact: true }))
    const row = lead.page.locator(`li > a[href="/customers/${home.id}"]`)
    await row.waitFor()
    await row.getByText(home.grid).waitFor()
    await sound(lead, '13-found')
    await lead.tap(row)
    await lead.page.getByRole('heading', { name: lead.t('look.why') }).waitFor()
    await lead.tap(lead.button('look.open'))
    await heading(lead).waitFor()
    await lead.page.getByText(NOTE).first().waitFor()
    // back where the others that were found still stand; nothing of it once the phone was locked
    await lead.tap(lead.button('ui.back'))
    await row.waitFor()
    await lead.go('/me')
    await lead.tap(lead.button('me.lock'))
    await lead.unlock()
    await lead.go('/customers/find')
    await lead.page.getByRole('heading', { name: lead.t('look.find') }).waitFor()
    expect(await row.count()).toBe(0)
    const looks = await bank.helper.sql<[string, string, string]>(
      "SELECT role, detail ->> 'text', detail ->> 'purpose' FROM audit_entry WHERE action = 'customer.looked_up' AND role = 'hq_lead' ORDER BY id",
    )
    expect(looks).toEqual([home.name.slice(0, 1), home.name].map((text) => ['hq_lead', text, '客户来信申诉']))
  })

  test('no page threw or logged an error', () => {
    expect(all().flatMap((one) => one.errors)).toEqual([])
  })
})
