/**
 * Contacts beside the visit at the door: a call noted in three taps, a village meeting as one entry, a colleague who came
 * along, and what is added to a visit later. All without a network, read on another phone once it is back.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { managersPhone } from './support/alone'
import type { Bank } from './support/bank'
import { soundIn } from './support/look'
import { Phone } from './support/phone'
import { until } from './support/places'
import type { Household } from './support/records'

let bank: Bank
let manager: Phone
let agent: Phone
let home: Household
let agentName = ''

beforeAll(async () => {
  let households: Household[]
  ;({ bank, phone: manager, households } = await managersPhone())
  ;[home] = households as [Household]
  agent = new Phone(bank, "the agent's phone")
  await agent.on()
  await agent.enrol(bank.login('agent'))
  const [row] = await bank.helper.sql<[string]>('SELECT name FROM staff WHERE login = $1', bank.login('agent').login)
  agentName = row?.[0] ?? ''
})

afterAll(async () => {
  for (const one of [manager, agent]) await one?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const one of [manager, agent]) {
    await one?.picture(`failed, ${one.name}`).catch(() => undefined)
    for (const error of one?.errors ?? []) process.stderr.write(`${error}\n`)
  }
})

const sound = (name: string) => soundIn('contacts')(manager, name)
const chip = (group: string, name: string | RegExp) => manager.page.getByRole('group', { name: group, exact: true }).getByRole('button', { name, exact: typeof name === 'string' })
const mine = (where: string) => bank.helper.sql<[string, string, string, string | null]>(`SELECT channel, outcome, customer_id::text, meeting_id::text FROM visit WHERE staff_id = (SELECT id FROM staff WHERE login = $1) AND ${where} ORDER BY id DESC`, bank.login('manager').login)

describe.sequential('contacts without a network', () => {
  test('a call is noted in three taps', async () => {
    await manager.go(`/customers/${home.id}`)
    await manager.page.getByRole('heading', { name: home.name, exact: true }).waitFor()
    await manager.offline()
    await manager.tap(manager.page.getByRole('button', { name: manager.t('visits.quickTitle', { name: home.name }) }))
    await manager.tap(chip(manager.t('visits.met'), manager.t('visits.quick.phone_met')))
    await sound('quick')
    await manager.tap(manager.button('save.onPhone'))
    await manager.page.getByRole('dialog').waitFor({ state: 'hidden' })
    await manager.page.getByText(new RegExp(manager.t('channel.phone'))).first().waitFor()
  })

  test('a visit says who came along and what was shown, and what is kept of the place is explained', async () => {
    await manager.go(`/visits/new?customer=${home.id}`)
    await manager.tap(manager.button('visits.kept.ask'))
    await sound('kept')
    await manager.tap(manager.page.getByRole('dialog').getByRole('button', { name: manager.t('ui.close') }))
    await manager.tap(chip(manager.t('visits.met'), manager.t('outcome.met')))
    await manager.tap(manager.page.getByRole('button', { name: new RegExp(manager.t('visits.presented')) }))
    await manager.tap(manager.page.getByRole('group', { name: manager.t('visits.presented') }).getByRole('button').first())
    await manager.tap(manager.page.getByRole('button', { name: new RegExp(manager.t('visits.companion')) }))
    await manager.page.getByLabel(manager.t('visits.findColleague')).fill(agentName)
    await sound('companion')
    await manager.tap(manager.page.getByRole('dialog').getByRole('button', { name: new RegExp(agentName) }))
    await sound('visit')
    await manager.tap(manager.button('save.onPhone'))
    await manager.page.waitForURL(/\/today/)
  })

  test('what is added later stands after the visit; the app is killed before it is saved', async () => {
    await manager.go(`/customers/${home.id}`)
    await manager.tap(manager.page.getByRole('link', { name: manager.t('visits.add') }).first())
    await manager.page.getByLabel(manager.t('visits.note')).fill('他家老大考上大学了')
    await manager.page.getByText(manager.t('save.draft')).waitFor()
    await manager.page.reload()
    await manager.unlock()
    expect(await manager.page.getByLabel(manager.t('visits.note')).inputValue()).toBe('他家老大考上大学了')
    await sound('add')
    await manager.tap(manager.button('save.onPhone'))
    await manager.page.getByText(/他家老大考上大学了/).waitFor()
    await sound('added')
  })

  test('a meeting is one entry for all who came', async () => {
    await manager.go('/visits/new')
    await manager.tap(manager.page.getByRole('button', { name: manager.t('visits.chooseHousehold'), exact: true }))
    await manager.tap(manager.page.getByRole('link', { name: manager.t('visits.meetingInstead') }))
    const grids = manager.page.getByRole('group', { name: manager.t('visits.meetingGrid') }).getByRole('button')
    if (await grids.count()) await manager.tap(grids.first())
    const rows = manager.page.getByRole('main').getByRole('listitem').getByRole('button')
    for (const n of [0, 1, 2]) await manager.tap(rows.nth(n))
    await manager.page.getByText(manager.t('visits.meetingCount', { n: 3 })).waitFor()
    await manager.page.getByLabel(manager.t('visits.note')).fill('讲了秋收贷，来了三户')
    await sound('meeting')
    await manager.tap(manager.button('save.onPhone'))
    await manager.page.waitForURL(/\/customers$/)
  })

  test('the bank has each of them once, and the colleague hears of the visit', async () => {
    const before = (await mine("channel = 'meeting'")).length
    await manager.online()
    await manager.synced(120)
    await until('all have arrived', async () => (await mine("channel = 'meeting'")).length === before + 3, 60)
    const meeting = (await mine("channel = 'meeting'")).slice(0, 3)
    expect(new Set(meeting.map(([, , customer]) => customer)).size).toBe(3)
    expect(new Set(meeting.map(([, , , id]) => id)).size).toBe(1)
    expect((await mine(`channel = 'phone' AND customer_id = '${home.id}'`))[0]?.slice(0, 2)).toEqual(['phone', 'met'])
    await agent.page.reload()
    await agent.unlock()
    await agent.go('/inbox')
    await agent.page.getByText(new RegExp(`记了和你同去`)).first().waitFor({ timeout: 60_000 })
  })
})
