/**
 * Nothing readable about a customer anywhere in the browser's profile: not in the databases, caches, logs or the service
 * worker's state, whatever the phone was doing when it was switched off.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { managersPhone } from './support/alone'
import type { Bank } from './support/bank'
import type { Phone } from './support/phone'
import { findIn, formsOf } from './support/plaintext'
import { ROOT } from './support/places'
import type { Household } from './support/records'
import { findByInitials, logVisit } from './support/work'

const NOTE = '想把老屋后面那台手扶拖拉机换掉'
/** Opens the phone, typed in sight. */
const PHRASE = '铜钟水库 东岸拖拉机'
const TYPED = { name: '邬桂莲香', phone: '13700246813', address: '铜钟水库东岸七号' }
/** How a canvas writes a JPEG. */
const JPEG = Buffer.from('ffd8ffe000104a464946', 'hex')

let bank: Bank
let phone: Phone
let households: Household[]

beforeAll(async () => {
  ;({ bank, phone, households } = await managersPhone(PHRASE))
})

afterAll(async () => {
  await phone?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await phone?.picture(`failed, ${phone.name}`).catch(() => undefined)
})

/** What nobody may find: all customers of the manager, their members, points, and what was typed. */
async function secrets(): Promise<Map<string, Buffer[]>> {
  const rows = await bank.helper.sql<[string, string, number | null, number | null]>(
    `SELECT c.name, c.address, c.lon, c.lat FROM customer c JOIN staff s ON s.id = c.owner_id WHERE s.login = $1`,
    bank.login('manager').login,
  )
  const all = new Map<string, Buffer[]>()
  // Of two characters a name may stand in the app's own dictionary of pinyin.
  for (const [name, address, lon, lat] of rows) {
    if (name.length > 2) all.set(`the name ${name}`, formsOf(name))
    if (address.length > 4) all.set(`the address ${address}`, formsOf(address))
    if (lon !== null) all.set(`the longitude ${lon}`, formsOf(lon))
    if (lat !== null) all.set(`the latitude ${lat}`, formsOf(lat))
  }
  for (const text of [NOTE, PHRASE, PHRASE.replaceAll(' ', ''), ...Object.values(TYPED)]) all.set(`typed ${text}`, formsOf(text))
  all.set('a photo', [JPEG])
  const shipped = findIn(`${ROOT}/pwa/dist`, all).found.map((line) => line.slice(0, line.indexOf(' in ')))
  for (const name of shipped) all.delete(name)
  return all
}

test('a phone with rows, unsent work and drafts keeps nothing that can be read', async () => {
  const [first, second] = households as [Household, Household]
  await phone.go('/me')
  await phone.tap(phone.button('me.lock'))
  await phone.phrase(PHRASE, 'auth.enterPhrase', 'auth.unlock', true)
  await phone.page.getByRole('navigation', { name: phone.t('ui.tabs') }).waitFor()
  // Looked at, searched, written with a photo, and another form left open: all that a day does.
  await findByInitials(phone, first)
  await phone.go(`/customers/${second.id}`)
  await phone.page.getByRole('heading', { name: second.name }).waitFor()
  await logVisit(phone, first, { note: NOTE, photo: 'steelblue' })
  await phone.synced(120)
  await phone.offline()
  await logVisit(phone, second, { note: NOTE, photo: 'darkred' })
  await phone.go('/customers/new')
  await phone.page.getByLabel(phone.t('field.headName')).fill(TYPED.name)
  await phone.page.getByLabel(phone.t('field.phone')).fill(TYPED.phone)
  await phone.page.getByLabel(phone.t('field.address')).fill(TYPED.address)
  await phone.page.waitForTimeout(1_000)
  await phone.kill()
  await phone.online()

  const hidden = await secrets()
  expect(hidden.size).toBeGreaterThan(40)
  const { files, found } = findIn(phone.folder, hidden)
  expect(files).toBeGreaterThan(30)
  expect(found).toEqual([])

  // The search can fail: what is in the clear on purpose is found, and so is what a careless app would have kept.
  await phone.on()
  await phone.phrase(PHRASE, 'auth.enterPhrase', 'auth.unlock', true)
  await phone.page.evaluate(async ([name, note, phrase]) => {
    localStorage.setItem('careless', name)
    localStorage.setItem('more careless', phrase)
    const cache = await caches.open('careless')
    await cache.put('/careless', new Response(note))
  }, [first.name, NOTE, PHRASE] as const)
  await phone.off()
  const careless = findIn(phone.folder, new Map([['the name', formsOf(first.name)], ['the note', formsOf(NOTE)], ['the phrase', formsOf(PHRASE)]])).found
  for (const name of ['the name', 'the phrase']) expect(careless.some((line) => line.startsWith(name) && line.includes('Local Storage'))).toBe(true)
  expect(careless.some((line) => line.startsWith('the note') && line.includes('CacheStorage'))).toBe(true)
})
