/**
 * Ask once: what is worth asking of a household stands on its page and in a visit, a tap opens the very field, what nobody
 * answered rests and says until when, and each value says where it comes from. An agent asks without a signal; the
 * manager's phone asks the same no more.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Locator } from 'playwright-core'
import { Bank } from './support/bank'
import { soundIn } from './support/look'
import { Phone } from './support/phone'
import { until } from './support/places'
import { amount } from './support/work'

let bank: Bank
let agent: Phone
let manager: Phone
let head: Phone
const home = { id: '', name: '', people: 0, agent: '' }
/** Somebody of the manager's whose spending was said long ago. */
const old = { id: '', name: '', asked: '' }

beforeAll(async () => {
  bank = await Bank.open()
  agent = new Phone(bank, "the agent's phone")
  manager = new Phone(bank, "the manager's phone")
  head = new Phone(bank, "the head's phone")
  const [row] = await bank.helper.sql<[string, string, number, string]>(
    `SELECT c.id::text, c.name, c.member_count, s.name FROM customer c
       JOIN grid_assignment a ON a.grid_id = c.grid_id AND a.to_on IS NULL JOIN staff s ON s.id = a.staff_id AND s.login = $1
       JOIN staff m ON m.id = c.owner_id AND m.login = $2
      WHERE c.kind = 'household' AND c.member_count > 1 AND c.completeness_points BETWEEN 45 AND 75
        AND NOT EXISTS (SELECT FROM customer_value v WHERE v.customer_id = c.id AND (v.field LIKE 'income%' OR v.field LIKE 'spending%'))
      ORDER BY c.completeness_points DESC, c.id LIMIT 1`,
    bank.login('agent').login,
    bank.login('manager').login,
  )
  if (!row) throw new Error('no household suits this test')
  ;[home.id, home.name, home.people, home.agent] = row
  const [stale] = await bank.helper.sql<[string, string]>(
    `SELECT c.id::text, c.name FROM customer c JOIN staff m ON m.id = c.owner_id AND m.login = $1
      WHERE c.kind = 'household' AND c.id <> $2 AND EXISTS (SELECT FROM customer_value v WHERE v.customer_id = c.id AND v.source = 'collected'
        AND v.field = 'spending_living_fen' AND v.amount > 0 AND v.observed_at < now() - interval '400 days') ORDER BY c.id LIMIT 1`,
    bank.login('manager').login,
    home.id,
  )
  if (!stale) throw new Error('no household was asked long ago')
  ;[old.id, old.name] = stale
})

afterAll(async () => {
  for (const one of [agent, manager, head]) await one?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const one of [agent, manager, head]) await one?.picture(`failed, ${one.name}`).catch(() => undefined)
})

async function page(phone: Phone, of: { id: string; name: string } = home): Promise<void> {
  await phone.go(`/customers/${of.id}`)
  await phone.page.getByRole('heading', { name: of.name, exact: true }).waitFor()
}
/** The card of open questions. */
const card = (phone: Phone): Locator => phone.page.locator('section', { has: phone.page.getByRole('heading', { name: phone.t('questions.title'), exact: true }) })
const question = (phone: Phone, words: string): Locator => card(phone).getByRole('button', { name: new RegExp(`^${words}(?!，没问到)`) })
async function instead(phone: Phone, words: string, key: string): Promise<void> {
  await phone.tap(card(phone).getByRole('button', { name: phone.t('questions.instead', { what: words }), exact: true }))
  await phone.tap(phone.page.getByRole('dialog').getByRole('button', { name: phone.t(`questions.${key}`), exact: true }))
}
/** Saves, and waits until the app has left the form by itself: whoever goes elsewhere before is led back. */
async function save(phone: Phone): Promise<void> {
  const form = phone.page.url()
  await phone.tap(phone.button('save.onPhone'))
  await phone.page.waitForURL((url) => url.href !== form)
}
const allOf = async (phone: Phone) => {
  const more = card(phone).getByRole('button', { expanded: false })
  if (await more.count()) await phone.tap(more)
}

const sound = soundIn('questions')

describe.sequential('questions of a file', () => {
  test('an agent sees what is open, and not what it is worth', async () => {
    await agent.on()
    await agent.enrol(bank.login('agent'))
    await agent.offline()
    await page(agent)
    await question(agent, '收入').waitFor()
    await question(agent, '支出').waitFor()
    expect(/分/.test((await card(agent).textContent()) ?? '')).toBe(false)
    expect(await agent.page.getByRole('meter').count()).toBe(0)
    await sound(agent, '1-agent')
  })

  test('who would not say is asked again only after the days that the bank has set', async () => {
    await instead(agent, '支出', 'refused')
    await card(agent).getByText(/支出，不愿说，.*以后再问/).waitFor()
    await question(agent, '支出').waitFor({ state: 'detached' })
  })

  test('a tap opens the very field, and what was answered is asked no more', async () => {
    await agent.tap(question(agent, '收入'))
    const asked = agent.page.locator('[data-asked]')
    await asked.waitFor()
    expect(await asked.getAttribute('data-field')).toBe('income_planting_fen')
    expect(await agent.page.evaluate(() => document.activeElement?.closest('[data-field]')?.getAttribute('data-field'))).toBe('income_planting_fen')
    await sound(agent, '2-asked')
    await amount(agent, agent.t('field.income_wages_fen'), 3.2)
    await save(agent)
    await agent.page.getByRole('heading', { name: home.name, exact: true }).waitFor()
    await card(agent).getByText(/支出，不愿说/).waitFor()
    expect(await question(agent, '收入').count()).toBe(0)
  })

  test('what does not fit together is asked where it can be put right', async () => {
    await agent.go(`/customers/${home.id}/home?field=residents_count`)
    await agent.page.getByLabel(agent.t('field.residents_count'), { exact: true }).fill(String(home.people + 1))
    await save(agent)
    await agent.page.getByRole('heading', { name: home.name, exact: true }).waitFor()
    await allOf(agent)
    await agent.tap(question(agent, '说的人数和登记的不一样'))
    await agent.page.getByRole('heading', { name: agent.t('person.add'), exact: true }).waitFor()
  })

  test("on the manager's phone the same rests, and each value says who gave it and when", async () => {
    await agent.online()
    await agent.synced()
    await manager.on()
    await manager.enrol(bank.login('manager'))
    await page(manager)
    await card(manager).getByText(new RegExp(`支出，不愿说，${home.agent}，.*以后再问`)).waitFor()
    expect(await question(manager, '收入').count()).toBe(0)
    await manager.page.getByRole('meter').waitFor()
    await manager.tap(manager.page.getByRole('button', { name: /^收入\s*25/ }))
    await manager.page.getByRole('dialog').getByRole('button', { name: new RegExp(`工资.*上门采集，.*，${home.agent}`) }).waitFor()
    await sound(manager, '3-where-from')
    await manager.page.keyboard.press('Escape')
    await manager.page.getByRole('dialog').waitFor({ state: 'hidden' })
    await sound(manager, '4-manager')
  })

  test('in a visit the same stands, and the way back leads to the visit as it was', async () => {
    await manager.go(`/visits/new?customer=${home.id}`)
    await manager.tap(manager.chip('visits.how', 'channel.phone'))
    await manager.tap(manager.chip('visits.met', 'outcome.met'))
    await manager.page.getByLabel(manager.t('visits.note'), { exact: true }).fill('问到一半')
    await allOf(manager)
    await sound(manager, '5-visit')
    await manager.tap(question(manager, '说的人数和登记的不一样'))
    const name = manager.page.getByLabel('姓名', { exact: true })
    await name.fill('向小妹')
    await manager.tap(manager.page.getByRole('group', { name: '关系', exact: true }).getByRole('button', { name: '子女', exact: true }))
    await save(manager)
    await manager.page.getByRole('heading', { name: manager.t('visits.log'), exact: true }).waitFor()
    expect(await manager.page.getByLabel(manager.t('visits.note'), { exact: true }).inputValue()).toBe('问到一半')
    await question(manager, '说的人数和登记的不一样').waitFor({ state: 'detached' })
    await save(manager)
    await manager.synced()
  })

  test('what is old is still so with one tap, and as old as today at the bank', async () => {
    await page(manager, old)
    await allOf(manager)
    await question(manager, '支出').getByText(/该再问了/).waitFor()
    await instead(manager, '支出', 'same')
    await question(manager, '支出').waitFor({ state: 'detached' })
    await manager.synced()
    await until('the bank has it as of today', async () =>
      bank.helper.count("SELECT count(*) FROM customer_value WHERE customer_id = $1 AND field = 'spending_living_fen' AND amount > 0 AND observed_at > now() - interval '1 day'", old.id),
    )
  })

  test('a file is begun like a neighbour’s: a draft that says so, and only what was checked is saved', async () => {
    await page(manager)
    await manager.tap(manager.page.getByRole('button', { name: new RegExp(manager.t('copy.open')) }))
    await manager.page.getByRole('heading', { name: manager.t('copy.title'), exact: true }).waitFor()
    await sound(manager, '6-whose')
    const living = manager.page.getByRole('group', { name: /^生活开支/ })
    const choices = manager.page.getByRole('button', { name: new RegExp(manager.t('copy.choose')) })
    await choices.first().waitFor()
    for (let n = 0; ; n++) {
      await manager.tap(choices.nth(n))
      const other = manager.button('copy.otherOne')
      await other.or(manager.page.getByText(manager.t('copy.another'))).waitFor()
      if (await living.count()) break
      if (await other.count()) await manager.tap(other)
    }
    expect(/外债|担保|别处的钱|身份证|授权/.test((await manager.page.getByRole('main').textContent()) ?? '')).toBe(false)
    await manager.button('copy.sayFirst').waitFor()
    await manager.tap(living.getByRole('button', { name: manager.t('customers.change'), exact: true }))
    await amount(manager, manager.t('field.spending_living_fen'), 2.7)
    await manager.page.getByText(manager.t('copy.is_right'), { exact: true }).waitFor()
    await sound(manager, '7-draft')
    await manager.page.getByText(manager.t('save.draft')).waitFor()
    await manager.page.waitForTimeout(1_000)
    await manager.kill()
    await manager.on()
    await manager.unlock()
    await manager.page.getByText(manager.t('copy.is_right'), { exact: true }).waitFor()
    await manager.tap(manager.button('copy.look'))
    const sheet = manager.page.getByRole('dialog')
    await sheet.getByRole('heading', { name: manager.t('copy.summary', { n: 1 }), exact: true }).waitFor()
    await sheet.getByText(/生活开支\s*2\.7\s*万元|生活开支\s*27,000\s*元/).waitFor()
    await sound(manager, '8-summary')
    await manager.tap(sheet.getByRole('button', { name: manager.t('save.onPhone'), exact: true }))
    await manager.page.getByRole('heading', { name: home.name, exact: true }).waitFor()
    await manager.synced()
    // what nobody would say yesterday is said now: on the agent's phone it rests no more, and is not asked
    await agent.synced()
    await page(agent)
    await card(agent).getByText(/支出，不愿说/).waitFor({ state: 'detached' })
    expect(await question(agent, '支出').count()).toBe(0)
  })

  test('how complete the files are: a manager’s grids, and the branch for its head', async () => {
    const average = (where: string, login: string) =>
      bank.helper.count(
        `SELECT floor(avg(c.completeness_points)) FROM customer c JOIN staff s ON s.login = $1 WHERE c.status = 'active' AND ${where}`,
        login,
      )
    const mine = await average("c.grid_id IN (SELECT a.grid_id FROM grid_assignment a WHERE a.staff_id = s.id AND a.to_on IS NULL)", bank.login('manager').login)
    await manager.go('/customers')
    await manager.tap(manager.button('completeness.title'))
    const cardOf = (phone: Phone, key: string) => phone.page.locator('section', { has: phone.page.getByRole('heading', { name: phone.t(key), exact: true }) })
    await cardOf(manager, 'completeness.mine').getByText(manager.t('completeness.average', { n: mine }), { exact: true }).waitFor()
    await sound(manager, '9-grids')
    await head.on()
    await head.enrol(bank.login('branch_head'))
    const branch = await average('c.branch_id = (SELECT u.id FROM org_unit u WHERE u.id = s.unit_id)', bank.login('branch_head').login)
    await head.go('/completeness')
    await cardOf(head, 'completeness.branch').getByText(head.t('completeness.average', { n: branch }), { exact: true }).waitFor()
    await sound(head, '10-branch')
  })

  test('no page of the phones threw or logged an error', () => {
    expect([...agent.errors, ...manager.errors, ...head.errors]).toEqual([])
  })
})
