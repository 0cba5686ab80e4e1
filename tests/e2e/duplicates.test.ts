/**
 * The same person in two households, the same household twice: offered while somebody new is typed, without a network, by
 * name (also one that only sounds the same), birth date and phone; opened, or said to be somebody else, which is kept. What
 * was entered twice all the same is found at night, put side by side, made one by a person, taken back, or said to be two.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { managersPhone } from './support/alone'
import type { Bank } from './support/bank'
import { soundIn } from './support/look'
import { Phone } from './support/phone'
import type { Household } from './support/records'

const KNOWN = { name: '覃月秀', born: '1961-04-05', phone: '13800027027' }
/** Sounds the same. */
const HEARD = '秦越秀'

let bank: Bank
let phone: Phone
let second: Phone
let households: Household[]
let known: string
let another: string

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
const field = (label: string) => phone.page.getByLabel(phone.t(label), { exact: true })
const card = () => phone.page.getByRole('region', { name: phone.t('duplicates.maybe') })
const answer = (key: 'openOf' | 'anotherThan', name: string) => card().getByRole('button', { name: phone.t(`duplicates.${key}`, { name }), exact: true })

const sound = (name: string) => soundIn('duplicates')(phone, name)

async function typeHousehold(name: string, born: string, tel = ''): Promise<void> {
  await phone.go('/customers/new')
  await field('field.headName').fill(name)
  await phone.page.getByLabel('出生日期', { exact: true }).fill(born)
  await field('field.phone').fill(tel)
  await phone.tap(phone.page.getByRole('group', { name: phone.t('field.grid_id') }).getByRole('button', { name: beside().grid }).first())
  await field('field.address').fill('三组 27 号')
}
async function keep(name: string): Promise<string> {
  await phone.tap(phone.button('save.onPhone'))
  await phone.page.getByRole('heading', { name, exact: true }).waitFor()
  return new URL(phone.page.url()).pathname.split('/').at(-1) ?? ''
}
const said = () => bank.helper.sql(
  `SELECT p.name, o.name, d.state FROM duplicate_pair d JOIN person p ON p.id = d.person_id JOIN person o ON o.id = d.other_id WHERE p.name IN ($1, $2) OR o.name IN ($1, $2) ORDER BY d.id`, KNOWN.name, HEARD)

describe.sequential('somebody new is typed, without a network', () => {
  test('a household that nobody has is offered nobody', async () => {
    await phone.go('/customers')
    await phone.offline()
    await phone.stand(beside().lon, beside().lat)
    await typeHousehold(KNOWN.name, KNOWN.born, KNOWN.phone)
    expect(await card().count()).toBe(0)
    known = await keep(KNOWN.name)
  })

  test('a name that sounds the same, with the birth date: village, age and why are said, and the known one is opened', async () => {
    await typeHousehold(HEARD, KNOWN.born)
    await card().getByText(KNOWN.name, { exact: true }).waitFor()
    for (const text of [phone.t('duplicates.because_sound'), phone.t('duplicates.because_birth'), beside().grid, '三组 27 号']) await card().getByText(text).first().waitFor()
    await sound('offered')
    await phone.tap(answer('openOf', KNOWN.name))
    await phone.page.getByRole('heading', { name: KNOWN.name, exact: true }).waitFor()
    expect(new URL(phone.page.url()).pathname).toBe(`/customers/${known}`)
  })

  test('what was typed is there still, also through a kill; "somebody else" stays with it and can be taken back', async () => {
    await phone.go('/customers/new')
    await phone.tap(answer('anotherThan', KNOWN.name))
    await card().getByText(phone.t('duplicates.saidAnother', { name: KNOWN.name })).waitFor()
    await phone.tap(card().getByRole('button', { name: phone.t('ui.undo') }))
    await phone.tap(answer('anotherThan', KNOWN.name))
    await sound('answered')
    await phone.page.waitForTimeout(500)
    await phone.kill()
    await phone.on()
    await phone.unlock()
    await phone.go('/customers/new')
    await card().getByText(phone.t('duplicates.saidAnother', { name: KNOWN.name })).waitFor()
    expect(await field('field.headName').inputValue()).toBe(HEARD)
    another = await keep(HEARD)
  })

  test('a member who is on file elsewhere is offered too, by phone', async () => {
    await phone.go(`/customers/${another}/member`)
    await phone.page.getByRole('heading', { name: phone.t('person.add') }).waitFor()
    await phone.page.getByLabel('姓名', { exact: true }).fill('秦家宝')
    expect(await card().count()).toBe(0)
    await phone.page.getByLabel('手机号', { exact: true }).fill(KNOWN.phone)
    await card().getByText(KNOWN.name, { exact: true }).waitFor()
    await sound('member')
    await phone.page.getByRole('button', { name: phone.t('ui.close') }).first().click()
  })
})

describe.sequential('with the network back', () => {
  test('both households are at the bank, and that they are two is kept there', async () => {
    await phone.online()
    await phone.synced(90)
    expect((await said()).map(([one, other, state]) => [[one, other].sort(), state])).toEqual([[[KNOWN.name, HEARD].sort(), 'declined']])
    await second.on()
    await second.enrol(bank.login('manager'))
    for (const [id, name] of [[known, KNOWN.name], [another, HEARD]] as const) {
      await second.go(`/customers/${id}`)
      await second.page.getByRole('heading', { name, exact: true }).waitFor()
    }
  })
})

const TWICE = { name: '田大山', again: '田达山', born: '1959-10-11', phone: '13800027028' }
const group = () => phone.page.getByRole('main').getByRole('listitem').filter({ hasText: TWICE.name }).filter({ hasText: TWICE.again })
const both = () => bank.helper.sql<[string, string]>('SELECT name, status FROM customer WHERE name IN ($1, $2) ORDER BY name', TWICE.name, TWICE.again)
const dialog = () => phone.page.getByRole('dialog')

describe.sequential('a household that was entered twice all the same', () => {
  test('is found at night, and shown side by side with what agrees', async () => {
    for (const name of [TWICE.name, TWICE.again]) {
      await typeHousehold(name, TWICE.born, TWICE.phone)
      await keep(name)
    }
    await phone.synced(90)
    expect(bank.tiange('duplicates')).toMatch(/pairs wait for a decision/)
    await phone.go('/me')
    await phone.tap(phone.button('duplicates.title'))
    await group().waitFor()
    expect(await phone.page.getByRole('main').getByText(HEARD).count()).toBe(0) // somebody said that they are two
    await sound('list')
    await phone.tap(group().getByRole('button'))
    await phone.page.getByRole('rowheader', { name: phone.t('field.address') }).waitFor()
    await phone.page.getByText(phone.t('duplicates.because_phone')).first().waitFor()
    await sound('side')
  })

  test('a person makes them one; who is in both is there once, and the other phone has one household', async () => {
    await phone.tap(phone.page.getByRole('group', { name: phone.t('duplicates.keepWhich') }).getByRole('button', { name: new RegExp(TWICE.name) }))
    expect(await phone.page.getByRole('group', { name: new RegExp(TWICE.again) }).getByRole('button', { pressed: true }).innerText()).toContain(TWICE.name)
    await phone.tap(phone.button('duplicates.merge'))
    await sound('merge')
    await phone.tap(dialog().getByRole('button', { name: phone.t('duplicates.merge'), exact: true }))
    await phone.page.getByRole('heading', { name: phone.t('duplicates.title'), exact: true }).waitFor()
    await phone.synced(90)
    expect(await both()).toEqual([[TWICE.name, 'active'], [TWICE.again, 'merged']])
    expect(await bank.helper.count("SELECT count(*) FROM membership m JOIN customer c ON c.id = m.customer_id WHERE c.name = $1 AND c.status = 'active'", TWICE.name)).toBe(1)
    await second.go('/customers?find=1')
    await second.page.getByRole('searchbox').fill(TWICE.phone)
    await second.page.getByRole('link', { name: new RegExp(TWICE.name) }).first().waitFor()
    await second.page.getByRole('link', { name: new RegExp(TWICE.again) }).first().waitFor({ state: 'detached', timeout: 60_000 })
  })

  test('the merge is taken back: both are there again', async () => {
    await phone.go('/duplicates')
    await phone.tap(phone.page.getByRole('button', { name: `${phone.t('duplicates.undo')}：${TWICE.again}`, exact: true }))
    await sound('undo')
    await phone.tap(dialog().getByRole('button', { name: phone.t('duplicates.undo'), exact: true }))
    await phone.synced(90)
    expect(await both()).toEqual([[TWICE.name, 'active'], [TWICE.again, 'active']])
    await second.page.getByRole('link', { name: new RegExp(TWICE.again) }).first().waitFor({ timeout: 60_000 })
  })

  test('or they stay two, and the person has one entry: what went along is told, and comes back', async () => {
    const twice = await bank.helper.sql<[string]>('SELECT id::text FROM customer WHERE name = $1', TWICE.again)
    await phone.go(`/customers/${twice[0]?.[0]}`)
    await phone.page.getByRole('heading', { name: TWICE.again, exact: true }).waitFor()
    await phone.go(`/customers/${twice[0]?.[0]}/member`)
    await phone.page.getByLabel('姓名', { exact: true }).fill('田老太')
    await phone.tap(phone.page.getByRole('group', { name: '关系', exact: true }).getByRole('button', { name: '父母', exact: true }))
    await phone.tap(phone.button('save.onPhone'))
    await phone.page.getByRole('heading', { name: TWICE.again, exact: true }).waitFor()
    await phone.synced(90)
    await phone.go('/duplicates')
    await phone.tap(group().getByRole('button'))
    await phone.tap(phone.button('duplicates.oneOfTwo'))
    const lives = dialog().getByRole('group').getByRole('button')
    await phone.tap(lives.filter({ hasText: TWICE.again }))
    // the other household would be empty: that is a merge
    expect(await dialog().getByRole('button', { name: phone.t('duplicates.nobodyLeft') }).getAttribute('aria-disabled')).toBe('true')
    await sound('one of two')
    await phone.tap(lives.filter({ hasText: TWICE.name }))
    await phone.tap(dialog().getByRole('button', { name: phone.t('duplicates.oneSave'), exact: true }))
    await phone.page.getByRole('heading', { name: phone.t('duplicates.title'), exact: true }).waitFor()
    await phone.synced(90)
    const people = () => bank.helper.sql<[string, string]>("SELECT c.name, p.name FROM membership m JOIN customer c ON c.id = m.customer_id AND c.status = 'active' JOIN person p ON p.id = m.person_id WHERE c.name IN ($1, $2) AND m.until_on IS NULL ORDER BY 1, p.name COLLATE \"C\"", TWICE.name, TWICE.again)
    expect(await people()).toEqual([[TWICE.name, TWICE.name], [TWICE.again, '田老太']])
    await second.go(`/customers/${twice[0]?.[0]}`)
    await second.page.getByText('田老太', { exact: true }).first().waitFor({ timeout: 60_000 })
    await phone.go('/duplicates')
    await phone.tap(phone.page.getByRole('button', { name: `${phone.t('duplicates.part')}：${TWICE.again}`, exact: true }))
    await sound('part')
    await phone.tap(dialog().getByRole('button', { name: phone.t('duplicates.part'), exact: true }))
    await phone.synced(90)
    expect(await people()).toEqual([[TWICE.name, TWICE.name], [TWICE.again, '田老太'], [TWICE.again, TWICE.again]])
  })

  test('they are said to be two, and no later night asks again', async () => {
    await phone.go('/duplicates')
    await phone.tap(group().getByRole('button'))
    await phone.tap(phone.button('duplicates.not'))
    await phone.tap(dialog().getByRole('button', { name: phone.t('duplicates.not'), exact: true }))
    await phone.synced(90)
    bank.tiange('duplicates')
    await phone.go('/duplicates')
    await phone.page.getByRole('heading', { name: phone.t('duplicates.title'), exact: true }).waitFor()
    await phone.page.getByText(phone.t('duplicates.none')).or(phone.page.getByText(phone.t('duplicates.titleWhy'))).first().waitFor()
    expect(await group().count()).toBe(0)
  })

  test('no page threw or logged an error', () => {
    expect([...phone.errors, ...second.errors]).toEqual([])
  })
})
