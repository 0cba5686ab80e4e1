/** The screens of who belongs where: a phone that left too early, households that move and split, who is there twice, a head's branch. */
import type { Shoot } from './tour'
import type { Bank } from './bank'
import type { Phone } from './phone'
import { until } from './places'
import type { Household } from './records'
import { editIncome } from './work'

export interface Belonging {
  bank: Bank
  manager: Phone
  agent: Phone
  head: Phone
}

/** Head, spouse and a child at least, with something to share. */
export interface Family extends Pick<Household, 'id' | 'name'> {
  members: { id: string; name: string; relation: string }[]
}

/** What the app logs while its own files are missing. */
const MISSING_FILES = /dynamically imported module|Unable to preload CSS/
const TWICE = { name: '田大山', again: '田达山', born: '1959-10-11', phone: '13800027028' }

async function openCustomer(phone: Phone, { id, name }: Pick<Household, 'id' | 'name'>): Promise<void> {
  await phone.go(`/customers/${id}`)
  await phone.page.getByRole('heading', { name, exact: true }).waitFor()
}
const pick = (phone: Phone, group: string, name: string) => phone.page.getByRole('group', { name: phone.t(group), exact: true }).getByRole('button', { name: new RegExp(name) }).first()

/** The app is not all on the phone yet: what says so, and a page that is missing. */
export async function early({ bank, manager }: Belonging, shoot: Shoot): Promise<void> {
  const { page } = manager
  bank.network.refuse(/^GET \/assets\/NewCustomer/)
  await manager.setUp(bank.login('manager'))
  await manager.text('app.fetching').waitFor()
  await shoot(manager, '300 today, the app is not all there')
  await manager.go('/sync')
  await page.getByRole('status').getByText(manager.t('sync.appComing')).waitFor()
  await shoot(manager, '301 sync, the app is not all there')
  await manager.go('/customers')
  await page.getByRole('searchbox').waitFor()
  await manager.tap(manager.button('customers.new'))
  await manager.text('app.notFetched').waitFor()
  await shoot(manager, '302 customers, a page is not there yet')
  await manager.offline()
  bank.network.refuse(null)
  await manager.online()
  await page.getByLabel(manager.t('field.headName'), { exact: true }).waitFor({ timeout: 90_000 })
  await manager.synced(180)
  const others = manager.errors.filter((line) => !MISSING_FILES.test(line))
  manager.errors.splice(0, Infinity, ...others)
  // a style sheet that did not come stays in the page as one that axe cannot read
  await manager.off()
  await manager.on()
  await manager.unlock()
}

/** Families of the manager's that the agent helps with; names that stand alone. */
export async function familiesOf(bank: Bank): Promise<[Family, Family, Family]> {
  const rows = await bank.helper.sql<[string, string, Family['members']]>(
    `SELECT c.id::text, c.name, (SELECT json_agg(json_build_object('id', x.id, 'name', p.name, 'relation', x.relation))
         FROM membership x JOIN person p ON p.id = x.person_id WHERE x.customer_id = c.id AND x.until_on IS NULL)
       FROM customer c JOIN staff m ON m.id = c.owner_id AND m.login = $1 JOIN grid g ON g.id = c.grid_id AND g.manager_id = m.id
       JOIN grid_assignment a ON a.grid_id = g.id AND a.to_on IS NULL JOIN staff s ON s.id = a.staff_id AND s.login = $2
      WHERE c.kind = 'household' AND c.status = 'active' AND (SELECT count(*) FROM customer o WHERE o.name = c.name) = 1
        AND (SELECT count(*) FROM membership x WHERE x.customer_id = c.id AND x.until_on IS NULL AND x.relation IN ('head', 'spouse')) = 2
        AND EXISTS (SELECT FROM membership x WHERE x.customer_id = c.id AND x.until_on IS NULL AND x.relation = 'child')
        AND (SELECT count(*) FROM file_record r WHERE r.customer_id = c.id AND r.removed_at IS NULL) > 1
      ORDER BY c.id LIMIT 3`,
    bank.login('manager').login,
    bank.login('agent').login,
  )
  const found = rows.map(([id, name, members]) => ({ id, name, members: typeof members === 'string' ? (JSON.parse(members) as Family['members']) : members }))
  if (found.length < 3) throw new Error(`the county has only ${found.length} families that suit this walk`)
  return found as [Family, Family, Family]
}
const called = (family: Family, relation: string) => family.members.find((one) => one.relation === relation) as Family['members'][number]

/** A household goes to another grid, one splits, somebody dies and somebody goes elsewhere. */
export async function moving({ bank, manager, agent, head }: Belonging, shoot: Shoot, [goes, splits, loses]: [Family, Family, Family]): Promise<void> {
  const { page } = manager
  const [goal] = await bank.helper.sql<[string, string, string]>(
    `SELECT g.code, g.name, w.login FROM grid g JOIN staff w ON w.id = g.manager_id JOIN staff m ON m.login = $1 AND m.branch_id = g.branch_id
      WHERE g.active AND w.id <> m.id ORDER BY g.code LIMIT 1`,
    bank.login('manager').login,
  )
  if (!goal) throw new Error('no other manager has a grid in this branch')
  const [code, grid, colleague] = goal
  await agent.on()
  await agent.enrol(bank.login('agent'))
  await agent.go(`/customers/${goes.id}/grid`)
  await agent.text('moves.notYours').waitFor()
  await shoot(agent, '310 another grid, not for an agent')
  await openCustomer(manager, goes)
  await manager.tap(manager.button('moves.more'))
  await page.getByRole('dialog').waitFor()
  await shoot(manager, '311 customer, what is done seldom')
  await manager.tap(page.getByRole('dialog').getByRole('button', { name: new RegExp(manager.t('moves.toGrid')) }))
  await pick(manager, 'moves.which', '').waitFor()
  await shoot(manager, '312 another grid, nothing said')
  await page.getByPlaceholder(manager.t('moves.findBy')).fill(grid)
  await manager.tap(pick(manager, 'moves.which', grid))
  await manager.tap(manager.chip('moves.why', 'moves.reason.moved'))
  await page.getByLabel(manager.t('moves.newAddress'), { exact: true }).fill('下湾 9 号')
  await manager.text('moves.leaves').waitFor()
  await shoot(manager, '313 another grid, what follows')
  await manager.page.context().setOffline(true)
  await manager.text('moves.offlineGrids').waitFor()
  await shoot(manager, '314 another grid, no network')
  await manager.page.context().setOffline(false)
  await manager.tap(manager.button('ui.close'))
  // the grid has nobody by now, so what the agent says of the household meanwhile waits for the head
  bank.tiange('grids', 'release', code, colleague, '--duty', 'responsible')
  await agent.page.context().setOffline(true)
  await editIncome(agent, goes, { field: 'income_wages_fen', wan: 4 })
  await manager.go(`/customers/${goes.id}/grid`)
  await manager.text('moves.ownerNone').waitFor()
  await shoot(manager, '315 another grid, nobody looks after it')
  await manager.tap(manager.button('save.onPhone'))
  await page.waitForURL(`**/customers/${goes.id}`)
  await manager.synced(180)
  await manager.go(`/customers/${goes.id}/grid`)
  await manager.text('customers.notHere').waitFor()
  await shoot(manager, '316 another grid, the household has left')
  await agent.page.context().setOffline(false)
  await agent.synced(180)

  await openCustomer(manager, splits)
  await manager.go(`/customers/${splits.id}/split`)
  await manager.button('moves.lack_nobody').waitFor()
  await shoot(manager, '320 split, nobody chosen')
  await manager.tap(pick(manager, 'moves.who', called(splits, 'head').name))
  await manager.tap(pick(manager, 'moves.who', called(splits, 'child').name))
  await manager.tap(page.getByRole('group', { name: manager.t('moves.oldHead'), exact: true }).getByRole('button', { name: called(splits, 'spouse').name, exact: true }))
  await pick(manager, 'moves.records', '').click()
  const newHead = page.getByRole('group', { name: manager.t('moves.newHead'), exact: true }).getByRole('button', { name: called(splits, 'head').name, exact: true })
  if ((await newHead.getAttribute('aria-pressed')) !== 'true') await manager.tap(newHead)
  await page.getByLabel(manager.t('moves.address'), { exact: true }).fill('村东 1 号')
  await shoot(manager, '321 split, what lies where')

  const [gone, child] = [called(loses, 'head'), called(loses, 'child')]
  await openCustomer(manager, loses)
  await manager.go(`/customers/${loses.id}/member/${gone.id}/leave`)
  await manager.button('moves.reasonFirst').waitFor()
  await shoot(manager, '330 somebody leaves, why')
  await manager.tap(manager.chip('leave.why', 'person.left_died'))
  await page.getByLabel(manager.t('leave.diedOn'), { exact: true }).fill('2031-01-01')
  await page.getByRole('alert').getByText(manager.t('leave.wrongDay')).waitFor()
  await shoot(manager, '331 somebody leaves, wrong at the field')
  await page.getByLabel(manager.t('leave.diedOn'), { exact: true }).fill('2026-01-02')
  await manager.tap(page.getByRole('group', { name: manager.t('moves.newHead'), exact: true }).getByRole('button', { name: called(loses, 'spouse').name, exact: true }))
  await manager.text('leave.consents').waitFor()
  await shoot(manager, '332 somebody died, what follows')
  await manager.tap(manager.button('save.onPhone'))
  await page.waitForURL(`**/customers/${loses.id}`)
  await manager.go(`/customers/${loses.id}/member/${child.id}/leave`)
  await manager.tap(manager.chip('leave.why', 'person.left_to_household'))
  await manager.tap(page.getByRole('button', { name: new RegExp(`^${manager.t('leave.into')}`) }))
  await page.getByRole('dialog').getByRole('searchbox').fill(splits.name)
  await page.getByRole('dialog').getByText(splits.name, { exact: true }).first().waitFor()
  await shoot(manager, '333 to another household, which')
  await manager.tap(page.getByRole('dialog').getByText(splits.name, { exact: true }).first())
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  await manager.tap(page.getByRole('group', { name: manager.t('leave.relation', { name: splits.name }), exact: true }).getByRole('button', { name: '其他', exact: true }))
  await shoot(manager, '334 to another household, as what')
  await manager.tap(manager.button('ui.close'))
  await manager.synced(180)
  await manager.go(`/customers/${loses.id}/former`)
  await page.getByRole('heading', { name: gone.name, exact: true }).waitFor()
  await shoot(manager, '335 who left')
  await manager.page.context().setOffline(true)
  await manager.tap(manager.button('leave.alive'))
  await manager.button('leave.alive').waitFor({ state: 'hidden' })
  await shoot(manager, '336 who left, taken back')
  await manager.go('/today')
  await manager.go(`/customers/${loses.id}/former`)
  await manager.text('watch.needsNetwork').waitFor()
  await shoot(manager, '337 who left, no network')
  await manager.page.context().setOffline(false)
  await manager.synced(180)

  await head.on()
  await head.enrol(bank.login('branch_head'))
  await head.go('/approvals')
  await head.buttonLike('decide.nobodysCount').waitFor({ timeout: 90_000 })
  await shoot(head, '340 approvals, a household of nobody')
  await head.go('/decisions')
  await head.button('decide.take').waitFor()
  await shoot(head, '341 decisions, a household of nobody')
  await head.tap(head.button('decide.take'))
  await until('the head has decided', () => bank.helper.count("SELECT count(*) FROM customer_suggestion WHERE state = 'accepted'"))
  await head.text('decide.nobodysNone').waitFor({ timeout: 60_000 })
  await shoot(head, '342 decisions, none')
}

/** The same household twice: offered while it is typed, found at night, put side by side, made one and taken back. */
export async function doubling({ bank, manager }: Belonging, shoot: Shoot, beside: Household): Promise<void> {
  const { page } = manager
  const dialog = page.getByRole('dialog')
  const group = page.getByRole('main').getByRole('listitem').filter({ hasText: TWICE.name }).filter({ hasText: TWICE.again })
  const typed = async (name: string): Promise<void> => {
    await manager.go('/customers/new')
    await page.getByLabel(manager.t('field.headName'), { exact: true }).fill(name)
    await page.getByLabel('出生日期', { exact: true }).fill(TWICE.born)
    await page.getByLabel(manager.t('field.phone'), { exact: true }).fill(TWICE.phone)
    await manager.tap(page.getByRole('group', { name: manager.t('field.grid_id') }).getByRole('button', { name: beside.grid }).first())
    await page.getByLabel(manager.t('field.address'), { exact: true }).fill('三组 27 号')
  }
  const keep = async (name: string): Promise<void> => {
    await manager.tap(manager.button('save.onPhone'))
    await page.getByRole('heading', { name, exact: true }).waitFor()
  }
  await manager.stand(beside.lon, beside.lat)
  await manager.go('/duplicates')
  await manager.text('duplicates.none').or(manager.text('duplicates.titleWhy')).first().waitFor()
  await shoot(manager, '350 twice there, as it stands')
  await typed(TWICE.name)
  await shoot(manager, '351 new customer, filled')
  await keep(TWICE.name)
  await typed(TWICE.again)
  const alike = page.getByRole('region', { name: manager.t('duplicates.maybe') })
  await alike.getByText(TWICE.name, { exact: true }).waitFor()
  await shoot(manager, '352 new customer, one like it is known')
  await manager.tap(alike.getByRole('button', { name: manager.t('duplicates.anotherThan', { name: TWICE.name }), exact: true }))
  await shoot(manager, '353 new customer, said to be somebody else')
  await manager.tap(alike.getByRole('button', { name: manager.t('ui.undo') }))
  await keep(TWICE.again)
  await manager.synced(180)
  bank.tiange('duplicates')
  await manager.go('/duplicates')
  await group.waitFor()
  await shoot(manager, '354 twice there, found at night')
  await manager.tap(group.getByRole('button'))
  await page.getByRole('rowheader', { name: manager.t('field.address') }).waitFor()
  await shoot(manager, '355 side by side')
  await manager.tap(manager.button('duplicates.not'))
  await dialog.waitFor()
  await shoot(manager, '356 side by side, they are two')
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  await manager.tap(page.getByRole('group', { name: manager.t('duplicates.keepWhich') }).getByRole('button', { name: new RegExp(TWICE.name) }))
  await manager.tap(manager.button('duplicates.merge'))
  await dialog.waitFor()
  await shoot(manager, '357 side by side, make them one')
  await manager.tap(dialog.getByRole('button', { name: manager.t('duplicates.merge'), exact: true }))
  await page.waitForURL('**/duplicates')
  await manager.synced(180)
  await manager.go('/duplicates')
  const undo = page.getByRole('button', { name: `${manager.t('duplicates.undo')}：${TWICE.again}`, exact: true })
  await undo.waitFor()
  await shoot(manager, '358 twice there, made one')
  await manager.tap(undo)
  await dialog.waitFor()
  await shoot(manager, '359 twice there, take it back')
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  await manager.page.context().setOffline(true)
  await manager.go('/today')
  await manager.go('/duplicates')
  await manager.text('watch.needsNetwork').waitFor()
  await shoot(manager, '360 twice there, no network')
  await manager.page.context().setOffline(false)
}

/** How the branch stands, on its head's phone. */
export async function steering({ head }: Belonging, shoot: Shoot): Promise<void> {
  const { page } = head
  const segment = (key: string) => page.getByRole('group', { name: head.t('team.title') }).getByRole('button', { name: head.t(`team.${key}`), exact: true })
  await head.go('/today')
  await page.getByRole('link', { name: new RegExp(head.t('team.title')) }).waitFor({ timeout: 60_000 })
  await shoot(head, "370 the head's today, with the branch")
  await head.go('/team')
  await page.getByRole('listitem').first().waitFor()
  await shoot(head, '371 the branch, due')
  for (const [n, one] of (['people', 'grids', 'highEnd'] as const).entries()) {
    await head.tap(segment(one))
    await page.getByRole('listitem').first().waitFor()
    await shoot(head, `${372 + n} the branch, ${one}`)
  }
  await head.tap(segment('due'))
  const first = page.locator('li > a').first()
  await head.tap(first)
  await head.text('look.stays').waitFor()
  await shoot(head, '375 the branch, a customer shown by the bank')
  await head.go('/team')
  await first.waitFor()
  await head.page.context().setOffline(true)
  await head.tap(first)
  await head.text('watch.needsNetwork').waitFor()
  await shoot(head, '376 the branch, a customer, no network')
  await head.page.context().setOffline(false)
  await head.go('/completeness')
  await page.getByRole('meter').first().waitFor()
  await shoot(head, '377 how complete the branch’s files are')
  await head.go('/opportunities/branch')
  await head.text('opportunities.waiting').waitFor()
  await shoot(head, '378 the branch’s opportunities')
  await head.go('/opportunities')
  await page.getByRole('heading', { name: head.t('opportunities.title') }).waitFor()
  await shoot(head, '379 the head’s own opportunities')
  await choosing(head, shoot)
}

/** Customers of the branch chosen by a condition. */
async function choosing(head: Phone, shoot: Shoot): Promise<void> {
  const { page } = head
  await head.go('/audience')
  await page.locator('.total').getByText(/\d/).waitFor()
  await shoot(head, '390 who is chosen, nothing asked')
  await head.tap(page.getByRole('group', { name: head.t('audience.add'), exact: true }).getByRole('button', { name: head.t('audience.by_tags'), exact: true }))
  await page.getByRole('dialog').getByRole('listitem').first().waitFor()
  await shoot(head, '391 who is chosen, tags')
  await head.tap(page.getByRole('dialog').getByRole('listitem').first().getByRole('button'))
  await head.tap(page.getByRole('dialog').locator('footer button').last())
  await page.getByRole('button', { name: new RegExp(`^${head.t('audience.drop')}: `) }).waitFor()
  await shoot(head, '392 who is chosen, by a tag')
}

/** Head office finds a customer of the bank, for a purpose. */
export async function overseeing({ bank, lead }: { bank: Bank; lead: Phone }, shoot: Shoot): Promise<void> {
  const [row] = await bank.helper.sql<[string, string]>("SELECT id::text, name FROM customer WHERE kind = 'household' AND status = 'active' ORDER BY id LIMIT 1")
  const [id, name] = row as [string, string]
  await lead.on()
  await lead.enrol(bank.login('hq_lead'), { heading: 'tabs.inbox', path: '/inbox' })
  await lead.go('/customers/find')
  await lead.page.getByRole('heading', { name: lead.t('look.find') }).waitFor()
  await shoot(lead, '380 head office, whom it looks for')
  await lead.page.getByLabel(lead.t('look.purpose')).fill('客户来信申诉')
  await lead.page.getByLabel(lead.t('look.findBy')).fill(name)
  await lead.tap(lead.page.getByRole('button', { name: lead.t('look.findNow'), exact: true }))
  await lead.page.locator(`li > a[href="/customers/${id}"]`).waitFor()
  await shoot(lead, '381 head office, who was found')
}
