/** A bank that insists on fingerprint or face: a phone with a PIN is led there and keeps its work; a new one has no PIN. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Authenticator } from './support/authenticator'
import { Bank } from './support/bank'
import { soundIn } from './support/look'
import { Phone } from './support/phone'
import { until } from './support/places'
import { dueHouseholds, type Household } from './support/records'
import { editIncome } from './support/work'

let bank: Bank
let old: Phone
let fresh: Phone
let finger: Authenticator
let household: Household

beforeAll(async () => {
  bank = await Bank.open('localhost')
  old = new Phone(bank, 'the phone with a PIN')
  fresh = new Phone(bank, 'the new phone')
  ;[household] = (await dueHouseholds(bank, bank.login('manager').login)) as [Household]
})

afterAll(async () => {
  for (const phone of [old, fresh]) await phone?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const phone of [old, fresh]) {
    await phone.picture(`failed, ${phone.name}`).catch(() => undefined)
    for (const error of phone.errors) process.stderr.write(`${error}\n`)
  }
})

const insisted = (phone: Phone) => phone.page.getByRole('main').or(phone.page.locator('.notices')).getByText(phone.t('auth.prfOnlyWhy'), { exact: true })
const pad = (phone: Phone) => phone.page.getByText(phone.t('auth.enterPin', { n: 6 }))
const opened = (phone: Phone) => phone.page.getByRole('navigation', { name: phone.t('ui.tabs') }).waitFor()
const waysOf = async (role: string): Promise<string> => {
  const [row] = await bank.helper.sql<[string[]]>('SELECT d.unlock_ways FROM device d JOIN staff s ON s.id = d.staff_id WHERE s.login = $1', bank.login(role).login)
  return (row?.[0] ?? []).join()
}

async function lock(phone: Phone): Promise<void> {
  await phone.go('/me')
  await phone.tap(phone.button('me.lock'))
  await phone.page.getByRole('heading', { name: phone.t('app.spaced') }).waitFor()
}

const sound = soundIn('insists')

describe.sequential('a phone that was set up with a PIN before', () => {
  test('hears of it when it is next in touch, and goes on working', async () => {
    await old.on()
    await old.enrol(bank.login('manager'))
    await old.offline()
    await editIncome(old, household, { field: 'income_wages_fen', wan: 9 })
    await old.off()
    await bank.policy('unlock_requires_prf', true)
    // what is not received yet stays here: only who it is may be asked
    bank.network.refuse(/ \/api\/v1\/sync\/push/)
    // before it opens: who it is it asks then, and later only behind what it has to send
    await old.online()
    await old.on()
    await old.unlock()
    await insisted(old).first().waitFor()
    await old.go('/sync')
    await old.page.getByRole('heading', { name: old.t('sync.waiting', { n: 1 }) }).waitFor()
    await sound(old, 'told')
  })

  test('is told where it has none', async () => {
    await old.tap(old.button('auth.prfSetShort'))
    await old.text('me.prfNone').waitFor()
    await old.text('auth.prfMissingHow').waitFor()
    await sound(old, 'none')
    await old.tap(old.button('ui.cancel'))
  })

  test('is led through it with the PIN in hand, which opens nothing any more; its work is received', async () => {
    finger = await Authenticator.of(old)
    await old.tap(old.button('auth.prfSetShort'))
    await old.tap(old.button('auth.prfSet'))
    await old.text('me.prfPin').waitFor()
    await old.pin()
    await old.page.getByRole('heading', { name: old.t('sync.title') }).waitFor()
    await insisted(old).first().waitFor({ state: 'hidden' })
    await lock(old)
    await old.button('auth.prfUnlock').waitFor()
    await expect(pad(old).count()).resolves.toBe(0)
    await sound(old, 'locked')
    await old.tap(old.button('auth.prfUnlock'))
    await opened(old)
    bank.network.refuse(null)
    await old.synced(90)
    expect(await bank.helper.count("SELECT count(*) FROM customer_value WHERE customer_id = $1 AND field = 'income_wages_fen' AND source = 'collected' AND amount = 9000000", household.id)).toBe(1)
    await until('the bank knows', async () => (await waysOf('manager')) === 'prf')
  })

  test('cannot take it away', async () => {
    await old.go('/me/unlock')
    await old.button('me.prfRenew').waitFor()
    await expect(old.button('me.prfRemove').count()).resolves.toBe(0)
  })

  test('does not open for somebody else, and says what helps: the password, and fingerprint or face anew', async () => {
    await lock(old)
    await finger.recognises(false)
    await old.tap(old.button('auth.prfUnlock'))
    await old.text('auth.prfAgain').waitFor()
    await sound(old, 'not-recognised')
    // it has blocked itself by now, as a phone's does
    await finger.remove()
    finger = await Authenticator.of(old)
    await old.tap(old.button('auth.prfGone'))
    await old.text('auth.prfAnew').waitFor()
    await sound(old, 'anew')
    await old.page.getByLabel(old.t('auth.password'), { exact: true }).fill(bank.login('manager').password)
    await old.tap(old.button('me.prfRenew'))
    await old.tap(old.button('auth.prfSet'))
    await opened(old)
    await old.synced(90)
  })
})

describe.sequential('a new phone', () => {
  test('without fingerprint or face is told that it cannot work offline, and gets no PIN', async () => {
    await fresh.on()
    await fresh.signIn(bank.login('agent'))
    await fresh.tap(fresh.button('auth.enrol'))
    await fresh.text('auth.prfMissing').waitFor()
    await fresh.text('auth.prfMissingHow').waitFor()
    await expect(fresh.text('auth.pinNew').count()).resolves.toBe(0)
    await sound(fresh, 'missing')
  })

  test('with it is set up by one touch', async () => {
    await Authenticator.of(fresh)
    await fresh.page.reload()
    await fresh.tap(fresh.button('auth.prfSet'))
    await fresh.page.getByRole('heading', { name: fresh.t('tabs.today') }).waitFor()
    await fresh.synced()
    await until('the bank knows', async () => (await waysOf('agent')) === 'prf')
    await lock(fresh)
    await fresh.offline()
    await fresh.tap(fresh.button('auth.prfUnlock'))
    await opened(fresh)
    await fresh.online()
  })
})

test('no page of any phone threw or logged an error', () => {
  expect([...old.errors, ...fresh.errors]).toEqual([])
})
