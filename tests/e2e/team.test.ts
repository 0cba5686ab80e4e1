/**
 * What a head steers the branch by: a visit on a manager's phone moves the counts on the head's and takes the due row
 * away, and it all stands there without a network.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { managersPhone } from './support/alone'
import type { Bank } from './support/bank'
import { soundIn } from './support/look'
import { Phone } from './support/phone'
import { until } from './support/places'
import type { Household } from './support/records'
import { listed, logVisit } from './support/work'

let bank: Bank
let manager: Phone
let head: Phone
let household: Household
/** The manager's figures on the head's screen: done and all of today. */
let before: { done: number; all: number }

beforeAll(async () => {
  let households: Household[]
  ;({ bank, phone: manager, households } = await managersPhone())
  head = new Phone(bank, "the head's phone")
  await head.on()
  await head.enrol(bank.login('branch_head'))
  const due = await until('the bank has counted', async () => {
    const rows = await bank.helper.sql<[string]>("SELECT value ->> 'customer_id' FROM team_row WHERE kind = 'due' AND value ->> 'duty' = 'visit'")
    return rows.length ? new Set(rows.map(([id]) => id)) : null
  })
  const found = households.find((one) => due.has(one.id))
  if (!found) throw new Error('none of the manager’s households is due')
  household = found
})

afterAll(async () => {
  for (const one of [manager, head]) await one?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const one of [manager, head]) {
    await one.picture(`failed, ${one.name}`).catch(() => undefined)
    for (const error of one.errors) process.stderr.write(`${error}\n`)
  }
})

const segment = (key: string) => head.page.getByRole('group', { name: head.t('team.title') }).getByRole('button', { name: head.t(`team.${key}`), exact: true })
const card = () => head.page.getByRole('link', { name: new RegExp(head.t('team.title')) })
const dueNames = async (): Promise<string[]> => {
  await head.tap(segment('due'))
  await head.page.getByRole('listitem').first().waitFor()
  return listed(head, 'li > button, li > a')
}

/** Done and all of the day, as the manager's line among the people says it. */
async function managersFigures(): Promise<{ done: number; all: number }> {
  await head.tap(segment('people'))
  const name = (await bank.helper.sql<[string]>('SELECT name FROM staff WHERE login = $1', bank.login('manager').login))[0]?.[0] ?? ''
  const line = await head.page.getByRole('listitem').filter({ has: head.page.getByText(name, { exact: true }) }).innerText()
  const [, done, all] = /(\d+) \/ (\d+)/.exec(line) ?? []
  return { done: Number(done), all: Number(all) }
}

const sound = (name: string) => soundIn('team')(head, name)

describe.sequential('the head’s branch', () => {
  test('stands on the head’s home, and opens with what is urgent', async () => {
    await head.go('/today')
    await card().waitFor({ timeout: 60_000 })
    await sound('today')
    await head.tap(card())
    await head.page.getByRole('heading', { name: head.t('team.title') }).waitFor()
    expect(await dueNames()).toContain(household.name)
    await sound('due')
    for (const one of ['people', 'grids', 'highEnd']) {
      await head.tap(segment(one))
      await head.page.getByRole('listitem').first().waitFor()
      await sound(one)
    }
    before = await managersFigures()
    expect(before.all).toBeGreaterThan(before.done)
  })

  test('moves with a visit on a manager’s phone, and its due row goes', async () => {
    await logVisit(manager, household, { note: '院坝里说好了开春再来', photo: 'seagreen' })
    await manager.synced(90)
    await until('the head sees it done', async () => (await managersFigures()).done > before.done, 90)
    expect((await dueNames()).filter((name) => name === household.name)).toEqual([])
  })

  test('stands there without a network, also after the phone was off', async () => {
    const now = await managersFigures()
    const names = await dueNames()
    await head.page.context().setOffline(true)
    await head.page.reload()
    await head.unlock()
    await head.go('/today')
    await card().waitFor()
    await sound('today-offline')
    await head.tap(card())
    expect(await managersFigures()).toEqual(now)
    expect(await dueNames()).toEqual(names)
  })

  test('a customer whom the phone does not hold opens with the network', async () => {
    const row = head.page.locator('li > a').first()
    const name = await row.locator('b').innerText()
    await head.tap(row)
    await head.text('watch.needsNetwork').waitFor()
    await sound('customer-offline')
    await head.page.context().setOffline(false)
    await head.page.getByRole('heading', { name, exact: true }).waitFor()
    await head.text('look.stays').waitFor()
  })

  test('is nobody else’s: a manager has neither the card nor the page', async () => {
    await manager.go('/today')
    await manager.page.getByRole('heading', { name: manager.t('tabs.today') }).waitFor()
    expect(await manager.page.getByText(manager.t('team.title'), { exact: true }).count()).toBe(0)
    await manager.page.goto(`${bank.url}/team`)
    await manager.unlock()
    await manager.page.waitForURL('**/today')
  })
})

test('no page threw or logged an error', () => {
  expect([...manager.errors, ...head.errors]).toEqual([])
})
