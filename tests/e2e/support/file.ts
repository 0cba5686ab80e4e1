/** The screens around a household's file: contacts beside the visit, its people, what they signed, a village evaluation. */
import type { Shoot } from './tour'
import type { Bank } from './bank'
import { PIN, type Phone } from './phone'
import { until } from './places'
import type { Household } from './records'
import { draw } from './work'

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
