/**
 * A phone that leaves the branch too early: the app's own files are not all there yet. It says so, a page that is
 * missing says what to do and opens by itself, and once all is there each page opens without a network.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Bank } from './support/bank'
import { soundIn } from './support/look'
import { Phone } from './support/phone'

let bank: Bank
let phone: Phone

beforeAll(async () => {
  bank = await Bank.open()
  phone = new Phone(bank, 'the phone')
})

afterAll(async () => {
  await phone?.discard()
  await bank?.close()
})

const sound = (name: string) => soundIn('early')(phone, name)

describe.sequential('a phone that was set up while its network was bad', () => {
  test('says that the app is not all there, also where everything was sent', async () => {
    bank.network.refuse(/^GET \/assets\/NewCustomer/)
    await phone.on()
    await phone.setUp(bank.login('manager'))
    await phone.text('app.fetching').waitFor()
    await phone.go('/sync')
    await phone.page.getByRole('status').getByText(phone.t('sync.appComing')).waitFor()
    await sound('fetching')
  })

  test('a page that is not there yet says so, and opens by itself', async () => {
    await phone.go('/customers')
    await phone.page.getByRole('searchbox').waitFor()
    await phone.tap(phone.button('customers.new'))
    await phone.text('app.notFetched').waitFor()
    expect(await phone.page.getByRole('searchbox').isVisible()).toBe(true) // the page before stays in use
    await sound('missing')
    await phone.offline()
    bank.network.refuse(null)
    await phone.online()
    await phone.page.getByLabel(phone.t('field.headName'), { exact: true }).waitFor({ timeout: 90_000 })
    expect(await phone.text('app.notFetched').count()).toBe(0)
  })

  test('and is whole without having been opened again', async () => {
    await phone.synced(90)
    await phone.offline()
    for (const path of ['/completeness', '/me', '/visits/meeting']) {
      await phone.go(path)
      await phone.page.getByRole('heading', { level: 1 }).first().waitFor()
      expect(new URL(phone.page.url()).pathname).toBe(path)
    }
    expect(await phone.text('app.notFetched').count()).toBe(0)
    await phone.kill()
    await phone.on()
    await phone.unlock()
    await phone.go('/customers/new')
    await phone.page.getByLabel(phone.t('field.headName'), { exact: true }).waitFor()
    const others = phone.errors.filter((line) => !/dynamically imported module|Unable to preload CSS/.test(line))
    expect(others).toEqual([])
  })
})
