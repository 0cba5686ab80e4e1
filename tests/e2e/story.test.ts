/**
 * The main job, end to end, in a real browser: a visit logged without a signal changes what the bank offers. Real server,
 * worker, PostgreSQL and Valkey; a push service that verifies and decrypts. The steps build on one another.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Bank } from './support/bank'
import { Phone } from './support/phone'
import { until } from './support/places'
import { dueHouseholds, type Household, profileOf, type Profile } from './support/records'
import { addVehicle, drawn, editIncome, findByInitials, logVisit, lookAt, newHousehold, stops } from './support/work'

let bank: Bank
let manager: Phone
let head: Phone
let agent: Phone
let quick: Household
let noted: Household
let far: Household
let before: Profile
let added: string
let due: string[]
let held: number

beforeAll(async () => {
  bank = await Bank.open()
  manager = new Phone(bank, "the manager's phone")
  head = new Phone(bank, "the head's phone")
  agent = new Phone(bank, "the agent's phone")
})

afterAll(async () => {
  for (const phone of [manager, head, agent]) await phone?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const phone of [manager, head, agent]) {
    await phone?.picture(`failed, ${phone.name}`).catch(() => undefined)
    for (const error of phone?.errors ?? []) process.stderr.write(`${error}\n`)
  }
})

describe.sequential('a visit logged without a signal changes what the bank offers', () => {
  test('1. tiange up shows one demo login per role', async () => {
    const roles = ['agent', 'manager', 'deputy_head', 'branch_head', 'hq_lead', 'hq_business', 'hq_data', 'risk_officer', 'auditor', 'admin']
    expect([...bank.logins.keys()].sort()).toEqual([...roles].sort())
    expect(await bank.helper.count('SELECT count(*) FROM customer')).toBeGreaterThanOrEqual(400)
  })

  test('2. the manager enrols a phone and sees Today, with the customers of the grids on it', async () => {
    await manager.on()
    await manager.enrol(bank.login('manager'))
    const households = await dueHouseholds(bank, bank.login('manager').login)
    far = [...households].sort((a, b) => a.due.localeCompare(b.due))[0] as Household
    ;[quick, noted] = households.filter((one) => one !== far) as [Household, Household]
    before = await profileOf(bank, noted.id)
    await manager.stand(quick.lon + 0.004, quick.lat)
    due = await stops(manager)
    expect(due.length).toBeGreaterThan(0)
    await manager.picture('01-today')
    for (const column of ['today', 'week', 'month']) await expect(manager.page.getByRole('button', { name: new RegExp(`^${manager.t(`today.${column}`)}`) }).count()).resolves.toBe(1)
    await manager.tap(manager.tab('customers'))
    held = await bank.helper.count(
      `SELECT count(DISTINCT c.id) FROM customer c, staff s WHERE s.login = $1 AND c.status = 'active' AND (c.owner_id = s.id
         OR EXISTS (SELECT 1 FROM grid_assignment a WHERE a.grid_id = c.grid_id AND a.staff_id = s.id AND a.to_on IS NULL))`,
      bank.login('manager').login,
    )
    await manager.page.getByText(manager.t('customers.count', { n: held.toLocaleString('en-US') }), { exact: true }).waitFor()
    await manager.wantReminders()
  })

  test('2b. of the long list only what is near the screen is drawn; it is whole to a screen reader, keeps its place, and the focus', async () => {
    const { page } = manager
    await manager.tap(manager.tab('customers'))
    await page.locator('li[aria-posinset="1"]').waitFor()
    const top = await drawn(manager)
    expect(top.length).toBeLessThan(40)
    expect(new Set(top.map(([, of]) => of))).toEqual(new Set([held]))
    expect(top.slice(0, 3).map(([n]) => n)).toEqual([1, 2, 3])
    await page.evaluate(() => document.querySelector<HTMLElement>('li[aria-posinset="2"] a')?.focus())
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight / 2))
    await page.waitForFunction(() => !document.querySelector('li[aria-posinset="3"]'))
    // the second row is far away, and still the one that the next tab key starts from
    expect(await page.evaluate(() => document.activeElement?.closest('li')?.ariaPosInSet)).toBe('2')
    const middle = (await drawn(manager)).filter(([, , , inside]) => inside)
    expect(middle.length).toBeGreaterThan(4)
    const numbers = middle.map(([n]) => n)
    expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] as number) + i))
    const [, , name] = middle[3] as [number, number, string, boolean]
    await page.locator(`li[aria-posinset="${numbers[3]}"] a`).click()
    await page.getByRole('heading', { name }).waitFor()
    await page.goBack()
    await page.waitForFunction((n) => {
      const at = document.querySelector(`li[aria-posinset="${n}"]`)?.getBoundingClientRect()
      return at && at.bottom > 0 && at.top < innerHeight
    }, numbers[3])
    await page.evaluate(() => scrollTo(0, 1e9))
    await page.waitForFunction((n) => document.querySelector(`li[aria-posinset="${n}"]`), held)
    await page.evaluate(() => scrollTo(0, 0))
  })

  test('3a. without a network the killed app opens again with everything there', async () => {
    await manager.offline()
    await manager.kill()
    await manager.on('/today') // from the phone's own storage: the network is still down
    await manager.offline()
    await manager.unlock()
    await manager.text('ui.offline').first().waitFor()
    expect((await stops(manager)).sort()).toEqual(due.sort())
    await manager.tap(manager.tab('customers'))
    await manager.page.getByText(manager.t('customers.count', { n: held.toLocaleString('en-US') }), { exact: true }).waitFor()
  })

  test('3b. a visit takes at most eight taps and nothing typed', async () => {
    await manager.stand(quick.lon, quick.lat)
    await findByInitials(manager, quick)
    manager.taps = 0
    await manager.tap(manager.page.getByRole('link', { name: new RegExp(quick.name) }).first())
    await manager.tap(manager.button('visits.log'))
    await manager.page.getByText(manager.t('visits.fromHome', { distance: '' }).trim(), { exact: false }).first().waitFor()
    await manager.tap(manager.chip('visits.met', 'outcome.met'))
    const needs = manager.page.getByRole('group', { name: manager.t('visits.needs') }).getByRole('button')
    await manager.tap(needs.nth(0))
    await manager.tap(needs.nth(1))
    await manager.tap(manager.page.getByRole('group', { name: manager.t('visits.next') }).getByRole('button').first())
    await manager.picture('02-visit')
    await manager.tap(manager.button('save.onPhone'))
    await manager.page.getByRole('heading', { name: manager.t('tabs.today') }).waitFor()
    expect(manager.taps).toBeLessThanOrEqual(8)
  })

  test('3c. two more with a note and a photo, one of them far from the door', async () => {
    await logVisit(manager, noted, { note: '孩子上大学了，问助学贷款', photo: 'seagreen' })
    await logVisit(manager, { ...far, lon: far.lon + 0.02 }, { note: '在镇上碰到的', photo: 'firebrick' })
  })

  test('3d. income, a vehicle and a new customer at the doorstep', async () => {
    await editIncome(manager, noted, { field: 'income_wages_fen', wan: 9 })
    await addVehicle(manager, noted, { kind: '皮卡', wan: 8 })
    added = await newHousehold(manager, '覃新户', noted)
  })

  test('3e. Today and the customer page show it at once, marked as saved on this phone', async () => {
    await manager.go('/today')
    const waiting = await manager.page.getByRole('button', { name: new RegExp(`${manager.t('record.saved')} \\d`) }).innerText()
    // three visits, income, vehicle, new customer
    expect(Number(/\d+/.exec(waiting)?.[0])).toBe(6)
    await manager.go(`/customers/${quick.id}`)
    await manager.text('record.saved').first().waitFor()
    await manager.picture('03-customer-saved')
    await manager.go(`/customers/${added}`)
    await manager.page.getByRole('heading', { name: '覃新户' }).waitFor()
    expect(await bank.helper.count('SELECT count(*) FROM sync_command')).toBe(0)
  })

  test('4a. the head waits with a phone of her own', async () => {
    bank.network.up()
    await head.on()
    await head.enrol(bank.login('branch_head'))
    await head.wantReminders()
  })

  test('4b. with the network back the outbox goes up by itself, however often the answer is lost', async () => {
    bank.network.loseAnswers(/^POST \/api\/v1\/sync\/push/)
    await manager.go('/sync')
    await manager.online()
    await until('an answer to the first push was lost', () => bank.network.lost > 0)
    bank.network.loseAnswers(null)
    await manager.page.getByRole('heading', { name: manager.t('sync.received', { n: 6 }) }).waitFor({ timeout: 90_000 })
    await manager.page.getByRole('heading', { name: manager.t('sync.waiting', { n: '' }).trim() }).waitFor({ state: 'hidden' })
    await manager.picture('04-received')
  })

  test('4c. everything exists exactly once', async () => {
    const results = await bank.helper.sql<[string, number]>('SELECT result, count(*)::int FROM sync_command GROUP BY 1')
    // each visit hands in its follow-up
    expect(results).toEqual([['applied', 9]])
    for (const household of [quick, noted, far]) {
      const visits = await bank.helper.sql<[string, string | null, number]>(
        'SELECT outcome, note, (SELECT count(*)::int FROM visit_photo p WHERE p.visit_id = v.id) FROM visit v WHERE customer_id = $1 AND received_at > now() - interval \'1 hour\' AND installation_id IS NOT NULL',
        household.id,
      )
      expect(visits).toHaveLength(1)
      expect(visits[0]?.[0]).toBe('met')
      if (household !== quick) expect(visits[0]?.[2]).toBe(1)
    }
    expect(await bank.helper.count('SELECT count(*) FROM customer WHERE name = $1', '覃新户')).toBe(1)
    expect(await bank.helper.count("SELECT count(*) FROM file_record WHERE customer_id = $1 AND kind = 'vehicle' AND source = 'collected' AND removed_at IS NULL AND value_fen = 8000000", noted.id)).toBe(1)
    await until('both photos have arrived', async () => (await bank.helper.count('SELECT count(*) FROM stored_file')) === 2)
  })

  test('5a. the worker recomputes, and the phone shows the new limit and why within seconds', async () => {
    const after = await until('another profile', async () => {
      const now = await profileOf(bank, noted.id)
      return now.decision !== before.decision && now.limit !== before.limit ? now : null
    })
    expect(after.limit).toBeGreaterThan(before.limit)
    await manager.go(`/customers/${noted.id}`)
    await manager.page.getByRole('heading', { name: manager.t('customers.why', { limit: after.limitText }) }).waitFor({ timeout: 30_000 })
    await manager.page.getByText(manager.t(`tier.${after.tier}`), { exact: true }).first().waitFor()
    await manager.picture('05-limit-and-why')
  })

  test('5b. the follow-up is handed in with the visit as its evidence', async () => {
    const [row] = await bank.helper.sql<[string, string | null]>(
      "SELECT state, evidence_id::text FROM task WHERE customer_id = $1 AND kind = 'follow_up' AND duty_kind = 'visit' AND evidence_id IS NOT NULL ORDER BY submitted_at DESC",
      quick.id,
    )
    const [visit] = await bank.helper.sql<[string]>('SELECT id::text FROM visit WHERE customer_id = $1 ORDER BY received_at DESC LIMIT 1', quick.id)
    expect(row).toEqual(['submitted', visit?.[0]])
  })

  test('6a. the head hears of it by push and in her inbox', async () => {
    const message = await head.receivePush()
    expect(message.text.includes(quick.name)).toBe(false)
    await until('the notification stands on the screen', async () => (await head.notifications()).length === 1, 20)
    await head.tap(head.tab('inbox'))
    await head.buttonLike('inbox.approval_waiting').first().waitFor()
  })

  test('6b. she sees visit, distance, photo and what changed', async () => {
    await head.tap(head.tab('approvals'))
    const odd = head.page.getByRole('listitem').or(head.page.getByRole('main')).getByText(far.name, { exact: true })
    await odd.first().waitFor()
    await head.page.getByRole('img', { name: head.t('photo.home') }).first().waitFor()
    await head.page.getByText(head.t('approvals.fromTo', { distance: '1.9 公里' })).first().waitFor()
    await head.picture('06-approval')
    await lookAt(head, noted)
    const changed = head.page.getByText(head.t('approvals.changed'))
    await changed.waitFor()
    await head.page.getByText(head.t('field.income_wages_fen')).first().waitFor()
  })

  test('6c. she returns the odd one with a reason and approves those that she has looked at', async () => {
    await head.go('/approvals')
    await head.tap(head.button('approvals.return'))
    await head.page.getByRole('heading', { name: head.t('approvals.returnTitle', { name: far.name }) }).waitFor()
    await head.tap(head.button('approvals.why_place'))
    await head.tap(head.page.getByRole('dialog').getByRole('button', { name: head.t('approvals.send'), exact: true }))
    await head.page.getByRole('dialog').waitFor({ state: 'hidden' })
    await until('the odd one is returned', () => bank.helper.count("SELECT count(*) FROM task WHERE customer_id = $1 AND state = 'returned'", far.id))
    for (const household of [quick, noted]) {
      await lookAt(head, household)
      await head.tap(head.button('approvals.approve'))
      await until(`${household.name} is approved`, () =>
        bank.helper.count("SELECT count(*) FROM task WHERE customer_id = $1 AND duty_kind = 'visit' AND state IN ('approved', 'closed') AND evidence_id IS NOT NULL", household.id),
      )
    }
  })

  test('6d. the manager gets the answer by push and inbox, and sees it in the list', async () => {
    const messages = [await manager.receivePush(), await manager.receivePush(), await manager.receivePush()]
    expect(messages.some((one) => one.text.includes(far.name))).toBe(false)
    await manager.go('/inbox')
    const returned = manager.page.getByRole('button', { name: manager.t('inbox.task_returned', { name: far.name }) })
    await returned.waitFor({ timeout: 30_000 })
    await manager.page.getByText(manager.t('approvals.why_place')).first().waitFor()
    await manager.go('/today')
    await manager.page.getByText(manager.t('today.returned', { reason: manager.t('approvals.why_place') })).first().waitFor()
  })

  test('6e. the next follow-up of the approved one has its date', async () => {
    const open = await until('the next follow-up', () =>
      bank.helper.sql<[string]>(
        "SELECT due_on::text FROM task WHERE customer_id = $1 AND kind = 'follow_up' AND duty_kind = 'visit' AND state = 'open' UNION ALL SELECT due_on::text FROM duty WHERE customer_id = $1 AND duty_kind = 'visit' AND due_on > now()",
        quick.id,
      ),
    )
    expect(Date.parse(open[0]?.[0] ?? '')).toBeGreaterThan(Date.now())
  })

  test('7a. an agent with two grids holds only what an agent may hold', async () => {
    await agent.on()
    await agent.enrol(bank.login('agent'))
    const grids = await bank.helper.count('SELECT count(*) FROM grid_assignment a JOIN staff s ON s.id = a.staff_id WHERE s.login = $1 AND a.to_on IS NULL', bank.login('agent').login)
    expect(grids).toBe(2)
    await agent.tap(agent.tab('customers'))
    for (const tier of ['high_end', 'core', 'basic', 'potential']) expect(await agent.page.getByText(agent.t(`tier.${tier}`), { exact: true }).count()).toBe(0)
    await agent.tap(agent.page.getByRole('main').getByRole('link').first())
    await agent.page.getByRole('heading', { name: agent.t('customers.family') }).waitFor()
    for (const hidden of ['customers.limitLong', 'customers.rate', 'customers.withUs', 'customers.used']) expect(await agent.text(hidden).count()).toBe(0)
    await agent.picture('07-agent')
  })

  test('7b. at eight in the morning each person with something due gets one digest', async () => {
    const now = new Date()
    const eight = new Date(now)
    eight.setUTCHours(24, 0, 5, 0) // 08:00:05 in Shanghai
    bank.moveClock((eight.getTime() - now.getTime()) / 1000)
    const digests = await until('digests', () => bank.helper.sql<[string, number]>("SELECT staff_id::text, count(*)::int FROM inbox_item WHERE kind = 'digest' GROUP BY 1"))
    expect(digests.every(([, count]) => count === 1)).toBe(true)
    const message = await manager.receivePush()
    expect(message.ttl).toBeGreaterThan(0)
    await manager.go('/inbox')
    await manager.buttonLike('inbox.digest').first().waitFor({ timeout: 30_000 })
  })

  test('no page of any phone threw or logged an error', () => {
    expect([...manager.errors, ...head.errors, ...agent.errors]).toEqual([])
  })
})
