/**
 * Grades of the provincial credit system come by a file: the manager's phone shows them beside ours, the agent's has none, and head
 * office compares both. Then the accounts file stops coming: the night writes nothing, and the desk says which file, and lets it through.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Bank } from './support/bank'
import { DESK, soundIn } from './support/look'
import { Phone } from './support/phone'
import { result, until } from './support/places'
import { EVERY, faultsOf, show, type Variant } from './support/variants'

const SIZE = { width: 1440, height: 900 }
const HOME = { heading: 'tabs.inbox', path: '/inbox' }

let bank: Bank
let manager: Phone
let agent: Phone
let business: Phone
let risk: Phone
/** A household that the manager and an agent have, whose head consents; its grade here is not AAA. */
const home = { id: '', name: '', grade: '' }
const all = () => [manager, agent, business, risk]

beforeAll(async () => {
  bank = await Bank.open()
  manager = new Phone(bank, "the manager's phone")
  agent = new Phone(bank, "the agent's phone")
  business = new Phone(bank, "the business department's desk", 'zh-CN', SIZE)
  risk = new Phone(bank, "the risk officer's desk", 'en', SIZE)
  const [row] = await bank.helper.sql<[string, string, string]>(
    `SELECT c.id::text, c.name, p.grade FROM customer c JOIN profile p ON p.customer_id = c.id AND p.grade <> 'AAA' JOIN staff s ON s.id = c.owner_id AND s.login = $1
       JOIN membership m ON m.customer_id = c.id AND m.relation = 'head' AND m.until_on IS NULL JOIN person h ON h.id = m.person_id AND 'credit' = ANY (h.consented)
       JOIN grid_assignment g ON g.grid_id = c.grid_id AND g.to_on IS NULL JOIN staff a ON a.id = g.staff_id AND a.login = $2
      WHERE c.kind = 'household' ORDER BY c.id LIMIT 1`,
    bank.login('manager').login,
    bank.login('agent').login,
  )
  if (!row) throw new Error('no household suits this test')
  ;[home.id, home.name, home.grade] = row
})

afterAll(async () => {
  for (const one of all()) await one?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const one of all()) {
    await one?.picture(`failed, ${one.name}`).catch(() => undefined)
    for (const error of one?.errors ?? []) process.stderr.write(`${error}\n`)
  }
})

const sound = soundIn('grades', DESK)
const ours = () => (home.grade === 'none' ? manager.t('grades.none') : home.grade)
const both = (phone: Phone) => phone.page.locator('#standing .grades').getByText(phone.t('customers.gradesBoth', { ours: ours(), theirs: 'AAA' }))

describe.sequential("the province's grades", () => {
  test('come by a file, whose bad row is told with its reason', async () => {
    const file = join(bank.home, '省里.csv')
    writeFileSync(file, `客户编号,信用等级,授信额度(元)\n${home.id},三A级,300000\n${home.id.replace(/^../, '00')},AA,\n`)
    const said = bank.tiange('import', 'grades', file, '--as-of', new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10), '--force')
    expect(said).toContain('2 rows: 1 new')
    expect(said).toContain('1 × unknown_customer')
    expect(readFileSync(`${file}.rejects.csv`, 'utf8')).toContain('unknown_customer')
  })

  test("stand beside ours on the manager's phone, and are in none of the agent's rows", async () => {
    await manager.on()
    await manager.enrol(bank.login('manager'))
    await manager.go(`/customers/${home.id}`)
    await both(manager).waitFor()
    const found: string[] = []
    for (const look of EVERY) {
      await show(manager, look)
      await manager.page.locator('#standing').scrollIntoViewIfNeeded()
      for (const fault of await faultsOf(manager.page, look)) found.push(`${look.name} ${fault}`)
      await manager.page.locator('#standing').screenshot({ path: result(`grades/card-${look.name}.png`), animations: 'disabled' })
    }
    await show(manager, EVERY[0] as Variant)
    expect(found).toEqual([])
    await agent.on()
    await agent.enrol(bank.login('agent'))
    await agent.go(`/customers/${home.id}`)
    await agent.page.getByText(home.name).first().waitFor()
    expect(await agent.page.getByText('信e代').count()).toBe(0)
    expect(await agent.page.locator('#standing').count()).toBe(0)
  })

  test('are compared at the business desk, and listed with what for at the risk officer’s', async () => {
    await business.on()
    await business.enrol(bank.login('hq_business'), HOME)
    await business.go('/strategy')
    await business.tap(business.page.getByRole('button', { name: new RegExp(business.t('grades.title')) }))
    await business.page.getByRole('heading', { name: business.t('grades.matrix') }).waitFor()
    await business.page.getByText(business.t('grades.differing')).waitFor()
    await business.page.locator('li b').first().waitFor()
    await sound(business, '1-compared')
    const waits = business.page.waitForEvent('download')
    await business.tap(business.button('strategy.exportCsv'))
    const csv = readFileSync(await (await waits).path(), 'utf8')
    expect(csv.startsWith('\ufeff客户编号,客户,支行,差别')).toBe(true)

    await risk.on()
    await risk.enrol(bank.login('risk_officer'), HOME)
    await risk.go('/strategy/grades')
    await risk.page.getByLabel(risk.t('look.purpose')).fill('yearly comparison')
    await sound(risk, '2-purpose')
    await risk.tap(risk.button('grades.go'))
    await risk.page.locator('.two .col:last-child li').first().waitFor()
    await sound(risk, '3-listed')
    expect(await bank.helper.count("SELECT count(*) FROM audit_entry WHERE action = 'strategy.grades_looked_at' AND role = 'risk_officer' AND detail->>'purpose' = 'yearly comparison'")).toBe(1)
  })

  test('a night without a newer accounts file waits, says which and goes on when somebody lets it', async () => {
    await bank.helper.sql(
      `INSERT INTO import_batch (id, kind, file_name, file_hash, as_of, state, counts, imported_at, run_by)
       VALUES (uuidv7(), 'accounts', 'accounts.csv', 'a', current_date - 20, 'taken', '{}', now(), 'browser tests')`,
    )
    const profiles = () => bank.helper.sql<[string]>('SELECT md5(string_agg(p::text, $1 ORDER BY customer_id)) FROM profile p', ',')
    const before = await profiles()
    await bank.helper.sql("INSERT INTO outbox_event (id, name, payload, created_at, request_id) VALUES (uuidv7(), 'strategy.nightly', '{}', now(), '')")
    await until('the night is held', async () => (await bank.helper.count("SELECT count(*) FROM strategy_run WHERE state = 'held' AND stale::text LIKE '%account%'")) === 1, 60)
    expect(await profiles()).toEqual(before)
    await business.go('/strategy')
    await business.page.getByText(business.t('stale.waits')).waitFor()
    await business.go('/strategy/runs')
    await business.page.getByText(business.t('stale.next', { files: '账户' })).waitFor()
    await sound(business, '4-held')
    await business.tap(business.button('strategy.release').first())
    await business.page.getByText(business.t('stale.release')).waitFor()
    await sound(business, '5-release')
    await business.tap(business.page.getByRole('dialog').getByRole('button', { name: business.t('strategy.release'), exact: true }))
    await until('it went through', async () => (await bank.helper.count("SELECT count(*) FROM strategy_run WHERE state = 'done' AND cause = 'released'")) === 1, 120)
    await business.go('/inbox')
    await business.page.getByText('账户文件只到').first().waitFor()
    await sound(business, '6-inbox')
  })
})
