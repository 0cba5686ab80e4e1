/** The work of a field person on the phone's screens. */
import type { Locator } from 'playwright-core'
import type { Phone } from './phone'
import type { Household } from './records'

/** To the list of customers, filtered by pinyin initials. */
export async function findByInitials(phone: Phone, household: Household): Promise<void> {
  await phone.go('/customers?find=1')
  await phone.page.getByRole('searchbox', { name: phone.t('customers.find') }).fill(household.initials)
  await row(phone, household.name).waitFor()
}

/** Names of the households in the list of Today, in its order. */
export async function stops(phone: Phone): Promise<string[]> {
  await phone.page.getByRole('listitem').getByRole('link').first().waitFor()
  return listed(phone, 'ol a[href^="/customers/"]')
}

/** Names in a long list, in its order: those of `rows`, each with a `b`. */
export function listed(phone: Phone, rows: string): Promise<string[]> {
  // only what is near the screen is drawn: the whole way is seen by walking it
  return phone.page.evaluate(async (of) => {
    const seen = new Map<string, string>()
    const look = (): void => {
      for (const row of document.querySelectorAll<HTMLElement>(of)) seen.set(row.getAttribute('href') ?? row.innerText, row.querySelector('b')?.innerText ?? '')
    }
    const bottom = (): boolean => scrollY + innerHeight >= document.documentElement.scrollHeight - 2
    for (scrollTo(0, 0); ; scrollBy(0, innerHeight / 2)) {
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 50))))
      look()
      if (bottom()) break
    }
    scrollTo(0, 0)
    return [...seen.values()]
  }, rows)
}

/** What is drawn of a long list, and where: [number in the list, of how many, text, inside the screen] of each row. */
export function drawn(phone: Phone): Promise<[number, number, string, boolean][]> {
  return phone.page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('li[aria-posinset]')].map((row) => {
      const { top, bottom } = row.getBoundingClientRect()
      return [Number(row.ariaPosInSet), Number(row.ariaSetSize), row.querySelector('b')?.innerText ?? '', bottom > 0 && top < innerHeight]
    }),
  )
}

export function row(phone: Phone, name: string): Locator {
  return phone.page.getByRole('link', { name: new RegExp(name) }).first()
}

/** A visit where somebody was met, with a note and a photo, saved on the phone. */
export async function logVisit(phone: Phone, household: Household, what: { note: string; photo: string }): Promise<void> {
  const { page } = phone
  await phone.stand(household.lon, household.lat)
  await phone.go(`/customers/${household.id}`)
  await page.getByRole('heading', { name: household.name }).waitFor()
  await phone.tap(phone.button('visits.log'))
  await phone.tap(phone.chip('visits.met', 'outcome.met'))
  await page.getByLabel(phone.t('visits.note'), { exact: true }).fill(what.note)
  await page.locator('input[type=file]').setInputFiles({ name: 'photo.jpg', mimeType: 'image/jpeg', buffer: await phone.photograph(what.photo) })
  await phone.tap(page.getByRole('dialog').getByRole('button', { name: phone.t('photo.home'), exact: true }))
  await page.getByRole('button', { name: phone.t('photo.home'), exact: true }).first().waitFor()
  await page.getByText(/米|公里/).first().waitFor() // the fix is there
  await phone.tap(phone.button('save.onPhone'))
  await page.getByRole('heading', { name: phone.t('tabs.today') }).waitFor()
}

/** A call that was answered, with a note, saved on the phone. */
export async function logCall(phone: Phone, household: Household, note: string): Promise<void> {
  const { page } = phone
  await phone.go(`/visits/new?customer=${household.id}`)
  await page.getByText(household.name, { exact: true }).first().waitFor()
  await phone.tap(phone.chip('visits.how', 'channel.phone'))
  await phone.tap(phone.chip('visits.met', 'outcome.met'))
  await page.getByLabel(phone.t('visits.note'), { exact: true }).fill(note)
  await phone.tap(phone.button('save.onPhone'))
  await page.getByRole('heading', { name: phone.t('tabs.today') }).waitFor()
}

/** Says something into the open visit form. */
export async function recordVoice(phone: Phone, seconds: number): Promise<void> {
  await phone.tap(phone.button('voice.record'))
  await phone.button('voice.stop').waitFor()
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  await phone.tap(phone.button('voice.stop'))
  await phone.page.getByRole('button', { name: new RegExp(phone.t('voice.play', { time: '' }).trim()) }).first().waitFor()
}

/** Signs on the open sheet, and keeps it by the button of that name. */
export async function draw(phone: Phone, keep: string): Promise<void> {
  const { page } = phone
  const pad = page.getByRole('dialog').locator('canvas')
  await pad.waitFor()
  const box = await pad.boundingBox()
  if (!box) throw new Error('the pad is not there')
  await page.mouse.move(box.x + box.width * 0.1, box.y + box.height * 0.7)
  await page.mouse.down()
  for (let i = 1; i <= 20; i++) await page.mouse.move(box.x + box.width * (0.1 + i * 0.04), box.y + box.height * (0.5 + 0.3 * Math.sin(i)))
  await page.mouse.up()
  await phone.tap(phone.button(keep))
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
}

/** Draws a signature in the open visit form. */
export async function sign(phone: Phone): Promise<void> {
  await phone.tap(phone.button('signature.take'))
  await draw(phone, 'signature.keep')
  await phone.page.getByRole('img', { name: phone.t('photo.signature') }).waitFor()
}

/** What shows an amount and lets it be typed; the amount that stands there is part of its name. */
export function amountShown(phone: Phone, label: string): Locator {
  return phone.page.getByRole('group', { name: label, exact: true }).getByRole('button', { name: phone.t('ui.typeAmount', { what: label }) })
}

/** Types an amount in 万元 into a stepper. */
export async function amount(phone: Phone, label: string, wan: number): Promise<void> {
  const name = phone.t('ui.typeAmount', { what: label })
  await phone.tap(amountShown(phone, label))
  const field = phone.page.getByRole('textbox', { name, exact: true })
  await field.fill(String(wan))
  await field.press('Enter')
}

export async function editIncome(phone: Phone, household: Pick<Household, 'id' | 'name'>, what: { field: string; wan: number }): Promise<void> {
  await phone.go(`/customers/${household.id}`)
  await phone.page.getByRole('heading', { name: household.name, exact: true }).waitFor()
  await phone.go(`/customers/${household.id}/income`)
  await amount(phone, phone.t(`field.${what.field}`), what.wan)
  await phone.tap(phone.button('save.onPhone'))
  await phone.page.getByRole('heading', { name: household.name, exact: true }).waitFor()
}

export async function addVehicle(phone: Phone, household: Household, what: { kind: string; wan: number }): Promise<void> {
  await phone.go(`/customers/${household.id}`)
  await phone.page.getByRole('heading', { name: household.name, exact: true }).waitFor()
  await phone.go(`/customers/${household.id}/record/vehicle`)
  await phone.tap(phone.page.getByRole('group', { name: '什么车', exact: true }).getByRole('button', { name: what.kind, exact: true }))
  await amount(phone, '现在值多少', what.wan)
  await phone.tap(phone.button('save.onPhone'))
  await phone.page.getByRole('heading', { name: household.name, exact: true }).waitFor()
}

/** A new household beside another one, with the head's ID number where one is given; returns its id. */
export async function newHousehold(phone: Phone, name: string, beside: Household, number = ''): Promise<string> {
  const { page } = phone
  await phone.stand(beside.lon, beside.lat)
  await phone.go('/customers/new')
  await page.getByLabel(phone.t('field.headName'), { exact: true }).fill(name)
  await page.getByLabel(phone.t('field.id_number'), { exact: true }).fill(number)
  await phone.tap(page.getByRole('group', { name: phone.t('field.grid_id') }).getByRole('button', { name: beside.grid }).first())
  await page.getByLabel(phone.t('field.address'), { exact: true }).fill('三组 27 号')
  await phone.tap(phone.button('save.onPhone'))
  await page.getByRole('heading', { name, exact: true }).waitFor()
  return new URL(page.url()).pathname.split('/').at(-1) ?? ''
}

/** The head goes through the clean approvals of the household's village until its own is shown. */
export async function lookAt(phone: Phone, household: Household): Promise<void> {
  await phone.go('/approvals')
  await phone.tap(phone.page.getByRole('button', { name: new RegExp(`^${household.grid} `) }).first())
  await phone.page.getByRole('heading', { name: household.grid }).waitFor()
  const own = phone.page.getByText(household.name, { exact: true }).first()
  const next = phone.button('approvals.next')
  for (;;) {
    if (await own.isVisible()) return
    await phone.tap(next)
  }
}
