/**
 * A household that lay in the wrong grid, and one that splits: on the manager's phone without a signal, with the network
 * back seen by the colleague who looks after it now. The rural agent is told that it is not theirs to do. On the agent's
 * phone somebody dies, which the manager takes back as a mistake, and somebody goes to another household.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Bank } from './support/bank'
import { soundIn } from './support/look'
import { Phone } from './support/phone'
import { until } from './support/places'

let bank: Bank
let manager: Phone
let agent: Phone
let colleague: Phone
const moving = { id: '', name: '', grid: '', to: '', toId: '', who: '' }
const splitting = { id: '', name: '', members: [] as [string, string, string][] }

beforeAll(async () => {
  bank = await Bank.open()
  manager = new Phone(bank, "the manager's phone")
  agent = new Phone(bank, "the agent's phone")
  colleague = new Phone(bank, "the colleague's phone")
  const mine = `JOIN staff m ON m.id = c.owner_id AND m.login = $1
       JOIN grid g ON g.id = c.grid_id AND g.manager_id = m.id
       JOIN grid_assignment a ON a.grid_id = g.id AND a.to_on IS NULL JOIN staff s ON s.id = a.staff_id AND s.login = $2`
  const logins = [bank.login('manager').login, bank.login('agent').login]
  const [row] = await bank.helper.sql<[string, string, string]>(
    `SELECT c.id::text, c.name, g.name FROM customer c ${mine} WHERE c.kind = 'household' AND c.member_count > 1 ORDER BY c.id LIMIT 1`, ...logins)
  const [goal] = await bank.helper.sql<[string, string, string, string]>(
    `SELECT g.id::text, g.name, w.name, w.login FROM grid g JOIN staff w ON w.id = g.manager_id JOIN staff m ON m.login = $1 AND m.branch_id = g.branch_id
      WHERE g.active AND w.id <> m.id ORDER BY g.code LIMIT 1`, logins[0] as string)
  // head, spouse, two children at least and something to share
  const [parts] = await bank.helper.sql<[string, string]>(
    `SELECT c.id::text, c.name FROM customer c ${mine}
      WHERE c.kind = 'household' AND c.id::text <> $3
        AND (SELECT count(*) FROM membership x WHERE x.customer_id = c.id AND x.until_on IS NULL AND x.relation IN ('head', 'spouse')) = 2
        AND EXISTS (SELECT 1 FROM membership x WHERE x.customer_id = c.id AND x.until_on IS NULL AND x.relation = 'child')
        AND (SELECT count(*) FROM file_record r WHERE r.customer_id = c.id AND r.removed_at IS NULL) > 1
      ORDER BY c.id LIMIT 1`, ...logins, row?.[0] ?? '')
  // head, spouse and one child; where it is by name alone, no other has that name
  const [whole] = await bank.helper.sql<[string, string, string, string, string]>(
    `SELECT c.id::text, c.name, sp.name, cp.name, ch.id::text FROM customer c ${mine}
       JOIN membership h ON h.customer_id = c.id AND h.relation = 'head' AND h.until_on IS NULL JOIN person hp ON hp.id = h.person_id AND hp.name = c.name
       JOIN membership w ON w.customer_id = c.id AND w.relation = 'spouse' AND w.until_on IS NULL JOIN person sp ON sp.id = w.person_id
       JOIN membership ch ON ch.customer_id = c.id AND ch.relation = 'child' AND ch.until_on IS NULL JOIN person cp ON cp.id = ch.person_id
      WHERE c.kind = 'household' AND c.id::text NOT IN ($3, $4) AND (SELECT count(*) FROM customer o WHERE o.name IN (c.name, sp.name)) = 1
        AND (SELECT count(*) FROM membership x WHERE x.customer_id = c.id AND x.relation = 'child' AND x.until_on IS NULL) = 1
      ORDER BY c.id LIMIT 1`, ...logins, row?.[0] ?? '', parts?.[0] ?? '')
  if (whole) [family.id, family.name, family.spouse, family.child, family.childId] = whole
  if (!row || !goal || !parts || !whole) throw new Error('no households suit this test')
  ;[moving.id, moving.name, moving.grid] = row
  ;[moving.toId, moving.to, moving.who] = goal
  ;[splitting.id, splitting.name] = parts
  login = goal[3]
  splitting.members = await bank.helper.sql<[string, string, string]>(
    `SELECT x.id::text, p.name, x.relation FROM membership x JOIN person p ON p.id = x.person_id WHERE x.customer_id = $1 AND x.until_on IS NULL`, splitting.id)
})
let login = ''
const family = { id: '', name: '', spouse: '', child: '', childId: '' }

afterAll(async () => {
  for (const one of [manager, agent, colleague]) await one?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const one of [manager, agent, colleague]) {
    await one?.picture(`failed, ${one.name}`).catch(() => undefined)
    for (const error of one?.errors ?? []) process.stderr.write(`${error}\n`)
  }
})

const row = (phone: Phone, group: string, name: string) => phone.page.getByRole('group', { name: phone.t(group), exact: true }).getByRole('button', { name: new RegExp(name) }).first()
async function page(phone: Phone, id: string, name: string): Promise<void> {
  await phone.go(`/customers/${id}`)
  await phone.page.getByRole('heading', { name, exact: true }).waitFor()
}
async function more(phone: Phone, what: string): Promise<void> {
  await phone.tap(phone.button('moves.more'))
  await phone.tap(phone.page.getByRole('dialog').getByRole('button', { name: new RegExp(phone.t(what)) }))
}

const sound = soundIn('moves')

describe.sequential('households that move and split', () => {
  test('the agent is told whose it is to do', async () => {
    await agent.on()
    await agent.enrol(bank.login('agent'))
    await page(agent, moving.id, moving.name)
    await agent.page.getByRole('button', { name: agent.t('visits.log') }).waitFor()
    expect(await agent.button('moves.more').count()).toBe(0)
    await agent.go(`/customers/${moving.id}/grid`)
    await agent.text('moves.notYours').waitFor()
    await sound(agent, '1-agent')
  })

  test('offline only the phone’s own grids are offered, and what was typed outlives a kill', async () => {
    await manager.on()
    await manager.enrol(bank.login('manager'))
    await page(manager, moving.id, moving.name)
    await manager.tap(manager.button('moves.more'))
    await sound(manager, '2-more')
    await manager.tap(manager.page.getByRole('dialog').getByRole('button', { name: new RegExp(manager.t('moves.toGrid')) }))
    await row(manager, 'moves.which', '').waitFor()
    await manager.page.getByPlaceholder(manager.t('moves.findBy')).fill(moving.to)
    await manager.tap(row(manager, 'moves.which', moving.to))
    await manager.text('moves.leaves').waitFor()
    await manager.tap(manager.chip('moves.why', 'moves.reason.moved'))
    await manager.page.getByLabel(manager.t('moves.newAddress'), { exact: true }).fill('下湾 9 号')
    await manager.page.getByText(manager.t('moves.owner', { name: moving.who }), { exact: true }).waitFor()
    await sound(manager, '3-grid')
    await manager.page.getByText(manager.t('save.draft')).waitFor()
    await manager.kill()
    await manager.on()
    await manager.offline()
    await manager.unlock()
    await manager.text('moves.offlineGrids').waitFor()
    expect(await manager.page.getByLabel(manager.t('moves.newAddress'), { exact: true }).inputValue()).toBe('下湾 9 号')
    await sound(manager, '4-grid-offline')
    await manager.tap(manager.button('save.onPhone'))
    await manager.page.getByRole('heading', { name: moving.name, exact: true }).waitFor()
    await manager.page.getByText('下湾 9 号').first().waitFor()
    // meanwhile, and without a signal too, the agent of the former grid notes what the head does for a living
    await agent.offline()
    await page(agent, moving.id, moving.name)
    await agent.tap(agent.page.getByRole('button', { name: /户主/ }).first())
    await agent.page.getByLabel('职业', { exact: true }).fill('编竹器')
    await agent.tap(agent.button('save.onPhone'))
    await agent.page.getByRole('heading', { name: moving.name, exact: true }).waitFor()
  })

  test('a son goes with his own: what stays and what goes is said before it is saved', async () => {
    const head = splitting.members.find(([, , relation]) => relation === 'head')?.[1] as string
    const spouse = splitting.members.find(([, , relation]) => relation === 'spouse')?.[1] as string
    await page(manager, splitting.id, splitting.name)
    await more(manager, 'moves.split')
    await manager.button('moves.lack_nobody').waitFor()
    for (const [, name] of splitting.members) await manager.tap(row(manager, 'moves.who', name))
    await manager.button('moves.lack_everybody').waitFor()
    for (const [, name, relation] of splitting.members) if (relation !== 'head') await manager.tap(row(manager, 'moves.who', name))
    // the head goes, the rest stays with the spouse as head
    await manager.tap(manager.page.getByRole('group', { name: manager.t('moves.oldHead'), exact: true }).getByRole('button', { name: spouse, exact: true }))
    await manager.page.getByRole('group', { name: manager.t('moves.records'), exact: true }).getByRole('button').first().click()
    await manager.page.getByRole('heading', { name: manager.t('moves.goesTo', { name: head }), exact: true }).waitFor()
    await manager.page.getByLabel(manager.t('moves.address'), { exact: true }).fill('村东 1 号')
    await sound(manager, '5-split')
    await manager.tap(manager.button('save.onPhone'))
    await manager.page.getByRole('heading', { name: head, exact: true }).waitFor()
    await manager.page.getByRole('button', { name: new RegExp(`${head}.*户主`) }).waitFor()
    await sound(manager, '6-new-household')
    await page(manager, splitting.id, splitting.name)
    await manager.page.getByRole('button', { name: new RegExp(`${spouse}.*户主`) }).waitFor()
  })

  test('with the network back the colleague has the household, the manager has it no more, and both halves are whole', async () => {
    const head = splitting.members.find(([, , relation]) => relation === 'head')?.[1] as string
    const spouse = splitting.members.find(([, , relation]) => relation === 'spouse')?.[1] as string
    await manager.online()
    await manager.synced(120)
    await colleague.on()
    const password = /: (\S+)\s*$/.exec(bank.tiange('people', 'password', login))?.[1] ?? ''
    await colleague.enrol({ ...bank.login('manager'), login, password })
    await page(colleague, moving.id, moving.name)
    await colleague.page.getByText('下湾 9 号').first().waitFor()
    await until('the household left the manager’s phone', async () => {
      await manager.go('/customers')
      await manager.go(`/customers/${moving.id}`)
      return (await manager.text('customers.notHere').count()) > 0
    })
    await manager.picture('moves-7-gone')
    await agent.online()
    // who stays is called by their new head, on the agent's phone too
    await agent.synced()
    await until('the agent sees who heads it now', async () => {
      await agent.go('/customers')
      await agent.go(`/customers/${splitting.id}`)
      return (await agent.page.getByRole('heading', { name: spouse, exact: true }).count()) > 0
    })
    await agent.page.getByRole('button', { name: new RegExp(`${spouse}.*户主`) }).waitFor()
    await sound(agent, '8-agent')
    const went = await bank.helper.sql<[string, string]>(
      `SELECT c.name, x.relation FROM customer_move v JOIN customer c ON c.id = v.other_id JOIN membership x ON x.customer_id = c.id AND x.until_on IS NULL WHERE v.customer_id = $1`, splitting.id)
    expect(went).toEqual([[head, 'head']])
  })

  test('what the agent noted of a person waits for the colleague’s word, and is taken', async () => {
    await colleague.synced()
    await page(colleague, moving.id, moving.name)
    const card = colleague.page.locator('section', { hasText: '编竹器' }).first()
    await card.getByText(/职业/).waitFor()
    await sound(colleague, '8-suggested')
    await colleague.tap(card.getByRole('button', { name: colleague.t('decide.take') }))
    await colleague.page.getByRole('button', { name: /户主.*编竹器/ }).waitFor()
    await colleague.synced()
    await page(colleague, moving.id, moving.name)
    await colleague.page.getByRole('button', { name: /户主.*编竹器/ }).waitFor()
  })

  test('a head dies: what ends with it is said, and who heads the household now', async () => {
    await page(agent, family.id, family.name)
    await agent.offline()
    await agent.tap(agent.page.getByRole('button', { name: new RegExp(`${family.name}.*户主`) }))
    await agent.tap(agent.button('person.remove'))
    await agent.tap(agent.chip('leave.why', 'person.left_died'))
    await agent.page.getByLabel(agent.t('leave.diedOn'), { exact: true }).fill('2031-01-01')
    await agent.page.getByRole('alert').getByText(agent.t('leave.wrongDay')).waitFor()
    await agent.page.getByLabel(agent.t('leave.diedOn'), { exact: true }).fill('2026-01-02')
    await agent.button('moves.lack_head').waitFor()
    await agent.tap(agent.page.getByRole('group', { name: agent.t('moves.newHead'), exact: true }).getByRole('button', { name: family.spouse, exact: true }))
    await agent.text('leave.consents').waitFor()
    await sound(agent, '9-died')
    await agent.tap(agent.button('save.onPhone'))
    await agent.page.getByRole('button', { name: new RegExp(`${family.spouse}.*户主`) }).waitFor()
    await agent.online()
    await agent.synced(120)
    await manager.synced()
    await until('the household is called by its new head', async () => {
      await manager.go('/customers')
      await manager.go(`/customers/${family.id}`)
      return (await manager.page.getByRole('heading', { name: family.spouse, exact: true }).count()) > 0
    })
  })

  test('it was a mistake: the manager takes it back, and the agent has the person again', async () => {
    await page(manager, family.id, family.spouse)
    await manager.tap(manager.page.getByRole('button', { name: new RegExp(manager.t('leave.former')) }))
    await manager.page.getByRole('heading', { name: family.name, exact: true }).waitFor()
    await sound(manager, '10-former')
    await manager.tap(manager.button('leave.alive'))
    await manager.page.getByRole('button', { name: manager.t('leave.alive') }).waitFor({ state: 'hidden' })
    await manager.synced()
    await page(manager, family.id, family.spouse)
    await manager.page.getByRole('button', { name: new RegExp(`${family.name}.*其他`) }).waitFor()
    await agent.synced()
    await page(agent, family.id, family.spouse)
    await agent.page.getByRole('button', { name: new RegExp(`${family.name}.*其他`) }).waitFor()
  })

  test('somebody goes to another household of the phone, and is there on both phones', async () => {
    const other = splitting.members.find(([, , relation]) => relation === 'spouse')?.[1] as string
    await agent.go(`/customers/${family.id}/member/${family.childId}/leave`)
    await agent.tap(agent.chip('leave.why', 'person.left_to_household'))
    await agent.tap(agent.page.getByRole('button', { name: new RegExp(`^${agent.t('leave.into')}`) }))
    await agent.page.getByRole('dialog').getByRole('searchbox').fill(other)
    await agent.tap(agent.page.getByRole('dialog').getByText(other, { exact: true }).first())
    await agent.page.getByRole('dialog').waitFor({ state: 'hidden' })
    await agent.tap(agent.page.getByRole('group', { name: agent.t('leave.relation', { name: other }), exact: true }).getByRole('button', { name: '其他', exact: true }))
    await sound(agent, '11-to-another')
    await agent.tap(agent.button('save.onPhone'))
    await agent.page.waitForURL(`**/customers/${family.id}`) // where the app goes once it is saved
    await page(agent, splitting.id, other)
    await agent.page.getByRole('button', { name: new RegExp(`${family.child}.*其他`) }).waitFor()
    await agent.synced()
    await manager.synced()
    await page(manager, splitting.id, other)
    await manager.page.getByRole('button', { name: new RegExp(`${family.child}.*其他`) }).waitFor()
  })

  test('no page of a phone threw or logged an error', () => {
    expect([...manager.errors, ...agent.errors, ...colleague.errors]).toEqual([])
  })
})
