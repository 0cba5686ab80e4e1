/**
 * What would raise a limit, taken at its word: the page of a household on rented land says what its contract would bring, a tap
 * opens the camera, and without a network already the phone says the limit that the bank then gives, to the fen.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { managersPhone } from './support/alone'
import type { Bank } from './support/bank'
import { soundIn } from './support/look'
import type { Phone } from './support/phone'
import { result } from './support/places'
import { profileOf } from './support/records'
import { EVERY, show } from './support/variants'

const CODE = 'raise.contract'
let bank: Bank
let phone: Phone
let home: { id: string; name: string; fen: number }
let expected = ''

const sound = (name: string) => soundIn('raises')(phone, name)
const bare = (text: string) => text.replaceAll(/\s/g, '')
const line = () => phone.page.locator('.raise').filter({ hasText: '补拍流转合同' })
const card = () => phone.page.locator('section').filter({ has: phone.page.getByRole('heading', { name: phone.t('calculation.expected'), exact: true }) })

/** The card in every variant, for somebody to look at. */
async function pictures(name: string): Promise<void> {
  await phone.page.evaluate(() => delete document.documentElement.dataset['theme'])
  for (const look of EVERY) {
    await show(phone, look)
    await phone.page.locator('.raise').first().scrollIntoViewIfNeeded()
    await phone.page.screenshot({ path: result(`raises/${name}-${look.name}.png`), animations: 'disabled' })
  }
  await show(phone, EVERY[0] as (typeof EVERY)[number])
}

async function page(): Promise<void> {
  await phone.go(`/customers/${home.id}`)
  await phone.page.getByRole('heading', { name: home.name, exact: true }).waitFor()
}

beforeAll(async () => {
  ;({ bank, phone } = await managersPhone())
  const [row] = await bank.helper.sql<[string, string, number]>(
    `SELECT c.id::text, c.name, r ->> 1 FROM customer c JOIN profile p ON p.customer_id = c.id JOIN staff s ON s.id = c.owner_id AND s.login = $1
      CROSS JOIN LATERAL jsonb_array_elements(p.reasons) r
      WHERE c.kind = 'household' AND c.status = 'active' AND r ->> 0 = $2
        AND NOT EXISTS (SELECT FROM customer_dispute d WHERE d.customer_id = c.id AND d.state = 'open')
      ORDER BY jsonb_array_length(p.reasons) DESC, c.id LIMIT 1`,
    bank.login('manager').login,
    CODE,
  )
  if (!row) throw new Error('no household whose rented land lacks its contract')
  home = { id: row[0], name: row[1], fen: Number(row[2]) }
})

afterAll(async () => {
  await phone?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await phone?.picture(`failed, ${phone.name}`).catch(() => undefined)
})

describe.sequential('what would raise a limit', () => {
  test('stands on the page and in the calculation, offline', async () => {
    await phone.offline()
    await page()
    await line().waitFor()
    expect(await phone.page.locator('.raise').count()).toBeLessThanOrEqual(3)
    await pictures('card')
    await sound('1-card')
    await phone.tap(phone.button('calculation.open'))
    const sheet = phone.page.getByRole('dialog', { name: phone.t('calculation.title') })
    const told = sheet.locator('.line').filter({ hasText: '补拍流转合同' }).locator('dd')
    expect(bare(await told.innerText())).toBe(`+${(home.fen / 100).toLocaleString('en')}元`)
    await told.scrollIntoViewIfNeeded()
    await sound('2-steps')
    await phone.page.keyboard.press('Escape')
  })

  test('a tap opens the camera, and the photo says the new limit before the bank does', async () => {
    const [camera] = await Promise.all([phone.page.waitForEvent('filechooser'), phone.tap(line())])
    await camera.setFiles({ name: 'contract.jpg', mimeType: 'image/jpeg', buffer: await phone.photograph('流转合同') })
    await card().getByText(phone.t('calculation.provisional')).waitFor()
    expected = bare((await card().locator('.line.main dd').first().innerText()).split('\n')[0] ?? '')
    await card().scrollIntoViewIfNeeded()
    await sound('3-expected')
    await phone.page.locator('#photos').getByText(phone.t('photo.contract')).first().waitFor()
  })

  test('the bank gives just that, and asks for it no more', async () => {
    const before = await profileOf(bank, home.id)
    await phone.online()
    await phone.synced(120)
    await page()
    await card().waitFor({ state: 'detached', timeout: 90_000 })
    const after = await profileOf(bank, home.id)
    expect(after.limit - before.limit).toBe(home.fen)
    expect(bare(after.limitText)).toBe(expected)
    expect(await line().count()).toBe(0)
  })
})
