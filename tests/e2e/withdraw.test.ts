/**
 * A head approves what its author takes back meanwhile: whichever reaches the bank first has decided, and both phones
 * show the same in the end.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { managersPhone } from './support/alone'
import type { Bank } from './support/bank'
import { soundIn } from './support/look'
import { Phone } from './support/phone'
import { until } from './support/places'
import type { Household } from './support/records'
import { logVisit, lookAt } from './support/work'

let bank: Bank
let manager: Phone
let head: Phone
let first: Household
let second: Household
let decidedBefore: number[]

beforeAll(async () => {
  let households: Household[]
  ;({ bank, phone: manager, households } = await managersPhone())
  ;[first, second] = households as [Household, Household]
  head = new Phone(bank, "the head's phone")
  await head.on()
  await head.enrol(bank.login('branch_head'))
  decidedBefore = await decided()
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

const cut = (phone: Phone) => phone.page.context().setOffline(true)
const join = (phone: Phone) => phone.page.context().setOffline(false)
const states = async (household: Household): Promise<string[]> =>
  (await bank.helper.sql<[string]>("SELECT state FROM task WHERE customer_id = $1 AND duty_kind = 'visit' AND state NOT IN ('closed', 'cancelled') ORDER BY due_on, id", household.id)).map(([state]) => state)

const visits = (household: Household): Promise<number> => bank.helper.count('SELECT count(*) FROM visit WHERE customer_id = $1', household.id)
/** The button on the household's page that hands in again what was taken back or returned. */
const again = () => manager.buttonLike('customers.handInAgain')

/** How often the first household stands among the approved and the returned: the demo decided on it before. */
async function decided(): Promise<number[]> {
  const found: number[] = []
  await head.go('/approvals')
  for (const segment of ['approved', 'returned']) {
    await head.tap(head.page.getByRole('group', { name: head.t('tabs.approvals') }).getByRole('button', { name: new RegExp(head.t(`approvals.${segment}`)) }))
    found.push(await head.page.getByText(first.name).count())
  }
  return found
}

/** Handed in, received, and before the head's eyes. */
async function handIn(household: Household): Promise<void> {
  await logVisit(manager, household, { note: '院坝里说好了开春再来', photo: 'seagreen' })
  await manager.synced(90)
  // opened anew it fetches at once what its list would get within moments
  await head.page.reload()
  await head.unlock()
  await head.synced(90)
  await lookAt(head, household)
  await manager.go(`/customers/${household.id}`)
  await manager.text('customers.nextSubmitted').waitFor()
}

const sound = (name: string) => soundIn('withdraw')(manager, name)

describe.sequential('the author takes back while the head approves without a network', () => {
  test('the bank hears the author first', async () => {
    await handIn(first)
    await sound('handed-in')
    await cut(head)
    await head.tap(head.button('approvals.approve'))
    await head.go('/sync')
    await head.page.getByRole('heading', { name: head.t('sync.waiting', { n: 1 }) }).waitFor()
    await manager.tap(manager.button('customers.withdraw'))
    await manager.text('customers.nextSubmitted').waitFor({ state: 'hidden' })
    await until('the bank has taken it back', async () => (await states(first)).join() === 'in_progress', 90)
    await join(head)
  })

  test('the head is told that it was decided before, and has nothing to approve there any more', async () => {
    await head.text('problem.conflict_state').waitFor({ timeout: 90_000 })
    await head.picture('withdraw-1-head')
    await head.go('/approvals')
    await until('the approval is gone from the head’s phone', async () => (await head.page.getByText(first.name).count()) === 0)
    expect(await decided()).toEqual(decidedBefore)
  })

  test('the author has the task open as before, and hands it in with the same visit, without a network', async () => {
    await manager.synced(90)
    await manager.go(`/customers/${first.id}`)
    await again().waitFor()
    expect(await manager.text('customers.nextSubmitted').count()).toBe(0)
    expect(await states(first)).toEqual(['in_progress'])
    await sound('taken-back')
    const before = await visits(first)
    await cut(manager)
    await manager.tap(again())
    await manager.text('customers.nextSubmitted').waitFor()
    expect(await again().count()).toBe(0)
    await join(manager)
    await until('the bank has it again', async () => (await states(first)).includes('submitted'), 90)
    expect(await visits(first)).toBe(before)
  })

  test('returned with a reason, what was done for it goes in with the same visit once more', async () => {
    await head.page.reload()
    await head.unlock()
    await head.synced(90)
    await lookAt(head, first)
    await head.tap(head.button('approvals.return'))
    const sheet = head.page.getByRole('dialog')
    await sheet.getByLabel(head.t('approvals.reason'), { exact: true }).fill('补采开支')
    await head.tap(sheet.getByRole('button', { name: head.t('approvals.send'), exact: true }))
    await until('the bank has returned it', async () => (await states(first)).includes('returned'), 90)
    await manager.synced(90, `/customers/${first.id}`)
    await manager.text('today.returned', { reason: '补采开支' }).waitFor({ timeout: 90_000 })
    await sound('returned')
    await manager.tap(again())
    await manager.text('customers.nextSubmitted').waitFor()
    await until('the bank has it once more', async () => (await states(first)).includes('submitted'), 90)
  })
})

describe.sequential('the author takes back without a network while the head approves', () => {
  test('the bank hears the head first', async () => {
    await handIn(second)
    await cut(manager)
    await manager.tap(manager.button('customers.withdraw'))
    await manager.text('customers.nextSubmitted').waitFor({ state: 'hidden' })
    await head.tap(head.button('approvals.approve'))
    await until('the bank has approved', async () => !(await states(second)).includes('submitted'), 90)
    await manager.go('/sync')
    await join(manager)
  })

  test('the author is told so, and sees it approved', async () => {
    await manager.text('problem.conflict_state').waitFor({ timeout: 90_000 })
    await sound('too-late')
    await manager.go('/inbox')
    await manager.page.getByRole('button', { name: manager.t('inbox.task_approved', { name: second.name }) }).waitFor({ timeout: 60_000 })
    await manager.go(`/customers/${second.id}`)
    await manager.page.getByText(manager.t('customers.next'), { exact: true }).waitFor()
    expect(await manager.button('customers.withdraw').count()).toBe(0)
  })

  test('the head has it among the approved', async () => {
    await head.go('/approvals')
    await head.tap(head.page.getByRole('group', { name: head.t('tabs.approvals') }).getByRole('button', { name: new RegExp(head.t('approvals.approved')) }))
    await head.page.getByText(second.name).first().waitFor()
  })
})

test('no page threw or logged an error', () => {
  expect([...manager.errors, ...head.errors]).toEqual([])
})
