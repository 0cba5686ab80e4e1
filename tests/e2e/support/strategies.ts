/** What is done at head office's desk with a strategy, and the walk through its screens. */
import type { Phone } from './phone'
import type { Shoot } from './tour'

export const LIMIT_FILE = 'limits/limit.yaml'
const HOME = { heading: 'tabs.inbox', path: '/inbox' }

/** Finds a text in the editor as its own search does, and types over it. */
export async function typeOver({ page }: Phone, found: string, put: string): Promise<void> {
  await page.locator('.cm-content').first().click()
  await page.keyboard.press('Control+Home')
  await page.keyboard.press('Control+f')
  const search = page.locator('.cm-search input[name=search]')
  await search.fill('')
  // the editor looks for it key by key
  await search.pressSequentially(found)
  await page.keyboard.press('Enter')
  await page.keyboard.press('Escape')
  await page.keyboard.type(put)
}

/** The editor with the file that limits are worked out by. */
export const rulesOf = (desk: Phone) => desk.page.getByRole('textbox', { name: desk.t('strategy.editorOf', { file: LIMIT_FILE }) })

/** From the list of drafts to a new one; gives its id. */
export async function beginDraft(desk: Phone, title: string): Promise<string> {
  await desk.tap(desk.button('strategy.new'))
  await desk.page.getByLabel(desk.t('strategy.newTitle')).fill(title)
  await desk.tap(desk.button('strategy.newGo'))
  await desk.page.getByRole('heading', { name: title, exact: true }).first().waitFor()
  return new URL(desk.page.url()).pathname.split('/').at(-1) ?? ''
}

/** In the form of the file on screen: another number for a figure, as it is called. */
export async function changeFigure(desk: Phone, name: string, number: string): Promise<void> {
  const { page } = desk
  await desk.tap(page.locator('.figures').getByRole('button', { name: new RegExp(name) }))
  const sheet = page.getByRole('dialog')
  await sheet.getByLabel(desk.t('strategy.figureNumber')).fill(number)
  await desk.tap(sheet.getByRole('button', { name: desk.t('strategy.save'), exact: true }))
  await sheet.waitFor({ state: 'hidden' })
}

/** Every screen of the strategy, with an error, a simulation and what came of it. */
export async function strategies(desk: Phone, shoot: Shoot): Promise<void> {
  const { t } = desk
  await desk.on()
  await desk.enrol(desk.bank.login('hq_business'), HOME)
  await desk.go('/strategy')
  await desk.text('strategy.noDrafts').waitFor()
  await shoot(desk, '400 strategy, no draft')
  const draft = await beginDraft(desk, '额度按两万元一档')
  await desk.page.getByRole('navigation', { name: t('strategy.files') }).waitFor()
  await shoot(desk, '401 draft, its files')
  await desk.go(`/strategy/drafts/${draft}?file=figures/rhythm.yaml`)
  await changeFigure(desk, '基础客户走访周期', '90')
  await desk.page.locator('.figures .other').waitFor()
  await shoot(desk, '408 draft, policy figures')
  await desk.tap(desk.page.locator('.figures').getByRole('button').first())
  await desk.page.getByRole('dialog').getByLabel(t('strategy.figureNumber')).waitFor()
  await shoot(desk, '409 draft, a policy figure')
  await desk.tap(desk.page.getByRole('dialog').getByRole('button', { name: t('ui.cancel'), exact: true }))
  await desk.go(`/strategy/drafts/${draft}?file=${LIMIT_FILE}`)
  await rulesOf(desk).waitFor()
  await typeOver(desk, 'limit_step_fen)', 'limit_stp_fen)')
  await desk.tap(desk.button('strategy.check'))
  await desk.page.getByText(t('strategy.meant', { name: 'limit_step_fen' })).first().waitFor()
  await shoot(desk, '402 draft, an error')
  await desk.go(`/strategy/drafts/${draft}?file=${LIMIT_FILE}`)
  await rulesOf(desk).waitFor()
  await typeOver(desk, 'limit_stp_fen)', 'yuan(20000))')
  await desk.text('strategy.unsaved').waitFor()
  await shoot(desk, '403 draft, a file')
  await desk.tap(desk.button('strategy.check'))
  await desk.text('strategy.checkedWell').waitFor({ timeout: 150_000 })
  await desk.tap(desk.button('strategy.toBoard'))
  await desk.tap(desk.button('strategy.simulate'))
  await desk.page.getByRole('heading', { name: t('strategy.matrix'), exact: true }).waitFor({ timeout: 180_000 })
  await desk.page.locator('.movers tbody tr').first().waitFor()
  await shoot(desk, '404 simulation')
  await desk.tap(desk.page.locator('.movers tbody button').first())
  await desk.page.getByRole('dialog').getByRole('row').nth(3).waitFor()
  await shoot(desk, '405 simulation, step by step')
  await desk.tap(desk.page.getByRole('dialog').getByRole('button', { name: t('ui.close') }))
  await desk.tap(desk.page.locator('.bands button').nth(1))
  await desk.text('strategy.showMost').waitFor()
  await desk.page.locator('.movers tbody tr').first().waitFor()
  await shoot(desk, '410 simulation, who is behind a figure')
  await desk.tap(desk.button('strategy.submit'))
  await desk.button('strategy.waitsForOther').waitFor()
  await desk.go('/strategy/versions/1')
  await desk.page.getByRole('heading', { name: t('strategy.versionN', { n: 1 }), exact: true }).waitFor()
  await shoot(desk, '406 version')
  await desk.go('/strategy/runs')
  await desk.page.getByRole('heading', { name: t('strategy.runs'), exact: true }).waitFor()
  await shoot(desk, '407 recalculations')
  await desk.go('/strategy/grades')
  await desk.page.getByRole('heading', { name: t('grades.matrix') }).waitFor()
  await desk.page.locator('.two .col:last-child li').first().waitFor()
  await shoot(desk, '411 grades beside the province')
}
