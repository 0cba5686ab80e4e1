/**
 * What a manager enters raises a limit, and the bank says so: an opportunity on the customer's page, with what to say. The
 * manager takes it step by step without a network, and the head counts it and looks at what came of it.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { managersPhone } from './support/alone'
import type { Bank } from './support/bank'
import { soundIn } from './support/look'
import { Phone } from './support/phone'
import { result, until } from './support/places'
import { profileOf, type Household } from './support/records'
import { show, EVERY } from './support/variants'
import { editIncome } from './support/work'

let bank: Bank
let manager: Phone
let head: Phone
let home: Household

/** A household whose limit is what its income can carry, with room above: more income is more limit. */
async function boundByIncome(households: Household[]): Promise<Household> {
  const rows = await bank.helper.sql<[string, [string, number][]]>('SELECT customer_id::text, reasons FROM profile WHERE limit_fen > 0')
  const room = (reasons: [string, number][]) => reasons.filter(([code]) => code.startsWith('cap.')).map(([, amount]) => Number(amount))
  const suits = new Set(
    rows.flatMap(([id, said]) => {
      const reasons = typeof said === 'string' ? (JSON.parse(said) as [string, number][]) : said
      const lowered = reasons.some(([code]) => code === 'sum.grade_cap' || code === 'sum.net_assets' || code === 'sum.product_cap')
      return !lowered && room(reasons).length > 0 && Math.min(...room(reasons)) > 8_000_000 ? [id] : []
    }),
  )
  const found = households.find((one) => suits.has(one.id))
  if (!found) throw new Error('no household of the manager’s is bound by its income alone')
  return found
}

beforeAll(async () => {
  let households: Household[]
  ;({ bank, phone: manager, households } = await managersPhone())
  head = new Phone(bank, "the head's phone")
  await head.on()
  await head.enrol(bank.login('branch_head'))
  home = await boundByIncome(households)
})

afterAll(async () => {
  for (const one of [manager, head]) await one?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const one of [manager, head]) {
    await one?.picture(`failed, ${one.name}`).catch(() => undefined)
    for (const error of one?.errors ?? []) process.stderr.write(`${error}\n`)
  }
})

const sound = soundIn('opportunities')
const card = (phone: Phone) => phone.page.locator('#opportunities li').filter({ hasText: phone.t('opportunities.limit_raised') })
const step = (key: string) => card(manager).getByRole('button', { name: new RegExp(`^${manager.t(key)}`) })
/** What a line of the card says: buttons are called the same. */
const stage = (phone: Phone, key: string) => card(phone).locator('p').filter({ hasText: phone.t(key) }).first().waitFor({ timeout: 60_000 })

async function page(phone: Phone): Promise<void> {
  await phone.go(`/customers/${home.id}`)
  await phone.page.getByRole('heading', { name: home.name, exact: true }).waitFor()
}

/** A screen in every variant, for somebody to look at: before `sound`, which sets the theme by hand. */
async function pictures(phone: Phone, name: string): Promise<void> {
  await phone.page.evaluate(() => delete document.documentElement.dataset['theme'])
  for (const look of EVERY) {
    await show(phone, look)
    await phone.page.screenshot({ path: result(`opportunities/${name}-${look.name}.png`), animations: 'disabled' })
  }
  await show(phone, EVERY[0] as (typeof EVERY)[number])
}

describe.sequential('an opportunity', () => {
  test('comes of what the manager enters', async () => {
    const before = await profileOf(bank, home.id)
    await page(manager)
    expect(await card(manager).count()).toBe(0)
    await editIncome(manager, home, { field: 'income_wages_fen', wan: 30 })
    await card(manager).waitFor({ timeout: 90_000 })
    const after = await profileOf(bank, home.id)
    expect(after.limit).toBeGreaterThanOrEqual(before.limit + 1_000_000)
    const said = (await card(manager).innerText()).replace(/\s/g, '')
    for (const amount of [before, after]) expect(said).toContain(amount.limitText.replace(/\s/g, ''))
    await card(manager).getByText(manager.t('opportunities.limitScript')).waitFor()
    await stage(manager, 'opportunities.stage_assigned')
    await pictures(manager, 'card')
    await sound(manager, '1-card')
  })

  test('is taken step by step without a network, and taken back', async () => {
    await manager.offline()
    await manager.tap(step('opportunities.step_contact'))
    await stage(manager, 'opportunities.stage_contacted')
    await manager.tap(manager.button('ui.undo'))
    await stage(manager, 'opportunities.stage_assigned')
    await manager.tap(step('opportunities.step_contact'))
    await stage(manager, 'opportunities.stage_contacted')
    expect(await step('opportunities.step_contact').count()).toBe(0)
    await manager.go('/today')
    await manager.tap(manager.page.locator('a[href="/opportunities"]'))
    const line = manager.page.locator(`li > a[href^="/customers/${home.id}"]`).filter({ hasText: manager.t('opportunities.limit_raised') })
    await pictures(manager, 'list')
    await sound(manager, '2-list')
    // only what is near the screen is drawn: the list is gone through, and from its top again
    await until('the list shows it', async () => {
      await manager.page.evaluate(() => {
        const atEnd = scrollY + innerHeight >= document.documentElement.scrollHeight - 2
        scrollTo(0, atEnd ? 0 : scrollY + innerHeight * 0.8)
      })
      return (await line.count()) === 1
    })
    await line.getByText(new RegExp(manager.t('opportunities.stage_contacted'))).waitFor()
    await manager.tap(manager.page.getByRole('group', { name: manager.t('opportunities.order') }).getByRole('button', { name: manager.t('opportunities.byVillage') }))
    await manager.page.getByText(home.grid).first().waitFor()
    await sound(manager, '3-by-village')
    await manager.online()
    await manager.synced(120)
    const [stored] = await until('the bank has the step', async () => {
      const rows = await bank.helper.sql<[string]>("SELECT stage FROM opportunity WHERE customer_id = $1 AND event = 'limit_raised'", home.id)
      return rows[0]?.[0] === 'contacted' ? rows : null
    })
    expect(stored).toEqual(['contacted'])
  })

  test('takes its next step with the visit that spoke of it, is taken back with it, and steps once', async () => {
    const { page: screen } = manager
    const named = manager.t('opportunities.limit_raised')
    const speak = async () => {
      await manager.stand(home.lon, home.lat)
      await manager.go(`/visits/new?customer=${home.id}`)
      await screen.getByText(home.name, { exact: true }).first().waitFor()
      await manager.tap(manager.chip('visits.met', 'outcome.met'))
      // nothing is asked until the visit speaks of a loan
      expect(await screen.getByRole('group', { name: named }).count()).toBe(0)
      await manager.tap(screen.getByRole('group', { name: manager.t('visits.needs') }).getByRole('button', { name: '贷款' }))
      const steps = screen.getByRole('group', { name: named })
      expect(await steps.getByRole('button', { name: manager.t('opportunities.step_contact'), exact: true }).count()).toBe(0)
      await manager.tap(steps.getByRole('button', { name: manager.t('opportunities.step_lose'), exact: true }))
      await screen.getByText(manager.t('opportunities.lostFirst')).first().waitFor()
      await manager.tap(steps.getByRole('button', { name: manager.t('opportunities.step_follow'), exact: true }))
      await screen.getByLabel(manager.t('visits.note'), { exact: true }).fill('额度升了，谈了怎么用')
      return steps
    }
    await manager.offline()
    const steps = await speak()
    await steps.scrollIntoViewIfNeeded()
    await pictures(manager, 'visit')
    await sound(manager, '3b-visit')
    await manager.tap(manager.button('save.onPhone'))
    await screen.getByRole('heading', { name: manager.t('tabs.today') }).waitFor()
    await manager.tap(manager.button('ui.undo'))
    await page(manager)
    await stage(manager, 'opportunities.stage_contacted')
    await speak()
    await manager.tap(manager.button('save.onPhone'))
    await screen.getByRole('heading', { name: manager.t('tabs.today') }).waitFor()
    await page(manager)
    await stage(manager, 'opportunities.stage_followed')
    await manager.online()
    await manager.synced(120)
    const [stored] = await bank.helper.sql<[number, number]>(
      `SELECT (SELECT count(*) FROM opportunity_step s JOIN opportunity o ON o.id = s.opportunity_id WHERE o.customer_id = $1 AND s.step = 'follow'),
        (SELECT count(*) FROM visit WHERE customer_id = $1 AND note = '额度升了，谈了怎么用')`,
      home.id,
    )
    expect(stored?.map(Number)).toEqual([1, 1])
  })

  test('ends with what came of it, and why', async () => {
    await page(manager)
    await manager.offline()
    await manager.tap(step('opportunities.step_lose'))
    const sheet = manager.page.getByRole('dialog')
    await sheet.getByRole('button', { name: manager.t('opportunities.lostFirst') }).waitFor()
    await manager.tap(sheet.getByRole('button', { name: manager.t('opportunities.reason_terms') }))
    await pictures(manager, 'why')
    await sound(manager, '4-why')
    await manager.tap(sheet.getByRole('button', { name: manager.t('opportunities.step_lose'), exact: true }))
    await stage(manager, 'opportunities.stage_lost')
    await card(manager).getByText(new RegExp(manager.t('opportunities.reason_terms'))).waitFor()
    await manager.tap(step('opportunities.step_reopen'))
    await stage(manager, 'opportunities.stage_followed')
    await manager.tap(step('opportunities.step_win'))
    await stage(manager, 'opportunities.stage_won')
    await sound(manager, '5-won')
    await manager.online()
    await manager.synced(120)
  })

  test('is counted for the head, who looks at what came of it', async () => {
    await head.go('/team')
    await head.tap(head.button('opportunities.branch'))
    const closed = head.page.getByRole('main').locator('section').filter({ hasText: home.name }).filter({ hasText: head.t('opportunities.stage_won') })
    await closed.waitFor({ timeout: 60_000 })
    await pictures(head, 'branch')
    await sound(head, '6-branch')
    await head.tap(closed.getByRole('button', { name: new RegExp(`^${head.t('opportunities.seen')}`) }))
    await closed.waitFor({ state: 'hidden', timeout: 60_000 })
    await page(manager)
    await stage(manager, 'opportunities.stage_reviewed')
    expect(await card(manager).getByRole('button').count()).toBe(0)
    await page(head)
    await stage(head, 'opportunities.stage_reviewed')
  })
})
