/**
 * A household whose head and spouse have accounts, on its manager's phone: what they hold shows as long as they consent. A
 * withdrawal puts it away at once, without a signal too; the card says whose consent lacks, and leads to the signature.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Bank } from './support/bank'
import { soundIn } from './support/look'
import { Phone } from './support/phone'
import { result } from './support/places'
import { EVERY, faultsOf, show, type Variant } from './support/variants'
import { draw } from './support/work'

let bank: Bank
let manager: Phone
const home = { id: '', name: '', head: '', spouse: '', spouseName: '' }

beforeAll(async () => {
  bank = await Bank.open()
  manager = new Phone(bank, "the manager's phone")
  const [row] = await bank.helper.sql<[string, string, string, string, string]>(
    `SELECT c.id::text, c.name, h.id::text, w.id::text, p.name FROM customer c
       JOIN membership h ON h.customer_id = c.id AND h.relation = 'head' AND h.until_on IS NULL
       JOIN membership w ON w.customer_id = c.id AND w.relation = 'spouse' AND w.until_on IS NULL JOIN person p ON p.id = w.person_id
       JOIN staff m ON m.id = c.owner_id AND m.login = $1
      WHERE c.kind = 'household' AND (SELECT count(DISTINCT a.holder_id) FROM held_account a WHERE a.customer_id = c.id AND a.consented AND a.balance_fen > 1000000) = 2
        AND NOT EXISTS (SELECT 1 FROM held_account a WHERE a.customer_id = c.id AND NOT a.consented) ORDER BY c.id LIMIT 1`,
    bank.login('manager').login,
  )
  if (!row) throw new Error('no household suits this test')
  ;[home.id, home.name, home.head, home.spouse, home.spouseName] = row
})

afterAll(async () => {
  await manager?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  await manager?.picture(`failed, ${manager.name}`).catch(() => undefined)
  for (const error of manager?.errors ?? []) process.stderr.write(`${error}\n`)
})

/** The card of a heading. */
const card = (name: string) => manager.page.locator('section', { has: manager.page.getByRole('heading', { name, exact: true }) })
const dealings = () => card(manager.t('customers.withUs'))
/** A figure's name or what is said of the figures: products have the same names. */
const shows = (label: string) => dealings().locator('.label, .closed p').getByText(manager.t(label), { exact: true })
const sound = soundIn('accounts')

async function page(): Promise<void> {
  await manager.go(`/customers/${home.id}`)
  await dealings().waitFor()
  await dealings().scrollIntoViewIfNeeded()
}
async function withdraw(member: string): Promise<void> {
  await manager.go(`/customers/${home.id}/member/${member}/consents`)
  await manager.tap(card('账户信息').getByRole('button', { name: manager.t('consent.withdraw') }))
  await manager.tap(manager.page.getByRole('dialog').getByRole('button', { name: manager.t('consent.why_asked') }))
  await card('账户信息').getByText(manager.t('consent.no'), { exact: true }).waitFor()
}
/** The card at both sizes, light and dark, in both languages. */
async function looks(name: string): Promise<void> {
  await page()
  const found: string[] = []
  for (const look of EVERY.filter(({ scale }) => scale === 1)) {
    await show(manager, look)
    for (const fault of await faultsOf(manager.page, look)) found.push(`${look.name} ${fault}`)
    await manager.page.locator('#standing').screenshot({ path: result(`accounts/${name}-${look.name}.png`), animations: 'disabled' })
  }
  await show(manager, EVERY[0] as Variant)
  expect(found).toEqual([])
}

describe.sequential('accounts by consent', () => {
  test('both consent: what they hold is there', async () => {
    await manager.on()
    await manager.enrol(bank.login('manager'))
    await page()
    await shows('customers.deposits').waitFor()
    expect(await dealings().getByRole('button').count()).toBe(0)
    await looks('1-open')
  })

  test('a withdrawal without a signal puts all sums away until the bank has said whose they were', async () => {
    await manager.offline()
    await withdraw(home.spouse)
    await page()
    await shows('customers.accountsWithdrawn').waitFor()
    expect(await shows('customers.deposits').count()).toBe(0)
    await manager.online()
    await manager.synced()
    await page()
    await dealings().getByText(manager.t('customers.closedHolders', { n: 1 }), { exact: true }).waitFor({ timeout: 90_000 })
    await shows('customers.deposits').waitFor()
    await looks('2-partly')
  })

  test('nobody consents: a sentence and no noughts', async () => {
    await withdraw(home.head)
    await manager.synced()
    await page()
    await dealings().getByText(manager.t('customers.closedAll', { n: 2 }), { exact: true }).waitFor({ timeout: 90_000 })
    expect(await shows('customers.deposits').count()).toBe(0)
    await shows('customers.loans').waitFor()
    await looks('3-closed')
  })

  test('the card leads to the signature, which counts with the next sync', async () => {
    await manager.offline()
    await page()
    await manager.tap(dealings().getByRole('button', { name: manager.t('customers.askHolders') }))
    await sound(manager, '4-whom')
    await manager.tap(manager.page.getByRole('dialog').getByRole('link', { name: new RegExp(home.spouseName) }))
    await manager.tap(card('账户信息').getByRole('button', { name: manager.t('consent.sign') }))
    await draw(manager, 'consent.agree')
    await card('账户信息').getByText(manager.t('consent.yes'), { exact: true }).waitFor()
    await page()
    await dealings().getByText(new RegExp(manager.t('customers.accountsSigned'))).waitFor()
    await sound(manager, '5-signed')
    await manager.online()
    await manager.synced()
    await page()
    await dealings().getByText(manager.t('customers.closedHolders', { n: 1 }), { exact: true }).waitFor({ timeout: 90_000 })
    await shows('customers.deposits').waitFor()
  })

  test('no page threw or logged an error', () => {
    expect(manager.errors).toEqual([])
  })
})
