/**
 * A phone that was out of contact for longer than it may read alone: a visit is taken all the same, by the household's
 * name as typed, and finds its household later. And a phone whose storage was copied: two send as if they were one.
 */
import { cpSync, rmSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Bank } from './support/bank'
import { soundIn } from './support/look'
import { Phone } from './support/phone'
import { until } from './support/places'
import { dueHouseholds, type Household } from './support/records'
import { logVisit, lookAt, recordVoice, sign } from './support/work'

const AWAY_HOURS = 80
const TYPED = { name: '老伍的表弟', place: '水库东岸', note: '想买一台二手拖拉机' }
/** A second one, for a head who holds no grid. */
const SECOND = { name: '刘老幺家', place: '坝子口', note: '问存款利率' }
const COPIED = '两台手机都当自己是这一台'

let bank: Bank
let phone: Phone
let copy: Phone
let head: Phone
let households: Household[]

beforeAll(async () => {
  bank = await Bank.open()
  phone = new Phone(bank, "the manager's phone")
  copy = new Phone(bank, 'the copy of it')
  head = new Phone(bank, "the head's phone")
  households = await dueHouseholds(bank, bank.login('manager').login)
})

afterAll(async () => {
  for (const one of [phone, copy, head]) await one?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const one of [phone, copy, head]) {
    await one?.picture(`failed, ${one.name}`).catch(() => undefined)
    for (const error of one?.errors ?? []) process.stderr.write(`${error}\n`)
  }
})

const sound = (name: string) => soundIn('apart')(head, name)

describe.sequential('past the offline limit', () => {
  test('the lists are put away, which is said, and nothing of them can be read', async () => {
    await phone.on()
    await phone.enrol(bank.login('manager'))
    await phone.go('/customers')
    await phone.page.getByRole('main').getByRole('link').first().waitFor()
    await phone.offline()
    await phone.off()
    // the time passes for the phone and for the bank
    phone.ahead = AWAY_HOURS * 3_600_000
    bank.moveClock(AWAY_HOURS * 3_600)
    await phone.on()
    await phone.offline()
    await phone.unlock()
    await phone.text('app.readLocked').waitFor()
    await phone.picture('apart-1-today')
    for (const path of ['/today', '/customers', `/customers/${households[0]?.id}`]) {
      await phone.go(path)
      await phone.text('app.readLocked').waitFor()
      for (const { name } of households) await expect(phone.page.getByText(name).count()).resolves.toBe(0)
    }
  })

  test('a visit is taken by the name as typed, with photo, signature and voice', async () => {
    const [first] = households as [Household]
    const { page } = phone
    await phone.stand(first.lon, first.lat)
    await phone.go('/visits/new')
    await page.getByLabel(phone.t('visits.typedName'), { exact: true }).fill(TYPED.name)
    await page.getByLabel(phone.t('visits.typedPlace'), { exact: true }).fill(TYPED.place)
    await phone.tap(phone.chip('visits.met', 'outcome.met'))
    await page.getByLabel(phone.t('visits.note'), { exact: true }).fill(TYPED.note)
    await page.locator('input[type=file]').setInputFiles({ name: 'photo.jpg', mimeType: 'image/jpeg', buffer: await phone.photograph('seagreen') })
    await phone.tap(page.getByRole('dialog').getByRole('button', { name: phone.t('photo.home'), exact: true }))
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await recordVoice(phone, 2)
    await sign(phone)
    await phone.picture('apart-2-visit')
    await phone.tap(phone.button('save.onPhone'))
    await page.getByRole('heading', { name: phone.t('tabs.today') }).waitFor()
  })

  test('and another one, quickly', async () => {
    const { page } = phone
    await phone.go('/visits/new')
    await page.getByLabel(phone.t('visits.typedName'), { exact: true }).fill(SECOND.name)
    await page.getByLabel(phone.t('visits.typedPlace'), { exact: true }).fill(SECOND.place)
    await phone.tap(phone.chip('visits.met', 'outcome.met'))
    await page.getByLabel(phone.t('visits.note'), { exact: true }).fill(SECOND.note)
    await phone.tap(phone.button('save.onPhone'))
    await page.getByRole('heading', { name: phone.t('tabs.today') }).waitFor()
  })

  test('killed and opened again it still has it, and with the network back the bank has it and the lists return', async () => {
    await phone.kill()
    await phone.on()
    await phone.offline()
    await phone.unlock()
    await phone.go('/sync')
    await phone.page.getByRole('heading', { name: phone.t('sync.waiting', { n: 2 }) }).waitFor()
    await phone.online()
    await phone.page.getByRole('heading', { name: phone.t('sync.received', { n: 2 }) }).waitFor({ timeout: 90_000 })
    await phone.text('app.readLocked').waitFor({ state: 'hidden' })
    await until('photo, signature and voice have arrived', async () => (await bank.helper.count('SELECT count(*) FROM stored_file')) === 3, 90)
    expect(await bank.helper.count('SELECT count(*) FROM unplaced_visit WHERE name = $1 AND customer_id IS NULL', TYPED.name)).toBe(1)
  })

  test('its author says which household it was, where the bank could not tell', async () => {
    const [first] = households as [Household]
    const { page } = phone
    await phone.go('/today')
    await page.getByText(phone.t('visits.unplacedN', { n: 2 })).waitFor()
    await phone.picture('apart-3-notice')
    await phone.tap(phone.button('visits.unplacedPick'))
    await page.getByText(TYPED.name).first().waitFor()
    await phone.picture('apart-4-unplaced')
    const card = page.locator('section.card').filter({ hasText: TYPED.name })
    await phone.tap(card.getByRole('button', { name: new RegExp(`^(${phone.t('visits.unplacedOther')}|${phone.t('visits.chooseHousehold')})$`) }))
    await page.getByRole('dialog').getByRole('searchbox').fill(first.initials)
    await phone.tap(page.getByRole('dialog').getByRole('button', { name: first.name }).first())
    await page.getByText(TYPED.name).first().waitFor({ state: 'hidden' })
    await page.getByText(SECOND.name).first().waitFor()
    await phone.picture('apart-5-placed')
    await phone.synced(90)
    const visits = await bank.helper.sql<[number]>('SELECT (SELECT count(*)::int FROM visit_photo p WHERE p.visit_id = v.id) FROM visit v WHERE v.customer_id = $1 AND v.note = $2', first.id, TYPED.note)
    // photo, signature and voice went along
    expect(visits).toEqual([[3]])
    await phone.go(`/customers/${first.id}`)
    await page.getByText(TYPED.note).first().waitFor()
  })

  test('the head sees the visit with its photo and signature', async () => {
    const [first] = households as [Household]
    head.ahead = phone.ahead
    await head.on()
    await head.enrol(bank.login('branch_head'))
    await lookAt(head, first)
    await head.page.getByText(TYPED.note).first().waitFor()
    await head.page.getByRole('img', { name: head.t('photo.home') }).first().waitFor()
    await head.page.getByRole('img', { name: head.t('photo.signature') }).first().waitFor()
    await head.picture('apart-6-head')
  })

  test('a head who holds no grid looks the other household up at the bank, which needs the network, and says it was that one', async () => {
    const chosen = households.at(-1) as Household
    const { page } = head
    await head.go('/approvals')
    await head.tap(head.button('visits.unplacedN', { n: 1 }))
    await page.getByText(SECOND.name).first().waitFor()
    await sound('unplaced')
    await head.tap(page.getByRole('button', { name: new RegExp(`^(${head.t('visits.unplacedOther')}|${head.t('visits.chooseHousehold')})$`) }))
    const sheet = page.getByRole('dialog')
    await page.context().setOffline(true)
    await sheet.getByText(head.t('visits.lookUpCut')).waitFor()
    await head.picture('apart-7-cut')
    await page.context().setOffline(false)
    await sheet.getByText(head.t('visits.lookUpStart')).waitFor()
    await sheet.getByRole('searchbox').fill(chosen.initials)
    const found = sheet.getByRole('button', { name: new RegExp(chosen.name) }).first()
    await found.waitFor()
    await sound('looked-up')
    await head.tap(found)
    await head.text('visits.unplacedNone').waitFor()
    await head.synced(90, '/sync')
    await page.getByText(new RegExp(SECOND.name)).first().waitFor()
    expect(await bank.helper.sql('SELECT v.customer_id::text, v.staff_id = u.staff_id FROM visit v JOIN unplaced_visit u ON u.id = v.id WHERE v.note = $1', SECOND.note)).toEqual([[chosen.id, true]])
    expect(await bank.helper.count("SELECT count(*) FROM audit_entry WHERE action = 'customer.looked_up'")).toBeGreaterThan(0)
  })
})

describe.sequential('a phone whose storage was copied while it was off', () => {
  test('and its copy both save and send: nothing is lost and nothing doubled', async () => {
    const [, ...chosen] = households as [Household, Household, Household, Household]
    await phone.off()
    rmSync(copy.folder, { recursive: true })
    cpSync(phone.folder, copy.folder, { recursive: true, filter: (path) => !/Singleton/.test(path) })
    copy.ahead = phone.ahead
    const both = [phone, copy]
    for (const one of both) {
      await one.on()
      await one.unlock()
      await one.offline()
    }
    const saved: string[] = []
    for (const [i, household] of chosen.slice(0, 3).entries()) {
      const one = both[i % 2] as Phone
      await logVisit(one, household, { note: `${COPIED} ${i}`, photo: 'steelblue' })
      saved.push(`${COPIED} ${i}`)
    }
    for (const one of both) {
      await one.go('/sync')
      await one.online()
    }
    const visits = () => bank.helper.sql<[string]>('SELECT note FROM visit WHERE note LIKE $1 ORDER BY note', `${COPIED}%`)
    await until('all visits have arrived', async () => (await visits()).length >= saved.length, 120)
    for (const one of both) await one.synced(120)
    expect((await visits()).map(([note]) => note)).toEqual(saved)
    for (const household of chosen.slice(0, 3)) {
      expect(await bank.helper.count("SELECT count(*) FROM task WHERE customer_id = $1 AND duty_kind = 'visit' AND state = 'submitted'", household.id)).toBe(1)
      for (const one of both) {
        await one.go(`/customers/${household.id}`)
        await one.page.getByText(COPIED, { exact: false }).first().waitFor({ timeout: 60_000 })
      }
    }
    expect(await bank.helper.count("SELECT count(*) FROM sync_command WHERE result <> 'applied'")).toBe(0)
  })

  test('no page of any phone threw or logged an error', () => {
    expect([...phone.errors, ...copy.errors, ...head.errors]).toEqual([])
  })
})
