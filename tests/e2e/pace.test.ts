/**
 * Two visits in a hurry: whoever approves them is told what is odd, their author is told the same, and what the author
 * adds to explain it stands beside it.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { managersPhone } from './support/alone'
import type { Bank } from './support/bank'
import { soundIn } from './support/look'
import { Phone } from './support/phone'
import { until } from './support/places'
import type { Household } from './support/records'
import { logVisit } from './support/work'

const WHY = '他家正好也在合作社院子里'

let bank: Bank
let manager: Phone
let head: Phone
let here: Household
let there: Household
/** Of the two visits, in the text of whoever reads it. */
const odd = (phone: Phone) => phone.t('flag.speed')
const told = (phone: Phone) => phone.page.getByText(phone.t('visits.flagged', { what: odd(phone) }))

beforeAll(async () => {
  let households: Household[]
  ;({ bank, phone: manager, households } = await managersPhone())
  await bank.speedLimit(120)
  here = households[0] as Household
  // far enough that nobody gets there within the minute that this test takes
  const away = (one: Household) => Math.hypot(one.lon - here.lon, one.lat - here.lat)
  there = households.slice(1).sort((a, b) => away(b) - away(a))[0] as Household
  head = new Phone(bank, "the head's phone")
  await head.on()
  await head.enrol(bank.login('branch_head'))
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

describe.sequential('a visit that is too soon after the one before', () => {
  test('both are saved without a network, and nothing is held against the first', async () => {
    await manager.offline()
    for (const [household, photo] of [[here, 'seagreen'], [there, 'sienna']] as const) {
      await logVisit(manager, household, { note: '看了田里', photo })
    }
    await manager.online()
    await manager.synced(90)
    const flags = async (household: Household) =>
      (await bank.helper.sql<[string[]]>('SELECT flags FROM visit WHERE customer_id = $1 ORDER BY received_at DESC LIMIT 1', household.id))[0]?.[0]
    expect(await flags(here)).toEqual([])
    expect(await flags(there)).toEqual(['speed'])
  })

  test('its author reads what the approver will see, and only about that one', async () => {
    await manager.synced(90, `/customers/${there.id}`)
    await told(manager).waitFor()
    await soundIn('pace')(manager, 'told')
    await manager.go(`/customers/${here.id}`)
    await manager.page.getByRole('heading', { name: here.name }).waitFor()
    expect(await told(manager).count()).toBe(0)
  })

  test('the head sees the oddness, and the word that the author added to it', async () => {
    await manager.go(`/customers/${there.id}`)
    await manager.tap(manager.page.getByRole('link', { name: manager.t('visits.add'), exact: true }).first())
    await manager.page.getByLabel(manager.t('visits.note'), { exact: true }).fill(WHY)
    await manager.tap(manager.button('save.onPhone'))
    await manager.page.getByText(WHY).waitFor()
    await manager.synced(90)
    await until('the word is at the bank', async () => (await bank.helper.count('SELECT count(*) FROM visit_supplement')) > 0, 60)
    await head.page.reload()
    await head.unlock()
    await head.synced(90)
    // what is odd stands first and is looked at by itself
    await head.go('/approvals')
    await head.page.getByText(odd(head)).first().waitFor()
    const card = head.page.getByRole('button', { name: new RegExp(`^${there.name}.*${there.grid}|^${there.name}.*${odd(head)}`) }).first()
    if ((await card.getAttribute('aria-expanded')) === 'false') await head.tap(card)
    await head.page.getByText(WHY).waitFor()
    await soundIn('pace')(head, 'head')
  })

  test('the head’s own look at the household says nothing to them of what others are told', async () => {
    await head.go(`/customers/${there.id}`)
    await head.page.getByRole('heading', { name: there.name }).waitFor()
    await head.page.getByText(WHY).waitFor()
    expect(await told(head).count()).toBe(0)
  })
})
