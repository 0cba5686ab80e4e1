/**
 * What an entry will change is shown before the bank has it: a manager without a network lowers what a household earns, sees
 * by the bank's own rules what limit to expect and how it comes about, and the bank then says the same.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { managersPhone } from './support/alone'
import type { Bank } from './support/bank'
import { soundIn } from './support/look'
import type { Phone } from './support/phone'
import { editIncome } from './support/work'

let bank: Bank
let phone: Phone
let home: { id: string; name: string }
let field = ''
let expected = ''

const sound = (name: string) => soundIn('provisional')(phone, name)
const card = () => phone.page.locator('section').filter({ has: phone.page.getByRole('heading', { name: phone.t('calculation.expected'), exact: true }) })
const limitIn = async () => (await phone.page.locator('dl.figures dd').first().innerText()).replaceAll(/\s/g, '')

beforeAll(async () => {
  ;({ bank, phone } = await managersPhone())
  // one with a limit, held by nothing but what it earns, which it earns one way
  const [row] = await bank.helper.sql<[string, string, string]>(
    `SELECT c.id::text, c.name, min(v.field) FROM customer c JOIN profile p ON p.customer_id = c.id JOIN staff s ON s.id = c.owner_id AND s.login = $1
       JOIN customer_value v ON v.customer_id = c.id AND v.shown AND v.field LIKE 'income\\_%\\_fen' AND v.field NOT LIKE '%expected%' AND v.amount > 3000000
      WHERE c.kind = 'household' AND c.status = 'active' AND p.limit_fen > 2000000
        AND NOT EXISTS (SELECT FROM jsonb_array_elements(p.reasons) r WHERE r ->> 0 IN ('sum.net_assets_cap', 'sum.grade_cap', 'sum.no_grade'))
        AND NOT EXISTS (SELECT FROM customer_dispute d WHERE d.customer_id = c.id AND d.state = 'open')
      GROUP BY c.id, c.name HAVING count(*) = 1 ORDER BY c.id LIMIT 1`,
    bank.login('manager').login,
  )
  if (!row) throw new Error('no household whose limit follows from what it earns')
  home = { id: row[0], name: row[1] }
  field = row[2]
})

afterAll(async () => {
  await phone?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await phone?.picture(`failed, ${phone.name}`).catch(() => undefined)
})

describe.sequential('the effect of an entry', () => {
  test('nothing entered, nothing announced; the way to the limit stands on the page, offline', async () => {
    await phone.offline()
    await phone.go(`/customers/${home.id}`)
    await phone.page.getByRole('heading', { name: home.name, exact: true }).waitFor()
    await phone.tap(phone.button('calculation.open'))
    const sheet = phone.page.getByRole('dialog', { name: phone.t('calculation.title') })
    await sheet.getByText('收入能力', { exact: true }).first().waitFor()
    await sheet.getByText('村民评议').first().waitFor()
    await sound('1-steps')
    // what others earn is said with whose it is and of which day, and nothing of theirs beside
    const local = sheet.locator('.line').filter({ hasText: '当地人均年收入' })
    await local.scrollIntoViewIfNeeded()
    expect(await local.innerText()).toMatch(/(本村|本乡镇|全行)，.+统计/)
    await sound('1-whose')
    await phone.page.keyboard.press('Escape')
    expect(await card().count()).toBe(0)
  })

  test('a lower income, entered without a network, shows at once what limit to expect, also after a restart', async () => {
    const before = await limitIn()
    await editIncome(phone, home, { field, wan: 2 })
    await card().getByText(phone.t('calculation.provisional')).waitFor()
    await sound('2-expected')
    await phone.kill()
    await phone.on()
    await phone.unlock()
    await phone.go(`/customers/${home.id}`)
    expected = (await card().locator('.line.main dd').first().innerText()).split('\n')[0]?.replaceAll(/\s/g, '') ?? ''
    expect(expected === before).toBe(false)
    // the head of the page shows what is in force
    expect(await limitIn()).toBe(before)
    await phone.tap(card().getByRole('button', { name: phone.t('calculation.open') }))
    // another day may begin meanwhile
    const said = phone.t('calculation.ofExpected', { day: '' }).slice(0, 8)
    await phone.page.getByRole('dialog', { name: phone.t('calculation.title') }).getByText(said).waitFor()
    await sound('3-steps-expected')
    await phone.page.keyboard.press('Escape')
  })

  test('the bank says the same, and nothing is announced any more', async () => {
    await phone.online()
    await phone.synced()
    await phone.go(`/customers/${home.id}`)
    await phone.page.getByRole('heading', { name: home.name, exact: true }).waitFor()
    await card().waitFor({ state: 'detached', timeout: 60_000 })
    expect(await limitIn()).toBe(expected)
    await sound('4-confirmed')
  })
})
