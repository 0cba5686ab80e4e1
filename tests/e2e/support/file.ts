/** The screens around a file: contacts beside the visit, what to ask, people and what they signed, a shop, a village evaluation. */
import type { Shoot } from './tour'
import type { Bank } from './bank'
import { PIN, type Phone } from './phone'
import { until } from './places'
import type { Household } from './records'
import { amount, draw } from './work'

export interface Kitchen {
  bank: Bank
  manager: Phone
  head: Phone
}

const REVIEWERS = ['罗书记', '谢组长', '高老师']
const QUESTIONS = { repute: 'good', harmony: 'good', diligence: 'hard', debts: 'some', habits: 'none', ability: 'likely' }

async function openCustomer(phone: Phone, { id, name }: Pick<Household, 'id' | 'name'>): Promise<void> {
  await phone.go(`/customers/${id}`)
  await phone.page.getByRole('heading', { name, exact: true }).waitFor()
  await phone.page.getByRole('heading', { name: phone.t('customers.history') }).waitFor()
}

/** A call in three taps, who came along, what was shown, an addition, a village meeting. */
export async function contacting({ bank, manager }: Kitchen, shoot: Shoot, home: Household): Promise<void> {
  const { page } = manager
  const [colleague] = await bank.helper.sql<[string]>('SELECT name FROM staff WHERE login = $1', bank.login('agent').login)
  await openCustomer(manager, home)
  await manager.tap(page.getByRole('button', { name: manager.t('visits.quickTitle', { name: home.name }) }))
  await page.getByRole('dialog').waitFor()
  await shoot(manager, '200 a call in three taps')
  await page.keyboard.press('Escape')
  await manager.stand(home.lon, home.lat)
  await manager.go(`/visits/new?customer=${home.id}`)
  await manager.tap(manager.button('visits.kept.ask'))
  await shoot(manager, '201 visit, what is kept of the place')
  await manager.tap(page.getByRole('dialog').getByRole('button', { name: manager.t('ui.close') }))
  await manager.tap(manager.chip('visits.met', 'outcome.met'))
  await manager.tap(page.getByRole('button', { name: new RegExp(manager.t('visits.presented')) }))
  await manager.tap(page.getByRole('group', { name: manager.t('visits.presented') }).getByRole('button').first())
  await manager.tap(page.getByRole('button', { name: new RegExp(manager.t('visits.companion')) }))
  await page.getByLabel(manager.t('visits.findColleague')).fill(colleague?.[0] ?? '')
  await shoot(manager, '202 visit, who came along')
  await manager.tap(page.getByRole('dialog').getByRole('button', { name: new RegExp(colleague?.[0] ?? '') }))
  await shoot(manager, '203 visit, presented and together')
  await manager.tap(manager.button('save.onPhone'))
  await page.waitForURL(/\/today/)
  await openCustomer(manager, home)
  await manager.tap(page.getByRole('link', { name: manager.t('visits.add') }).first())
  await page.getByLabel(manager.t('visits.note')).fill('他家老大考上大学了')
  await shoot(manager, '204 an addition to a visit')
  await manager.tap(manager.button('save.onPhone'))
  await page.getByText(/他家老大考上大学了/).waitFor()
  await shoot(manager, '205 customer, with the addition')
  await manager.go('/visits/meeting')
  const grids = page.getByRole('group', { name: manager.t('visits.meetingGrid') }).getByRole('button')
  await shoot(manager, '206 meeting, empty')
  if (await grids.count()) await manager.tap(grids.first())
  const rows = page.getByRole('main').getByRole('listitem').getByRole('button')
  for (const n of [0, 1, 2]) await manager.tap(rows.nth(n))
  await page.getByText(manager.t('visits.meetingCount', { n: 3 })).waitFor()
  await shoot(manager, '207 meeting, three came')
}

/** A person joins, signs, and a photo of her papers. */
export async function asking({ manager }: Kitchen, shoot: Shoot, home: Household): Promise<void> {
  const { page } = manager
  const field = (label: string) => page.getByLabel(label, { exact: true })
  await openCustomer(manager, home)
  await manager.tap(page.getByRole('button', { name: new RegExp(manager.t('person.add')) }))
  await field('姓名').waitFor()
  await shoot(manager, '210 a person, empty')
  await field('姓名').fill('向老太')
  await manager.tap(page.getByRole('group', { name: '关系', exact: true }).getByRole('button', { name: '父母', exact: true }))
  await field('身份证号').fill('999999195002036421')
  await field('出生日期').fill('2031-02-03')
  await page.getByRole('alert').first().waitFor()
  await shoot(manager, '211 a person, wrong at the field')
  await field('身份证号').fill('')
  await field('出生日期').fill('1950-02-03')
  await page.getByRole('alert').first().waitFor({ state: 'detached' })
  await manager.tap(manager.button('save.onPhone'))
  await page.getByRole('heading', { name: home.name, exact: true }).waitFor()
  await manager.tap(page.getByRole('button', { name: /向老太/ }).first())
  await manager.button('person.toConsents').waitFor()
  await shoot(manager, '212 a person, parts closed')
  await manager.tap(manager.button('person.toConsents'))
  await page.getByRole('heading', { name: manager.t('consent.of', { name: '向老太' }), exact: true }).waitFor()
  await shoot(manager, '213 consents, none')
  const purpose = page.locator('section', { has: page.getByRole('heading', { name: '健康信息', exact: true }) })
  await manager.tap(purpose.getByRole('button', { name: manager.t('consent.sign') }))
  await page.getByRole('dialog').waitFor()
  await shoot(manager, '214 consents, signing')
  await draw(manager, 'consent.agree')
  await purpose.getByText(manager.t('consent.yes'), { exact: true }).waitFor()
  await shoot(manager, '215 consents, signed')
  await manager.tap(purpose.getByRole('button', { name: manager.t('consent.withdraw') }))
  await page.getByRole('dialog').waitFor()
  await shoot(manager, '216 consents, withdrawing')
  await page.keyboard.press('Escape')
  await openCustomer(manager, home)
  await page.locator('input[type=file]').setInputFiles({ name: 'photo.jpg', mimeType: 'image/jpeg', buffer: await manager.photograph('peru') })
  await page.getByRole('dialog').waitFor()
  await shoot(manager, '217 a photo of the file, what is on it')
  await manager.tap(page.getByRole('dialog').getByRole('button', { name: manager.t('photo.id'), exact: true }))
  await page.getByRole('dialog').getByRole('button').first().waitFor()
  await shoot(manager, '218 a photo of papers, whose')
  await page.keyboard.press('Escape')
}

/** Of the manager's, with nobody asked about income and spending yet. */
export async function unasked(bank: Bank): Promise<Pick<Household, 'id' | 'name'>> {
  const [row] = await bank.helper.sql<[string, string]>(
    `SELECT c.id::text, c.name FROM customer c JOIN staff m ON m.id = c.owner_id AND m.login = $1 JOIN grid g ON g.id = c.grid_id AND g.manager_id = m.id
      WHERE c.kind = 'household' AND c.status = 'active' AND c.member_count > 1 AND c.completeness_points BETWEEN 45 AND 75
        AND NOT EXISTS (SELECT FROM customer_value v WHERE v.customer_id = c.id AND (v.field LIKE 'income%' OR v.field LIKE 'spending%'))
      ORDER BY c.completeness_points DESC, c.id LIMIT 1`,
    bank.login('manager').login,
  )
  if (!row) throw new Error('no household suits this walk')
  return { id: row[0], name: row[1] }
}

/** What is worth asking, on the page and in a visit; a file begun like a neighbour's; how complete all of them are. */
export async function questioning({ manager }: Kitchen, shoot: Shoot, home: Pick<Household, 'id' | 'name'>): Promise<void> {
  const { page } = manager
  const card = page.locator('section', { has: page.getByRole('heading', { name: manager.t('questions.title'), exact: true }) })
  const whole = async () => {
    const more = card.getByRole('button', { expanded: false })
    if (await more.count()) await manager.tap(more)
    await card.evaluate((el) => el.scrollIntoView({ block: 'center' }))
  }
  await openCustomer(manager, home)
  await whole()
  await shoot(manager, '240 customer, what to ask')
  await manager.tap(card.getByRole('button', { name: manager.t('questions.instead', { what: '支出' }), exact: true }))
  await page.getByRole('dialog').waitFor()
  await shoot(manager, '241 a question, not answered')
  await manager.tap(page.getByRole('dialog').getByRole('button', { name: manager.t('questions.refused'), exact: true }))
  await card.getByText(/支出，不愿说/).waitFor()
  await whole()
  await shoot(manager, '242 customer, a question rests')
  await manager.go(`/visits/new?customer=${home.id}`)
  await manager.tap(manager.chip('visits.how', 'channel.phone'))
  await manager.tap(manager.chip('visits.met', 'outcome.met'))
  await whole()
  await shoot(manager, '243 visit, what to ask')
  await manager.tap(card.getByRole('button', { name: /^收入/ }).first())
  await page.locator('[data-asked]').waitFor()
  await shoot(manager, '244 income, the field that is asked')
  await amount(manager, manager.t('field.income_wages_fen'), 3.2)
  await amount(manager, manager.t('field.income_wages_expected_fen'), 3.6)
  await page.getByRole('heading', { name: manager.t('customers.group_expected') }).scrollIntoViewIfNeeded()
  await shoot(manager, '245 income, what this year is to bring')
  await manager.tap(manager.button('save.onPhone'))
  await page.getByRole('heading', { name: manager.t('visits.log'), exact: true }).waitFor()
  await openCustomer(manager, home)
  await manager.tap(page.getByRole('button', { name: /^收入\s*25/ }))
  await page.getByRole('dialog').waitFor()
  await shoot(manager, '246 customer, where values come from')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  await manager.go(`/customers/${home.id}/copy`)
  const choices = page.getByRole('button', { name: new RegExp(manager.t('copy.choose')) })
  await choices.first().waitFor()
  await shoot(manager, '250 like a neighbour, whose')
  for (let n = 0; ; n++) {
    await manager.tap(choices.nth(n))
    const other = manager.button('copy.otherOne')
    await other.or(page.getByText(manager.t('copy.another'))).waitFor()
    if (await other.count()) break
    if (n === 0) await shoot(manager, '251 like a neighbour, nothing to take over')
  }
  await shoot(manager, '252 like a neighbour, a draft')
  const right = manager.button('copy.right')
  await manager.tap(right.first())
  if ((await right.count()) > 1) await manager.tap(manager.button('copy.not').nth(1))
  await manager.tap(manager.button('customers.change').first())
  await shoot(manager, '253 like a neighbour, said')
  await manager.tap(manager.button('copy.look'))
  await page.getByRole('dialog').waitFor()
  await shoot(manager, '254 like a neighbour, looked over')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  await manager.tap(manager.button('ui.close'))
  await page.getByRole('heading', { name: home.name, exact: true }).waitFor()
  await manager.go('/completeness')
  await page.getByRole('meter').first().waitFor()
  await shoot(manager, '255 how complete the files are')
  await page.context().setOffline(true)
  await manager.go('/today')
  await manager.go('/completeness')
  await manager.text('watch.needsNetwork').waitFor()
  await shoot(manager, '256 how complete, no network')
  await page.context().setOffline(false)
}

/** A shop at its counter: its licence, its year by quarters, whom it buys from. */
export async function trading({ manager }: Kitchen, shoot: Shoot, supplier: Household): Promise<void> {
  const { page } = manager
  const field = (label: string) => page.getByLabel(manager.t(`field.${label}`), { exact: true })
  const chip = (group: string, name: string) => manager.tap(page.getByRole('group', { name: manager.t(group), exact: true }).getByRole('button', { name: manager.t(name), exact: true }))
  const keep = async () => {
    await manager.tap(manager.button('save.onPhone'))
    await page.getByRole('heading', { name: '永福小卖部', exact: true }).waitFor()
  }
  await manager.go('/customers/new')
  await chip('customers.kind', 'customers.business')
  await field('businessName').fill('永福小卖部')
  await manager.tap(page.getByRole('group', { name: manager.t('field.grid_id') }).getByRole('button').first())
  await field('address').fill('街上 12 号')
  await shoot(manager, '260 new customer, a shop')
  await keep()
  await shoot(manager, '261 customer, a new shop')
  await manager.tap(page.getByRole('button', { name: new RegExp(`^${manager.t('customers.register')}`) }))
  await field('credit_code').fill('92429000 ma4a1b2c32')
  await chip('field.business_kind', 'choice.business_kind.firm')
  await field('licence_from').fill('2020-05-06')
  await field('licence_until').fill('2019-05-06')
  await page.getByRole('alert').first().waitFor()
  await shoot(manager, '262 licence, wrong at the field')
  await field('credit_code').fill('92429000 ma4a1b2c31')
  await chip('field.business_kind', 'choice.business_kind.self_employed')
  await field('licence_until').fill('2040-05-06')
  await chip('field.trade', 'choice.trade.f52')
  await page.getByRole('alert').waitFor({ state: 'detached' })
  await shoot(manager, '263 licence, filled')
  await keep()
  const shop = new URL(page.url()).pathname.split('/').at(-1) ?? ''
  await manager.go(`/customers/${shop}/income`)
  await amount(manager, manager.t('field.turnover_year_fen'), 40)
  for (const [quarter, wan] of [12, 8, 8, 14].entries()) await amount(manager, manager.t(`field.turnover_q${quarter + 1}_fen`), wan)
  await page.getByRole('alert').first().waitFor()
  await shoot(manager, '264 a year by quarters, which does not add up')
  await manager.tap(manager.button('file.takeSum', { sum: '42 万元' }))
  await keep()
  await manager.tap(page.getByRole('button', { name: new RegExp(manager.t('file.addSome')) }))
  await page.getByRole('dialog').waitFor()
  await shoot(manager, '265 what is added to a shop')
  await manager.tap(page.getByRole('group', { name: manager.t('file.addWhat') }).getByRole('button', { name: '上下游', exact: true }))
  await manager.tap(page.getByRole('button', { name: /^也是本行客户/ }))
  await page.getByRole('dialog').getByRole('searchbox').fill(supplier.initials)
  const found = page.getByRole('dialog').getByRole('button', { name: new RegExp(`^${supplier.name}`) }).first()
  await found.waitFor()
  await shoot(manager, '266 a partner, which of our customers')
  await manager.tap(found)
  await manager.tap(page.getByRole('group', { name: '是什么人', exact: true }).getByRole('button', { name: '给我们供货的', exact: true }))
  await shoot(manager, '267 a partner')
  await keep()
  await shoot(manager, '268 customer, a shop with its file')
}

/** From an empty list to results that two people look over. */
export async function evaluating({ bank, manager, head }: Kitchen, shoot: Shoot, home: Household): Promise<void> {
  const { page } = manager
  const kiosk = (key: string, values?: Record<string, string | number>) => manager.t(`evaluation.kiosk.${key}`, values)
  const press = (name: string) => manager.tap(page.getByRole('button', { name, exact: true }))
  const group = (name: string) => page.getByRole('group', { name, exact: true })
  await manager.go('/evaluations')
  await manager.button('evaluation.make').waitFor()
  await shoot(manager, '220 evaluations, none')
  await manager.tap(manager.button('evaluation.make'))
  await manager.tap(group(manager.t('evaluation.grid')).getByRole('button', { name: home.grid, exact: true }))
  await manager.tap(page.getByRole('button', { name: new RegExp(`^${manager.t('evaluation.which')}`) }))
  await manager.tap(manager.button('evaluation.chooseNone'))
  await manager.tap(page.getByRole('dialog').getByRole('button', { name: new RegExp(`^${home.name}`) }))
  await shoot(manager, '221 evaluation, which households')
  await manager.tap(page.getByRole('dialog').getByRole('button', { name: manager.t('ui.close') }))
  await manager.tap(group(manager.t('evaluation.host')).getByRole('button').first())
  for (const [i, name] of REVIEWERS.entries()) {
    const one = page.getByLabel(manager.t('evaluation.reviewerName'), { exact: true }).nth(i)
    if (!(await one.count())) await manager.tap(manager.button('evaluation.addReviewer'))
    await one.fill(name)
  }
  await shoot(manager, '222 evaluation, new')
  await manager.tap(manager.button('ui.save'))
  await manager.text('evaluation.waitingOpen').waitFor()
  const session = page.url().split('/').at(-1) ?? ''
  await shoot(manager, '223 evaluation, nobody answered yet')
  await press(manager.t('evaluation.start'))
  await page.getByRole('heading', { name: kiosk('who'), exact: true }).waitFor()
  await shoot(manager, '224 kiosk, who are you')
  for (const [i, reviewer] of REVIEWERS.entries()) {
    await manager.tap(page.getByRole('button', { name: new RegExp(`^${reviewer}`) }))
    if (i === 0) await shoot(manager, '225 kiosk, before the first')
    await press(kiosk('begin'))
    await page.getByRole('heading', { name: home.name, exact: true }).waitFor()
    if (i === 0) await shoot(manager, '226 kiosk, do you know them')
    await manager.tap(group(kiosk('know')).getByRole('button', { name: kiosk('yes'), exact: true }))
    for (const [question, said] of Object.entries(QUESTIONS))
      await manager.tap(group(kiosk(`ask.${question}`)).getByRole('button', { name: manager.t(`evaluation.answer.${question}.${said}`), exact: true }))
    if (i === 0) await shoot(manager, '227 kiosk, answered')
    await press(kiosk('finish'))
    await page.getByRole('button', { name: kiosk('seal'), exact: true }).waitFor()
    if (i === 0) await shoot(manager, '228 kiosk, looked over')
    await press(kiosk('seal'))
    await page.getByText(kiosk('done'), { exact: true }).waitFor()
    if (i === 0) await shoot(manager, '229 kiosk, sealed')
    await press(kiosk('nextOne'))
    await page.getByRole('heading', { name: kiosk('who'), exact: true }).waitFor()
  }
  await press(kiosk('over'))
  await manager.text('auth.enterPin', { n: 6 }).waitFor()
  await shoot(manager, '230 kiosk, only the host gets out')
  await manager.pin(PIN)
  await page.waitForURL(`**/evaluations/${session}`)
  await until('results are there', () => bank.helper.count('SELECT count(*) FROM evaluation_result WHERE session_id = $1', session), 120)
  await manager.synced(90)
  await manager.go(`/evaluations/${session}`)
  await manager.buttonLike('evaluation.reviewFirst').waitFor()
  await shoot(manager, '231 evaluation, first review')
  await manager.tap(manager.buttonLike('evaluation.reviewFirst'))
  await manager.text('evaluation.waitsHead').waitFor()
  await manager.synced(90)
  await head.on()
  await head.enrol(bank.login('branch_head'))
  await head.go(`/evaluations/${session}`)
  await head.buttonLike('evaluation.reviewSecond').waitFor()
  await shoot(head, '232 evaluation, second review')
  await head.tap(head.button('evaluation.change').first())
  await head.page.getByLabel(head.t('evaluation.newScore'), { exact: true }).waitFor()
  await shoot(head, '233 evaluation, changing a score')
}
