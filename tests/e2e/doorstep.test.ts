/**
 * A new customer at the doorstep, offline, with an ID number: what it says is filled in, it goes to the bank and stays
 * nowhere on the phone; where the bank knows it, the known household takes the new one's place.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { checkDigit } from '../../pwa/src/domain/idNumber'
import { managersPhone } from './support/alone'
import type { Bank } from './support/bank'
import { soundIn } from './support/look'
import { Phone } from './support/phone'
import { findIn, formsOf } from './support/plaintext'
import type { Household } from './support/records'
import { logCall, newHousehold } from './support/work'

const HEAD = '覃新户'
/** The same person, as somebody else typed her. */
const AGAIN = { name: '覃新户嫂', note: '院里晒着花生' }
const BORN = '1986-03-09'
const FIRST17 = `999999${BORN.replaceAll('-', '')}642`
const NUMBER = FIRST17 + checkDigit(FIRST17)
const MISTYPED = FIRST17 + ((Number.parseInt(checkDigit(FIRST17)) || 0) + 1) % 10

let bank: Bank
let phone: Phone
let second: Phone
let households: Household[]
let made: string

beforeAll(async () => {
  ;({ bank, phone, households } = await managersPhone())
  second = new Phone(bank, "the manager's second phone")
})

afterAll(async () => {
  for (const one of [phone, second]) await one?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const one of [phone, second]) {
    await one.picture(`failed, ${one.name}`).catch(() => undefined)
    for (const error of one.errors) process.stderr.write(`${error}\n`)
  }
})

const beside = (): Household => households[0] as Household
/** What stands beneath the field. */
const beneath = () => phone.page.locator('div', { has: field() }).last()
const field = () => phone.page.getByLabel(phone.t('field.id_number'), { exact: true })

const sound = (name: string) => soundIn('doorstep')(phone, name)

/** Where the number lies in the browser's folder of a phone, in any spelling. */
const lies = (one: Phone): string[] => findIn(one.folder, new Map([['the number', formsOf(NUMBER)], ['the number as typed', formsOf(spaced())]])).found
const spaced = (): string => `${NUMBER.slice(0, 6)} ${NUMBER.slice(6, 14)} ${NUMBER.slice(14).toLowerCase()}`

describe.sequential('a household with an ID number', () => {
  test('a digit mistyped is said at the field, and nothing is saved', async () => {
    await phone.go('/customers')
    await phone.offline()
    await phone.stand(beside().lon, beside().lat)
    await phone.go('/customers/new')
    await phone.page.getByLabel(phone.t('field.headName'), { exact: true }).fill(HEAD)
    await phone.tap(phone.page.getByRole('group', { name: phone.t('field.grid_id') }).getByRole('button', { name: beside().grid }).first())
    await phone.page.getByLabel(phone.t('field.address'), { exact: true }).fill('三组 27 号')
    await field().fill(MISTYPED)
    await beneath().getByText(phone.t('invalid.not_an_id')).waitFor()
    expect(await field().getAttribute('aria-invalid')).toBe('true')
    await sound('mistyped')
    await phone.button('invalid.not_an_id').click({ force: true }) // it says so, and does nothing
    expect(new URL(phone.page.url()).pathname).toBe('/customers/new')
  })

  test('what it says is filled in: birth date and sex; it is saved without a network', async () => {
    await field().fill(spaced())
    await beneath().getByText(phone.t('customers.numberSays', { born: BORN })).waitFor()
    expect(await phone.chip('field.sex', 'customers.female').getAttribute('aria-pressed')).toBe('true')
    await sound('filled')
    await phone.tap(phone.button('save.onPhone'))
    await phone.page.getByRole('heading', { name: HEAD, exact: true }).waitFor()
    made = new URL(phone.page.url()).pathname.split('/').at(-1) ?? ''
    await phone.go('/sync')
    await phone.page.getByRole('heading', { name: phone.t('sync.waiting', { n: 1 }) }).waitFor()
  })

  test('the number is found nowhere in the profile, neither of what waits nor of a form left open', async () => {
    await phone.go('/customers/new')
    await field().fill(spaced())
    await phone.page.waitForTimeout(1_000)
    await phone.kill()
    expect(lies(phone)).toEqual([])
    await phone.on()
    await phone.unlock()
    // the form comes back with what was typed, so it does lie there, sealed
    await phone.go('/customers/new')
    expect(await field().inputValue()).toBe(spaced())
    await field().fill('')
  })

  test('the bank receives it, and the same manager has the household on a second phone', async () => {
    await phone.online()
    await phone.synced(90)
    expect(await bank.helper.sql('SELECT p.birth_on::text, p.sex FROM person p JOIN membership m ON m.person_id = p.id WHERE m.customer_id = $1', made)).toEqual([[BORN, 'f']])
    await second.on()
    await second.enrol(bank.login('manager'))
    await second.go(`/customers/${made}`)
    await second.page.getByRole('heading', { name: HEAD, exact: true }).waitFor()
  })
})

describe.sequential('one whose number the bank has', () => {
  test('is the known household from the receipt on, with what was recorded about the new one', async () => {
    await second.offline()
    const doubled = await newHousehold(second, AGAIN.name, beside(), spaced())
    await logCall(second, { ...beside(), id: doubled, name: AGAIN.name }, AGAIN.note)
    await second.go('/sync')
    await second.online()
    await second.page.getByText(second.t('sync.knownHousehold', { fields: '' }).slice(0, 12)).first().waitFor({ timeout: 90_000 })
    await second.picture('doorstep-known')
    await second.go(`/customers/${doubled}`)
    await second.page.getByRole('heading', { name: HEAD, exact: true }).waitFor()
    await second.page.getByRole('listitem').filter({ hasText: AGAIN.note }).waitFor()
    await second.go('/customers?find=1')
    await second.page.getByRole('searchbox').fill('覃新户')
    await second.page.getByRole('link', { name: new RegExp(HEAD) }).first().waitFor()
    expect(await second.page.getByRole('main').getByRole('link', { name: new RegExp(HEAD) }).count()).toBe(1)
    expect(await bank.helper.sql('SELECT c.id::text FROM visit v JOIN customer c ON c.id = v.customer_id WHERE v.note = $1', AGAIN.note)).toEqual([[made]])
  })

  test('the other phone has the one household too, and neither has the number', async () => {
    await phone.go(`/customers/${made}`)
    await phone.page.getByRole('listitem').filter({ hasText: AGAIN.note }).waitFor({ timeout: 60_000 })
    for (const one of [phone, second]) {
      await one.kill()
      expect(lies(one)).toEqual([])
    }
    // the search can fail: what a careless app would have kept is found
    await phone.on()
    await phone.page.evaluate((number) => localStorage.setItem('careless', number), NUMBER)
    await phone.off()
    expect(lies(phone).some((line) => line.includes('Local Storage'))).toBe(true)
  })

  test('no page threw or logged an error', () => {
    expect([...phone.errors, ...second.errors]).toEqual([])
  })
})
