/**
 * An ID number that was mistyped is put right by two people who read the same from the card: the agent corrects what the
 * manager entered and the manager confirms it; and, where the manager corrects it, the branch's head, who does not hold the
 * household. Nobody ever sees a digit of another's.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { checkDigit } from '../../pwa/src/domain/idNumber'
import { Bank } from './support/bank'
import { soundIn } from './support/look'
import { Phone } from './support/phone'
import { until } from './support/places'
import { findIn, formsOf } from './support/plaintext'
import type { Household } from './support/records'
import { newHousehold } from './support/work'

const numbered = (place: string, born: string, order: string) => `99${place}${born}${order}` + checkDigit(`99${place}${born}${order}`)
// the year was misread; the head of the second household's place was
const WRONG = numbered('0001', '19620304', '611')
const RIGHT = numbered('0001', '19520304', '611')
const WRONG2 = numbered('0031', '19710506', '621')
const RIGHT2 = numbered('0013', '19710506', '621')
// born otherwise than the file says by now: refused; and as it says
const WRONG3 = numbered('0041', '19800101', '631')
const REFUSED3 = numbered('0014', '19800101', '631')
const RIGHT3 = numbered('0014', '19810101', '631')
const FIRST = '龚顺发'
const SECOND = '龚桂枝'
const THIRD = '龚秋生'

let bank: Bank
let agent: Phone
let manager: Phone
let head: Phone
let deputy: Phone
let beside: Household
const all = () => [agent, manager, head, deputy]
const ids = { first: '', second: '' }

beforeAll(async () => {
  bank = await Bank.open()
  agent = new Phone(bank, "the agent's phone")
  manager = new Phone(bank, "the manager's phone")
  head = new Phone(bank, "the head's phone")
  deputy = new Phone(bank, "the deputy's phone", 'en')
  const [row] = await bank.helper.sql<[string, string, string, string, number, number]>(
    `SELECT c.id::text, c.name, c.initials, g.name, c.lon, c.lat FROM customer c JOIN grid g ON g.id = c.grid_id
       JOIN grid_assignment a ON a.grid_id = c.grid_id AND a.to_on IS NULL JOIN staff s ON s.id = a.staff_id AND s.login = $1
       JOIN staff m ON m.id = c.owner_id AND m.login = $2
      WHERE c.kind = 'household' AND c.lon IS NOT NULL ORDER BY c.id LIMIT 1`,
    bank.login('agent').login,
    bank.login('manager').login,
  )
  if (!row) throw new Error('no household suits this test')
  const [id, name, initials, grid, lon, lat] = row
  beside = { id, name, initials, grid, lon, lat, due: '' }
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

const sound = soundIn('numbers')
const heading = (phone: Phone, name: string) => phone.page.getByRole('heading', { name, exact: true })
const card = (phone: Phone, name: string) => phone.page.locator('section', { has: phone.page.getByRole('heading', { name: phone.t('number.contested', { name }) }) })
const sheet = (phone: Phone) => phone.page.getByRole('dialog')
const trail = (person: string) => bank.helper.sql<[string]>("SELECT a.action FROM audit_entry a JOIN person p ON p.id::text = a.subject_id WHERE a.action LIKE 'identity.%' AND p.name = $1 ORDER BY a.id", person)

async function page(phone: Phone, id: string, name: string): Promise<void> {
  await phone.go(`/customers/${id}`)
  await heading(phone, name).waitFor()
}
/** Types a number into the open sheet and saves it. */
async function enter(phone: Phone, number: string): Promise<void> {
  await phone.page.getByLabel(phone.t('number.on'), { exact: true }).fill(number)
  await phone.tap(sheet(phone).getByRole('button', { name: phone.t('save.onPhone') }))
  await sheet(phone).waitFor({ state: 'detached' })
}
/** When the first one was born, as their page has it. */
async function born(phone: Phone): Promise<string> {
  await page(phone, ids.first, FIRST)
  await phone.tap(phone.page.getByRole('button', { name: new RegExp(`${FIRST}.*户主`) }))
  await phone.text('person.numberKnown').waitFor()
  return phone.page.getByLabel('出生日期', { exact: true }).inputValue()
}
/** The line of the inbox that asks for a look at the card. */
async function fromInbox(phone: Phone): Promise<void> {
  await phone.go('/inbox')
  await phone.tap(phone.page.getByRole('button', { name: new RegExp(phone.t('inbox.number_contested', { name: '.*' })) }).first())
}

describe.sequential('an ID number that was mistyped', () => {
  test('the manager enters it wrong; the agent, card in hand and without a network, enters what stands on it', async () => {
    await manager.on()
    await manager.enrol(bank.login('manager'))
    ids.first = await newHousehold(manager, FIRST, beside, WRONG)
    await manager.synced(120)
    await agent.on()
    await agent.enrol(bank.login('agent'))
    await page(agent, ids.first, FIRST)
    await agent.offline()
    await agent.tap(agent.page.getByRole('button', { name: new RegExp(`${FIRST}.*户主`) }))
    await agent.text('person.numberKnown').waitFor()
    await sound(agent, '1-person')
    await agent.tap(agent.button('number.wrong'))
    await agent.page.getByRole('button', { name: agent.t('number.first') }).waitFor()
    await agent.page.getByLabel(agent.t('number.on'), { exact: true }).fill(RIGHT.slice(0, 17) + ((Number.parseInt(RIGHT[17] ?? '') || 0) + 1) % 10)
    await sheet(agent).getByRole('alert').getByText(agent.t('person.wrong_id')).waitFor()
    await sound(agent, '2-sheet')
    await enter(agent, RIGHT)
    await agent.text('number.entered').waitFor()
    expect(await agent.button('number.wrong').count()).toBe(0)
    await sound(agent, '3-waits')
    await agent.online()
    await agent.synced(120)
    await agent.go('/sync')
    await agent.page.getByText(agent.t('sync.numberWaits')).waitFor()
    await sound(agent, '4-sync')
    // one's own word is one: the card says that a colleague's is needed
    await page(agent, ids.first, FIRST)
    await card(agent, FIRST).getByText(agent.t('number.mine', { when: '' }).slice(-12)).waitFor()
    await agent.page.getByText(agent.t('number.open'), { exact: true }).waitFor()
    await sound(agent, '5-own')
  })

  test('the manager is told, enters the same from the card, and it stands; the birth date follows', async () => {
    await manager.synced(120)
    await fromInbox(manager)
    await heading(manager, FIRST).waitFor()
    await manager.text('number.known').waitFor()
    expect(new URL(manager.page.url()).pathname).toMatch(new RegExp(`^/customers/${ids.first}/member/`))
    await sound(manager, '6-person')
    await page(manager, ids.first, FIRST)
    await card(manager, FIRST).waitFor()
    await sound(manager, '7-card')
    await manager.offline()
    await manager.tap(card(manager, FIRST).getByRole('button', { name: manager.t('number.check') }))
    await enter(manager, RIGHT)
    await card(manager, FIRST).getByText(manager.t('number.entered')).waitFor()
    await sound(manager, '8-pending')
    await manager.online()
    await manager.synced(120)
    expect(await born(manager)).toBe('1952-03-04')
    await page(manager, ids.first, FIRST)
    await manager.page.getByRole('button', { name: new RegExp(`${FIRST}.*户主`) }).waitFor()
    expect(await card(manager, FIRST).count()).toBe(0)
    expect((await trail(FIRST)).flat()).toEqual(['identity.contested', 'identity.replaced'])
    expect(await bank.helper.count('SELECT count(*) FROM number_entry')).toBe(0)
    await agent.synced()
    expect(await born(agent)).toBe('1952-03-04')
  })

  test('what the manager corrects himself a head confirms, whose phone does not hold the household', async () => {
    ids.second = await newHousehold(manager, SECOND, beside, WRONG2)
    await manager.synced(120)
    await page(manager, ids.second, SECOND)
    await manager.tap(manager.page.getByRole('button', { name: new RegExp(`${SECOND}.*户主`) }))
    await manager.tap(manager.button('number.wrong'))
    await enter(manager, RIGHT2)
    await manager.synced(120)
    await until('it is contested', async () => (await trail(SECOND)).flat().includes('identity.contested'))
    await deputy.on()
    await deputy.enrol(bank.login('deputy_head'))
    await page(deputy, ids.second, SECOND)
    await card(deputy, SECOND).waitFor()
    await sound(deputy, '9-english')
    await deputy.tap(card(deputy, SECOND).getByRole('button', { name: deputy.t('number.check') }))
    await sheet(deputy).getByText(deputy.t('number.why')).waitFor()
    await sound(deputy, '10-english-sheet')
    await deputy.tap(sheet(deputy).getByRole('button', { name: deputy.t('ui.cancel') }))
    await head.on()
    await head.enrol(bank.login('branch_head'))
    await fromInbox(head)
    await heading(head, SECOND).waitFor()
    await card(head, SECOND).waitFor()
    await sound(head, '11-head')
    // of anybody else there the sheet is behind the person
    await head.tap(head.page.getByRole('button', { name: new RegExp(`${SECOND}.*户主`) }))
    await sheet(head).getByRole('button', { name: head.t('number.check') }).waitFor()
    await sound(head, '12-facts')
    await head.tap(sheet(head).getByRole('button', { name: head.t('number.check') }))
    await enter(head, RIGHT2)
    await card(head, SECOND).waitFor({ state: 'detached' })
    expect((await trail(SECOND)).flat()).toEqual(['identity.contested', 'identity.replaced'])
    await manager.synced(120)
    await page(manager, ids.second, SECOND)
    await manager.page.getByRole('button', { name: new RegExp(`${SECOND}.*户主`) }).waitFor()
    // what the head did comes with the next pull
    await card(manager, SECOND).waitFor({ state: 'detached' })
  })

  test('what the bank refuses of the head she types again on her phone, from the card', async () => {
    const third = await newHousehold(manager, THIRD, beside, WRONG3)
    await manager.synced(120)
    await until('the household is at the bank', async () => (await bank.helper.count('SELECT count(*) FROM customer WHERE id::text = $1', third)) === 1)
    await bank.helper.sql("UPDATE person SET birth_on = '1981-01-01' WHERE name = $1", THIRD)
    await page(head, third, THIRD)
    await head.tap(head.page.getByRole('button', { name: new RegExp(`${THIRD}.*户主`) }))
    await head.tap(sheet(head).getByRole('button', { name: head.t('number.check') }))
    await enter(head, REFUSED3)
    const mends = head.page.getByRole('button', { name: head.t('sync.mend'), exact: true })
    await head.go('/sync')
    await mends.waitFor()
    await sound(head, '13-refused')
    await head.tap(mends)
    await sheet(head).getByText(head.t('number.why')).waitFor()
    expect(await sheet(head).getByLabel(head.t('number.on'), { exact: true }).inputValue()).toBe(REFUSED3)
    await sound(head, '14-mend')
    await enter(head, RIGHT3)
    await head.page.getByText(head.t('sync.numberWaits')).waitFor()
    expect(await mends.count()).toBe(0)
    expect((await trail(THIRD)).flat()).toEqual(['identity.contested'])
  })

  test('no digit lies on any phone, and no page threw or logged an error', async () => {
    const secrets = new Map([WRONG, RIGHT, WRONG2, RIGHT2, WRONG3, REFUSED3, RIGHT3].map((one) => [one, formsOf(one)]))
    for (const phone of all()) {
      await phone.kill()
      expect(findIn(phone.folder, secrets).found).toEqual([])
    }
    expect(all().flatMap((one) => one.errors)).toEqual([])
  })
})
