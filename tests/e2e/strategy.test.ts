/**
 * The life of a strategy at head office's desk: a draft with an error that is shown where it stands, two who write at the
 * same file, the simulation, the publication by another person; then the manager's phone shows the new limit.
 */
import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Bank } from './support/bank'
import { DESK, soundIn } from './support/look'
import { Phone } from './support/phone'
import { until } from './support/places'
import { beginDraft, changeFigure, LIMIT_FILE, rulesOf, typeOver } from './support/strategies'

const TITLE = '额度按两万元一档'
const RULE = 'limit_step_fen)'
const SIZE = { width: 1440, height: 900 }
const HOME = { heading: 'tabs.inbox', path: '/inbox' }
/** Fen in 10,000 yuan. */
const WAN = 1_000_000

let bank: Bank
let business: Phone
let beside: Phone
let risk: Phone
let manager: Phone
/** A household whose limit is no multiple of 20,000 yuan: in such steps it is lower. */
let home: { id: string; name: string; limit: number }
let draft = ''
const all = () => [business, beside, risk, manager]

beforeAll(async () => {
  bank = await Bank.open()
  business = new Phone(bank, "the business department's desk", 'zh-CN', SIZE)
  beside = new Phone(bank, 'the other desk', 'zh-CN', SIZE)
  risk = new Phone(bank, "the risk officer's desk", 'en', SIZE)
  manager = new Phone(bank, "the manager's phone")
  const [row] = await bank.helper.sql<[string, string, number]>(
    `SELECT c.id::text, c.name, p.limit_fen FROM customer c JOIN profile p ON p.customer_id = c.id JOIN staff s ON s.id = c.owner_id AND s.login = $1
      WHERE c.kind = 'household' AND p.limit_fen > 2000000 AND p.limit_fen % 2000000 <> 0 ORDER BY c.id LIMIT 1`,
    bank.login('manager').login,
  )
  if (!row) throw new Error('no household suits this test')
  const [id, name, limit] = row
  home = { id, name, limit: Number(limit) }
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

const sound = soundIn('strategy', DESK)
const heading = (desk: Phone, name: string) => desk.page.getByRole('heading', { name, exact: true }).first()
const draftPath = () => `/strategy/drafts/${draft}?file=${LIMIT_FILE}`

async function open(desk: Phone, path: string): Promise<void> {
  await desk.go(path)
  await rulesOf(desk).waitFor()
}
const editorsOn = ({ page }: Phone) => page.evaluate(() => performance.getEntriesByType('resource').filter(({ name }) => name.includes('/assets/editor-')).length)
const lower = () => home.limit - (home.limit % (2 * WAN))
const state = async () => (await bank.helper.sql<[string]>('SELECT state FROM strategy_draft WHERE id = $1::uuid', draft))[0]?.[0]

describe.sequential('a strategy', () => {
  test('is drafted at a desk, reached from the side bar', async () => {
    await business.on()
    await business.enrol(bank.login('hq_business'), HOME)
    await business.go('/me')
    await business.tap(business.page.getByRole('button', { name: new RegExp(business.t('strategy.open')) }))
    await heading(business, business.t('strategy.title')).waitFor()
    await business.page.getByText(business.t('strategy.noDrafts')).waitFor()
    await sound(business, '1-list')
    draft = await beginDraft(business, TITLE)
    const files = business.page.getByRole('navigation', { name: business.t('strategy.files') })
    await files.getByRole('searchbox').fill('limits/')
    await business.tap(files.getByRole('button', { name: 'limit', exact: true }))
    await rulesOf(business).waitFor()
    await sound(business, '2-file')
    // the editor is fetched by whoever writes, and is none of the files that every phone keeps
    expect(await editorsOn(business)).toBeGreaterThan(0)
    const kept = await (await fetch(`${bank.url}/sw.js`)).text()
    expect(kept).toContain('assets/Draft-')
    expect(kept.includes('assets/editor-')).toBe(false)
  })

  test('a policy figure is changed in a form: its file with it', async () => {
    await business.go(`/strategy/drafts/${draft}?file=figures/rhythm.yaml`)
    await changeFigure(business, '基础客户走访周期', '90')
    await business.page.getByText(business.t('strategy.num_days', { n: 90 })).first().waitFor()
    await sound(business, '2b-figures')
    const [row] = await bank.helper.sql<[string, string]>(
      "SELECT d.overlay -> 'figures/rhythm.yaml' ->> 'text', v.content ->> 'figures/rhythm.yaml' FROM strategy_draft d JOIN catalogue_version v ON v.version = d.base_version WHERE d.id = $1::uuid",
      draft,
    )
    expect(row?.[0]).toBe(row?.[1].replace('value: 120}', 'value: 90}'))
    await open(business, draftPath())
  })

  test('a wrong name is shown at its place, with the one that is meant, and mended by it', async () => {
    await typeOver(business, RULE, 'limit_stp_fen)')
    await business.text('strategy.unsaved').waitFor()
    await business.tap(business.button('strategy.check'))
    await business.page.getByText(business.t('strategy.wrong.unknown', { name: 'limit_stp_fen' })).first().waitFor()
    await business.page.getByText(business.t('strategy.meant', { name: 'limit_step_fen' })).first().waitFor()
    await business.page.locator('.cm-lintRange-error').first().waitFor()
    await sound(business, '3-wrong')
    await business.page.locator('.cm-lintRange-error').first().hover()
    await business.tap(business.page.locator('.cm-diagnosticAction', { hasText: business.t('strategy.putIt', { name: 'limit_step_fen' }) }))
    await business.text('strategy.unsaved').waitFor()
    await typeOver(business, RULE, 'yuan(20000))')
    await business.tap(business.page.getByRole('button', { name: business.t('strategy.compare'), exact: true }))
    await business.page.locator('.cm-changedLine').first().waitFor()
    await sound(business, '4-compare')
    await business.tap(business.page.getByRole('button', { name: business.t('strategy.write'), exact: true }))
  })

  test('names are offered by what they are called', async () => {
    await typeOver(business, 'yuan(20000)', '年盈')
    await business.page.locator('.cm-tooltip-autocomplete').getByText('surplus_year_fen').waitFor()
    await business.page.keyboard.press('Escape')
    for (const _ of '年盈') await business.page.keyboard.press('Backspace')
    await business.page.keyboard.type('yuan(20000)')
  })

  test('what was typed outlives a killed browser', async () => {
    const mine = () => bank.helper.count('SELECT count(*) FROM strategy_draft WHERE id = $1::uuid AND overlay::text LIKE $2', draft, '%yuan(20000)%')
    expect(await mine()).toBe(0)
    await business.text('strategy.unsaved').waitFor()
    await business.kill()
    await business.on()
    await business.unlock()
    await open(business, draftPath())
    await business.text('strategy.unsaved').waitFor()
    await business.tap(business.button('strategy.save'))
    await business.text('strategy.savedAll').waitFor()
    expect(await mine()).toBe(1)
  })

  test('of two who write at one file the second sees the other and loses nothing', async () => {
    await beside.on()
    await beside.enrol(bank.login('hq_business'), HOME)
    await open(beside, draftPath())
    await business.page.locator('.cm-content').first().click()
    await business.page.keyboard.press('Control+Home')
    await business.page.keyboard.type('# 先写的一行\n')
    await beside.page.locator('.cm-content').first().click()
    await beside.page.keyboard.press('Control+End')
    await beside.page.keyboard.type('\n# 后写的一行\n')
    await business.tap(business.button('strategy.save'))
    await business.text('strategy.savedAll').waitFor()
    // at once, or when the desk looks again
    if (await beside.button('strategy.save').count()) await beside.tap(beside.button('strategy.save'))
    await beside.page.getByText(beside.t('strategy.movedSafe')).waitFor()
    await beside.page.getByText('# 先写的一行').first().waitFor()
    await beside.page.getByText('# 后写的一行').first().waitFor()
    await sound(beside, '5-two')
    // the other's line is taken over into one's own
    await beside.tap(beside.page.locator('.cm-merge-revert button').first())
    await beside.tap(beside.button('strategy.movedKeep'))
    await beside.text('strategy.savedAll').waitFor()
    const [kept] = await bank.helper.sql<[string]>("SELECT overlay -> 'limits/limit.yaml' ->> 'text' FROM strategy_draft WHERE id = $1::uuid", draft)
    expect(kept?.[0]).toContain('# 先写的一行')
    expect(kept?.[0]).toContain('# 后写的一行')
    await beside.off()
  })

  test('is checked and simulated: everybody, before and after', async () => {
    await business.tap(business.button('strategy.check'))
    await business.text('strategy.checkedWell').waitFor({ timeout: 150_000 })
    await business.tap(business.button('strategy.toBoard'))
    await heading(business, business.t('strategy.board')).waitFor()
    await business.text('strategy.notYet').waitFor()
    await sound(business, '6-before')
    await business.tap(business.button('strategy.simulate'))
    await heading(business, business.t('strategy.matrix')).waitFor({ timeout: 120_000 })
    await business.button('strategy.submit').waitFor()
    await business.page.getByRole('table').first().waitFor()
    await business.page.locator('.movers tbody tr').first().waitFor()
    await sound(business, '7-board')
    // the changed figure is a field, and changed in its place it makes the simulation an old one
    await business.page.getByRole('button', { name: new RegExp(business.t('strategy.num_days', { n: 90 })) }).waitFor()
    await business.tap(business.page.locator('.movers tbody button').first())
    await business.page.getByRole('dialog').getByRole('row').nth(3).waitFor()
    await sound(business, '8-steps')
    await business.tap(business.page.getByRole('dialog').getByRole('button', { name: business.t('ui.close') }))
    const waits = business.page.waitForEvent('download')
    await business.tap(business.button('strategy.exportXlsx'))
    expect((await waits).suggestedFilename()).toBe('simulation.xlsx')
  })

  test('behind each figure stand its customers, page by page and as a file', async () => {
    const { page } = business
    const cell = page.getByRole('region', { name: business.t('strategy.matrix') }).getByRole('button').first()
    const many = Number(((await cell.textContent()) ?? '').replaceAll(',', ''))
    await business.tap(cell)
    await page.locator('.movers').getByText(business.t('strategy.ofMany', { n: many.toLocaleString('en-US') })).waitFor()
    const shown = page.locator('.movers tbody tr')
    await shown.first().waitFor()
    expect(await shown.count()).toBe(Math.min(many, 50))
    if (many > 50) {
      await business.tap(page.locator('.movers').getByRole('button', { name: new RegExp(business.t('strategy.moreCustomers', { n: (many - 50).toLocaleString('en-US') })) }))
      await until('the next page stands below', async () => (await shown.count()) === Math.min(many, 100))
    }
    await sound(business, '8b-cell')
    const waits = page.waitForEvent('download')
    await business.tap(business.button('strategy.exportCsv'))
    const rows = readFileSync(await (await waits).path(), 'utf8').trim().split(/\r?\n/)
    expect(rows.length).toBe(many + 1)
    await business.tap(page.locator('.bands button').nth(1))
    await business.text('strategy.showMost').waitFor()
    await shown.first().waitFor()
    await sound(business, '8c-band')
    await business.tap(business.button('strategy.showMost'))
    const looks = await bank.helper.count("SELECT count(*) FROM audit_entry WHERE action IN ('strategy.simulated_looked_at', 'strategy.simulated_exported')")
    expect(looks).toBeGreaterThanOrEqual(3)
  })

  test('is handed over, never published by who wrote it', async () => {
    await business.tap(business.button('strategy.submit'))
    await business.button('strategy.waitsForOther').waitFor()
    await sound(business, '9-handed')
    expect(await state()).toBe('submitted')
  })

  test('the risk officer reads it, and publishes it', async () => {
    await risk.on()
    await risk.enrol(bank.login('risk_officer'), HOME)
    await risk.tap(risk.tab('strategy'))
    await risk.tap(risk.page.getByRole('link', { name: new RegExp(TITLE) }))
    await heading(risk, risk.t('strategy.matrix')).waitFor()
    await risk.page.getByLabel(risk.t('look.purpose')).fill('发布前看看')
    await risk.tap(risk.button('strategy.moversGo'))
    await risk.page.locator('.movers tbody tr').first().waitFor()
    await sound(risk, '10-risk')
    await risk.tap(risk.button('strategy.publish'))
    await risk.page.getByRole('dialog').getByLabel(risk.t('strategy.publishFrom')).waitFor()
    await sound(risk, '11-publish')
    await risk.tap(risk.button('strategy.publishNow'))
    await until('the draft is published', async () => (await state()) === 'published')
    await risk.go('/strategy')
    await risk.page.getByRole('link', { name: /Version 2/ }).waitFor()
    await sound(risk, '12-in-force')
    await risk.go('/strategy/versions/1')
    await heading(risk, risk.t('strategy.versionN', { n: 1 })).waitFor()
    await risk.page.getByText('yuan(20000)').first().waitFor()
    await sound(risk, '13-version')
  })

  test("and the manager's phone shows the new limit", async () => {
    await until('everybody is worked out anew', async () => (await bank.helper.count('SELECT limit_fen FROM profile WHERE customer_id = $1::uuid', home.id)) === lower(), 120)
    await manager.on()
    await manager.enrol(bank.login('manager'))
    await manager.go(`/customers/${home.id}`)
    await heading(manager, home.name).waitFor()
    await manager.page.getByText(new RegExp(`^${lower() / WAN}\\s*万`)).first().waitFor()
    await risk.go('/strategy/runs')
    await risk.page.getByText(risk.t('strategy.cause_published')).first().waitFor()
    await sound(risk, '14-runs')
  })

  test('without a network it says so, and keeps what is on the screen', async () => {
    await risk.page.context().setOffline(true)
    await risk.go('/strategy')
    await risk.text('watch.needsNetwork').waitFor()
    await sound(risk, '15-offline')
    await risk.page.context().setOffline(false)
    await risk.page.getByRole('link', { name: /Version 2/ }).waitFor()
  })

  test('goes back to what it was by a draft that another person publishes', async () => {
    await risk.go('/strategy/versions/1')
    await risk.tap(risk.button('strategy.rollBack'))
    await risk.page.getByLabel(risk.t('strategy.rollBackWhy')).fill('两万元一档太粗')
    await risk.tap(risk.button('strategy.rollBackGo'))
    await risk.button('strategy.waitsForOther').waitFor()
    await sound(risk, '16-roll-back')
    await business.go('/strategy')
    await business.tap(business.page.getByRole('link', { name: /回到第 1 版/ }))
    await business.tap(business.button('strategy.publish'))
    await business.tap(business.button('strategy.publishNow'))
    await until('what was before is in force', async () => (await bank.helper.count('SELECT limit_fen FROM profile WHERE customer_id = $1::uuid', home.id)) === home.limit, 120)
  })

  test('no page threw or logged an error', () => {
    expect(all().flatMap((one) => one.errors)).toEqual([])
  })
})
