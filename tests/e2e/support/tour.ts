/** The walk through every screen, as the people who use them: what is on them is real. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { Bank } from './bank'
import type { Phone } from './phone'
import { until } from './places'
import { dueHouseholds, type Household } from './records'
import { editIncome, logVisit, sign } from './work'

/** Called on each screen as it stands. */
export type Shoot = (phone: Phone, name: string) => Promise<void>

export interface Cast {
  bank: Bank
  manager: Phone
  head: Phone
  agent: Phone
}

/** From the first start to Today, each refusal on the way. */
export async function entering({ bank, manager }: Cast, shoot: Shoot): Promise<void> {
  const login = bank.login('manager')
  await manager.on()
  await manager.button('auth.needLogin').waitFor()
  await shoot(manager, '01 login')
  await manager.signIn({ ...login, password: 'not-the-one' })
  await manager.text('auth.notIn').waitFor()
  await shoot(manager, '02 login refused')
  await manager.signIn(login)
  await manager.button('auth.enrol').waitFor()
  await shoot(manager, '03 enrol')
  await manager.tap(manager.button('auth.enrol'))
  await manager.text('auth.pinNew').waitFor()
  await shoot(manager, '04 set PIN')
  await manager.pin('111111')
  await manager.text('auth.pinWeak').waitFor()
  await shoot(manager, '05 set PIN, weak')
  await manager.pin()
  await manager.text('auth.pinAgain').waitFor()
  await manager.pin()
  await manager.page.getByRole('heading', { name: manager.t('tabs.today') }).waitFor()
  await manager.synced()
}

/** The manager's screens with a network and nothing saved yet. */
export async function reading({ bank, manager }: Cast, shoot: Shoot, households: Household[]): Promise<void> {
  const [first] = households as [Household]
  const { page } = manager
  await manager.stand(first.lon + 0.004, first.lat)
  await manager.go('/sync')
  await shoot(manager, '10 sync, nothing yet')
  await manager.go('/today')
  await page.getByRole('listitem').getByRole('link').first().waitFor()
  await shoot(manager, '11 today, online')
  await manager.tap(page.getByRole('button', { name: new RegExp(`^${manager.t('today.week')}`) }))
  await shoot(manager, '12 today, week')
  await manager.go('/customers')
  await page.getByRole('main').getByRole('link').first().waitFor()
  await shoot(manager, '13 customers')
  await page.getByRole('searchbox').fill(first.initials)
  await shoot(manager, '14 customers, found')
  await page.getByRole('searchbox').fill('qxqxqx')
  await manager.text('customers.noneFound').waitFor()
  await shoot(manager, '15 customers, nothing found')
  await openCustomer(manager, first.id, first.name)
  await shoot(manager, '16 customer, household')
  const [business] = await bank.helper.sql<[string, string]>(
    "SELECT c.id::text, c.name FROM customer c JOIN staff s ON s.id = c.owner_id AND s.login = $1 WHERE c.kind = 'business' ORDER BY c.id LIMIT 1",
    bank.login('manager').login,
  )
  if (!business) throw new Error('the manager has no business')
  await openCustomer(manager, business[0], business[1])
  await shoot(manager, '17 customer, business')
  await manager.go(`/customers/${business[0]}/income`)
  await shoot(manager, '18 income of a business')
  await manager.go(`/customers/${first.id}/income`)
  await page.getByRole('heading', { name: first.name }).waitFor()
  await shoot(manager, '19 income')
  await manager.go(`/customers/${first.id}/record/vehicle`)
  await shoot(manager, '20 vehicle')
  await manager.go(`/customers/${first.id}/record/farmland`)
  await shoot(manager, '20 farmland')
  await manager.go(`/customers/${first.id}/record/debt`)
  await shoot(manager, '20 debt')
  await manager.go('/customers/new')
  await shoot(manager, '21 new customer')
  await manager.go('/customers/no-such-one')
  await manager.text('customers.notHere').waitFor()
  await shoot(manager, '22 customer, not here')
  await manager.go('/inbox')
  await shoot(manager, '23 inbox')
  await manager.go('/me')
  await page.getByRole('switch').waitFor()
  await shoot(manager, '24 me')
  await manager.tap(manager.button('me.logout'))
  await page.getByRole('dialog').waitFor()
  await shoot(manager, '25 me, sign out')
  await page.keyboard.press('Escape')
  await manager.go('/me/pin')
  await shoot(manager, '26 change PIN')
  await manager.go('/no/such/page')
  await shoot(manager, '27 no such page')
}

/** A visit on the way from empty to filled, near and far. */
export async function visiting({ manager }: Cast, shoot: Shoot, households: Household[]): Promise<void> {
  const [first] = households as [Household]
  const { page } = manager
  await manager.stand(first.lon, first.lat)
  await manager.go('/visits/new')
  await manager.button('visits.needHousehold').waitFor()
  await shoot(manager, '30 visit, empty')
  await manager.button('visits.needHousehold').click({ force: true }) // it says what is missing, and leads there
  await page.getByRole('dialog').waitFor()
  await shoot(manager, '31 visit, choose the household')
  await page.getByRole('dialog').getByRole('searchbox').fill(first.initials)
  await manager.tap(page.getByRole('dialog').getByRole('button', { name: first.name }).first())
  await page.getByText(manager.t('visits.fromHome', { distance: '' }).trim()).first().waitFor()
  await manager.tap(manager.chip('visits.met', 'outcome.met'))
  await page.getByRole('group', { name: manager.t('visits.needs') }).getByRole('button').first().click()
  await page.getByLabel(manager.t('visits.wantedFor'), { exact: true }).fill('买收割机，年后')
  await page.getByLabel(manager.t('visits.note'), { exact: true }).fill('孩子上大学了，问助学贷款')
  await page.locator('input[type=file]').setInputFiles({ name: 'photo.jpg', mimeType: 'image/jpeg', buffer: await manager.photograph('seagreen') })
  await page.getByRole('dialog').waitFor()
  await shoot(manager, '32 visit, what is on the photo')
  await manager.tap(page.getByRole('dialog').getByRole('button', { name: manager.t('photo.home'), exact: true }))
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  await shoot(manager, '33 visit, filled')
  await manager.tap(manager.button('voice.record'))
  await manager.button('voice.stop').waitFor()
  await shoot(manager, '33a visit, recording')
  await manager.tap(manager.button('voice.stop'))
  await page.getByRole('button', { name: new RegExp(manager.t('voice.play', { time: '' }).trim()) }).first().waitFor()
  await manager.tap(manager.button('signature.take'))
  await page.getByRole('dialog').locator('canvas').waitFor()
  await shoot(manager, '33b visit, signing')
  await page.keyboard.press('Escape')
  await sign(manager)
  await shoot(manager, '33c visit, signed and spoken')
  await manager.stand(first.lon + 0.02, first.lat, 140)
  await page.locator('.gps').click()
  await page.locator('.gps.odd').waitFor()
  await shoot(manager, '34 visit, far away')
  await manager.tap(manager.button('ui.close'))
  await page.waitForURL((url) => !url.pathname.startsWith('/visits'))
  await manager.go('/visits/new?customer=' + (households[1] as Household).id)
  await shoot(manager, '35 visit, another draft is open')
  await manager.tap(manager.button('visits.startOver'))
  await manager.button('visits.startOver').waitFor({ state: 'hidden' })
  await manager.go('/today')
}

/** Saved without a network; then what the bank made of it. Returns the household whose visit is far from its door. */
export async function saving({ bank, manager }: Cast, shoot: Shoot, households: Household[]): Promise<Household> {
  const [first, second, third, fourth] = households as [Household, Household, Household, Household]
  const { page } = manager
  await page.context().setOffline(true)
  await logVisit(manager, first, { note: '孩子上大学了，问助学贷款', photo: 'seagreen' })
  await logVisit(manager, { ...second, lon: second.lon + 0.02 }, { note: '在镇上碰到的', photo: 'firebrick' })
  await logVisit(manager, third, { note: '', photo: 'steelblue' })
  await editIncome(manager, first, { field: 'income_wages_fen', wan: 9 })
  await editIncome(manager, fourth, { field: 'income_wages_fen', wan: 8 })
  await manager.go('/today')
  await manager.text('ui.offline').first().waitFor()
  await shoot(manager, '40 today, offline')
  await openCustomer(manager, first.id, first.name)
  await shoot(manager, '41 customer, saved on the phone')
  await manager.go('/sync')
  await shoot(manager, '42 sync, waiting')
  // meanwhile somebody else has said another wage, later
  await bank.helper.sql(
    `INSERT INTO customer_value (customer_id, field, source, amount, observed_at, recorded_by, shown)
     SELECT $1::uuid, 'income_wages_fen', 'collected', 7000000, now() + interval '1 hour', id, true FROM staff WHERE login = $2
     ON CONFLICT (customer_id, field, source) DO UPDATE SET amount = 7000000, observed_at = EXCLUDED.observed_at, recorded_by = EXCLUDED.recorded_by`,
    fourth.id,
    bank.login('branch_head').login,
  )
  await page.context().setOffline(false)
  await page.getByRole('heading', { name: manager.t('sync.attention', { n: 1 }) }).waitFor({ timeout: 90_000 })
  await page.getByRole('heading', { name: manager.t('sync.waiting', { n: '' }).trim() }).waitFor({ state: 'hidden' })
  await shoot(manager, '43 sync, received and one to look at')
  await manager.tap(page.getByRole('main').getByRole('listitem').getByRole('button').first())
  await page.getByRole('dialog').waitFor()
  await shoot(manager, '44 sync, receipt')
  await page.keyboard.press('Escape')
  await openCustomer(manager, fourth.id, fourth.name)
  await manager.button('decide.another').waitFor()
  await shoot(manager, '45 customer, two amounts')
  return second
}

/** The head: nothing to approve, then odd and clean ones, one returned. */
export async function approving({ bank, head }: Cast, shoot: Shoot, odd: Household): Promise<void> {
  await head.on()
  await head.enrol(bank.login('branch_head'))
  const { page } = head
  await head.go('/approvals')
  await page.getByText(odd.name, { exact: true }).first().waitFor()
  await page.getByRole('img', { name: head.t('photo.home') }).first().waitFor()
  await shoot(head, '50 approvals')
  const village = page.locator('button.village').first()
  await head.tap(village)
  await head.button('approvals.approve').waitFor()
  await page.getByRole('img', { name: head.t('photo.home') }).first().waitFor()
  await shoot(head, '51 approvals, looking through')
  await head.go('/approvals')
  await head.tap(head.button('approvals.return'))
  await page.getByRole('dialog').waitFor()
  await shoot(head, '52 approvals, return')
  await head.tap(head.button('approvals.why_place'))
  await head.tap(page.getByRole('dialog').getByRole('button', { name: head.t('approvals.send'), exact: true }))
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  await until('it is returned', () => bank.helper.count("SELECT count(*) FROM task WHERE customer_id = $1 AND state = 'returned'", odd.id))
  await head.tap(page.getByRole('button', { name: new RegExp(`^${head.t('approvals.returned')}`) }))
  await head.tap(page.getByRole('button', { name: new RegExp(odd.name) }).first())
  await shoot(head, '53 approvals, returned')
  await head.tap(page.getByRole('button', { name: new RegExp(`^${head.t('approvals.approved')}`) }))
  await shoot(head, '54 approvals, none passed')
  await head.go('/inbox')
  await shoot(head, "55 the head's inbox")
  await head.go('/today')
  await shoot(head, "56 the head's today")
  await head.go('/me')
  await shoot(head, '57 the head, me')
  for (const [name, path] of [['58 phones', '/phones'], ['59 entries not applied', '/quarantine']] as const) {
    await head.go(path)
    await page.getByRole('button', { pressed: true }).first().waitFor()
    await shoot(head, name)
  }
}

/** The answer on the manager's phone. */
export async function answered({ manager }: Cast, shoot: Shoot, odd: Household): Promise<void> {
  const { page } = manager
  await manager.go('/inbox')
  await page.getByRole('button', { name: manager.t('inbox.task_returned', { name: odd.name }) }).waitFor({ timeout: 60_000 })
  await shoot(manager, '60 inbox, returned')
  await openCustomer(manager, odd.id, odd.name)
  await shoot(manager, '61 customer, returned')
  await manager.go('/today')
  await shoot(manager, '62 today, returned')
}

/** What an agent may see. */
export async function helping({ bank, agent }: Cast, shoot: Shoot): Promise<void> {
  await agent.on()
  await agent.enrol(bank.login('agent'))
  const { page } = agent
  await shoot(agent, "70 the agent's today")
  await agent.go('/customers')
  const first = page.getByRole('main').getByRole('link').first()
  await first.waitFor()
  await shoot(agent, "71 the agent's customers")
  await agent.tap(first)
  await agent.page.getByRole('heading', { name: agent.t('customers.family') }).waitFor()
  await shoot(agent, "72 the agent's customer")
  await agent.tap(agent.button('visits.log'))
  await agent.tap(agent.chip('visits.met', 'outcome.met'))
  await shoot(agent, "73 the agent's visit")
  await agent.go('/me')
  await shoot(agent, '74 the agent, me')
}

/** A new version, the lock and its refusals. */
export async function leaving({ bank, manager }: Cast, shoot: Shoot): Promise<void> {
  // the service worker takes over with the app's second start
  await manager.off()
  await manager.on()
  await manager.unlock()
  const { page } = manager
  const worker = join(bank.home, 'static', 'sw.js')
  const changed = `${readFileSync(worker, 'utf8')}\n// another version\n`
  for (const [end, bytes] of [['', Buffer.from(changed)], ['.br', brotliCompressSync(changed)], ['.gz', gzipSync(changed)]] as const) writeFileSync(worker + end, bytes)
  await manager.go('/today')
  await page.evaluate(async () => (await navigator.serviceWorker.ready).update())
  await manager.button('app.update').waitFor()
  await shoot(manager, '80 a new version')
  await manager.go('/me')
  await manager.tap(manager.button('me.lock'))
  await manager.text('auth.enterPin', { n: 6 }).waitFor()
  await shoot(manager, '81 unlock')
  await manager.pin('000000')
  await manager.text('auth.wrongPin', { n: 4 }).waitFor()
  await shoot(manager, '82 unlock, wrong')
  await manager.tap(manager.button('auth.forgot'))
  await manager.button('auth.needPassword').waitFor()
  await shoot(manager, '83 forgotten PIN')
  await manager.tap(manager.button('auth.backToPin'))
  await manager.text('auth.enterPin', { n: 6 }).waitFor()
  for (const left of [3, 2, 1]) {
    await manager.pin('000000')
    await manager.text('auth.wrongPin', { n: left }).waitFor()
  }
  await manager.pin('000000')
  await manager.button('auth.loginOnline').waitFor()
  await shoot(manager, '84 unlock, locked out')
}

async function openCustomer(phone: Phone, id: string, name: string): Promise<void> {
  await phone.go(`/customers/${id}`)
  await phone.page.getByRole('heading', { name, exact: true }).waitFor()
  await phone.page.getByRole('heading', { name: phone.t('customers.history') }).waitFor()
}

/** The manager's households of the tour. */
export const householdsOf = (bank: Bank): Promise<Household[]> => dueHouseholds(bank, bank.login('manager').login)
