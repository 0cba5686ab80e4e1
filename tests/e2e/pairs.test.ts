/**
 * What a head decides that nobody else can or that is about a shop: somebody of hers who may be somebody of another branch
 * is handed over, or said to be two, without a look into the other's file; a shop that was entered twice is made one, and
 * two again.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Bank } from './support/bank'
import { soundIn } from './support/look'
import { Phone } from './support/phone'

interface Somebody {
  customer: string
  household: string
  person: string
  name: string
}

let bank: Bank
let head: Phone
/** Of the head's branch, and of another one. */
let ours: [Somebody, Somebody]
let theirs: [Somebody, Somebody]
let shops: [string, string][]

beforeAll(async () => {
  bank = await Bank.open()
  head = new Phone(bank, "the head's phone")
  await head.on()
  await head.enrol(bank.login('branch_head'))
  // a small county has one branch: the grid that comes last is another one's
  const [beyond] = await bank.helper.sql<[string]>(
    `SELECT c.grid_id::text FROM customer c JOIN grid g ON g.id = c.grid_id WHERE c.kind = 'household' GROUP BY c.grid_id, g.code HAVING count(*) > 2 ORDER BY g.code DESC LIMIT 1`)
  const branch = ['INSERT INTO org_unit (id, kind, code, name, parent_id) SELECT gen_random_uuid(), kind, $2, $3, parent_id FROM org_unit WHERE id = (SELECT branch_id FROM staff WHERE login = $1)', bank.login('branch_head').login, 'E2E', '河西支行'] as const
  await bank.helper.sql(...branch)
  for (const table of ['customer', 'grid']) await bank.helper.sql(`UPDATE ${table} SET branch_id = (SELECT id FROM org_unit WHERE code = 'E2E') WHERE ${table === 'grid' ? 'id' : 'grid_id'} = $1::uuid`, beyond?.[0])
  const people = async (where: string): Promise<[Somebody, Somebody]> => {
    const rows = await bank.helper.sql<[string, string, string, string]>(
      `SELECT DISTINCT ON (c.id) c.id::text, c.name, p.id::text, p.name FROM customer c JOIN membership m ON m.customer_id = c.id AND m.until_on IS NULL AND m.in_household
         JOIN person p ON p.id = m.person_id WHERE c.status = 'active' AND c.grid_id IS NOT NULL AND ${where} ORDER BY c.id LIMIT 2`, bank.login('branch_head').login)
    return rows.map(([customer, household, person, name]) => ({ customer, household, person, name })) as [Somebody, Somebody]
  }
  ours = await people('c.branch_id = (SELECT branch_id FROM staff WHERE login = $1)')
  theirs = await people('c.branch_id <> (SELECT branch_id FROM staff WHERE login = $1)')
  for (const [one, other] of [[ours[0], theirs[0]], [ours[1], theirs[1]]] as const) {
    await bank.helper.sql(
      `INSERT INTO duplicate_pair (id, person_id, other_id, state, per_mille, reasons, found_at) VALUES (gen_random_uuid(), least($1::uuid, $2::uuid), greatest($1::uuid, $2::uuid), 'open', 985, '{sound,birth,kin}', now())`,
      one.person, other.person)
  }
  shops = await bank.helper.sql<[string, string]>(
    `SELECT c.id::text, c.name FROM customer c WHERE c.kind = 'business' AND c.status = 'active' AND c.branch_id = (SELECT branch_id FROM staff WHERE login = $1)
       AND NOT EXISTS (SELECT 1 FROM account a WHERE a.customer_id = c.id) AND NOT EXISTS (SELECT 1 FROM loan l WHERE l.customer_id = c.id)
       AND NOT EXISTS (SELECT 1 FROM flow_part f WHERE f.customer_id = c.id) AND NOT EXISTS (SELECT 1 FROM holding h WHERE h.customer_id = c.id)
       AND NOT EXISTS (SELECT 1 FROM holding_part h WHERE h.customer_id = c.id) AND NOT EXISTS (SELECT 1 FROM customer_value v WHERE v.customer_id = c.id AND v.field = 'credit_code')
     ORDER BY c.id LIMIT 2`, bank.login('branch_head').login)
  await bank.helper.sql(
    `INSERT INTO business_pair (id, customer_id, other_id, state, per_mille, reasons, found_at) VALUES (gen_random_uuid(), least($1::uuid, $2::uuid), greatest($1::uuid, $2::uuid), 'open', 972, '{owner_name,title_alike,point}', now())`,
    shops[0]?.[0], shops[1]?.[0])
})

afterAll(async () => {
  await head?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  await head.picture(`failed, ${head.name}`).catch(() => undefined)
  for (const error of head.errors) process.stderr.write(`${error}\n`)
})

const sound = (name: string) => soundIn('pairs')(head, name)
const dialog = () => head.page.getByRole('dialog')
const listed = (name: string) => head.page.getByRole('main').getByRole('listitem').filter({ hasText: name })
const [name, again] = [() => shops[0]?.[1] ?? '', () => shops[1]?.[1] ?? '']
const title = () => head.page.getByRole('heading', { name: head.t('duplicates.title'), exact: true })

describe.sequential('somebody who may be somebody of another branch', () => {
  test('is shown with what it takes to decide, and no more of the other one', async () => {
    await head.go('/duplicates')
    await head.text('duplicates.across').waitFor()
    const card = listed(theirs[0].name).filter({ hasText: ours[0].household })
    await card.waitFor()
    expect(await card.getByRole('link').count()).toBe(0)
    const [told] = await bank.helper.sql<[string, string | null]>('SELECT c.address, (SELECT p.birth_on::text FROM person p WHERE p.id = $2::uuid) FROM customer c WHERE c.id = $1::uuid', theirs[0].customer, theirs[0].person)
    const html = await head.page.content()
    for (const untold of [theirs[0].customer, ...(told ?? [])]) if (untold) expect(html.includes(untold), untold).toBe(false)
    await sound('list')
  })

  test('is said to be two', async () => {
    await head.tap(head.page.getByRole('button', { name: `${head.t('duplicates.notAcross')}：${ours[1].household}`, exact: true }))
    await sound('not')
    await head.tap(dialog().getByRole('button', { name: head.t('duplicates.notAcross'), exact: true }))
    await head.synced(90)
    await head.go('/duplicates')
    await head.text('duplicates.across').waitFor()
    await listed(theirs[1].name).filter({ hasText: ours[1].household }).waitFor({ state: 'detached' })
    expect(await bank.helper.sql('SELECT state FROM duplicate_pair WHERE $1::uuid IN (person_id, other_id)', ours[1].person)).toEqual([['declined']])
  })

  test('is handed over to the other branch, where it is decided', async () => {
    const [branch] = await bank.helper.sql<[string, string]>('SELECT u.name, u.id::text FROM customer c JOIN org_unit u ON u.id = c.branch_id WHERE c.id = $1::uuid', theirs[0].customer)
    await head.tap(head.page.getByRole('button', { name: `${head.t('duplicates.handOver', { branch: branch?.[0] ?? '' })}：${ours[0].household}`, exact: true }))
    await sound('hand over')
    await head.tap(dialog().getByRole('button', { name: head.t('duplicates.handOver', { branch: branch?.[0] ?? '' }), exact: true }))
    await head.synced(90)
    await head.go('/duplicates')
    await listed(again()).filter({ hasText: name() }).waitFor()
    expect(await head.text('duplicates.across').count()).toBe(0)
    expect(await bank.helper.sql('SELECT branch_id::text FROM customer WHERE id = $1::uuid', ours[0].customer)).toEqual([[branch?.[1]]])
  })
})

const states = () => bank.helper.sql<[string, string]>('SELECT id::text, status FROM customer WHERE id = ANY(ARRAY[$1, $2]::uuid[]) ORDER BY id = $1::uuid DESC', shops[0]?.[0], shops[1]?.[0])

describe.sequential('a shop that was entered twice', () => {
  test('is shown side by side, and made one', async () => {
    await head.tap(listed(again()).filter({ hasText: name() }).getByRole('button'))
    await head.page.getByText(head.t('duplicates.because_title_alike')).first().waitFor()
    await sound('shops')
    await head.tap(head.page.getByRole('group', { name: head.t('duplicates.keepWhichShop') }).getByRole('button', { name: new RegExp(name()) }))
    await head.tap(head.button('duplicates.mergeShop'))
    await sound('merge shops')
    await head.tap(dialog().getByRole('button', { name: head.t('duplicates.mergeShop'), exact: true }))
    await title().waitFor()
    await head.synced(90)
    expect((await states()).map(([, status]) => status)).toEqual(['active', 'merged'])
  })

  test('is two again, and said to be two', async () => {
    await head.go('/duplicates')
    await head.tap(head.page.getByRole('button', { name: `${head.t('duplicates.undo')}：${again()}`, exact: true }))
    await sound('undo shops')
    await head.tap(dialog().getByRole('button', { name: head.t('duplicates.undo'), exact: true }))
    await head.synced(90)
    expect((await states()).map(([, status]) => status)).toEqual(['active', 'active'])
    await head.go('/duplicates')
    await head.tap(listed(again()).filter({ hasText: name() }).getByRole('button'))
    await head.tap(head.button('duplicates.notShop'))
    await sound('not shops')
    await head.tap(dialog().getByRole('button', { name: head.t('duplicates.notShop'), exact: true }))
    await title().waitFor()
    await head.synced(90)
    expect(await bank.helper.sql('SELECT state FROM business_pair')).toEqual([['declined']])
  })

  test('no page threw or logged an error', () => {
    expect(head.errors).toEqual([])
  })
})
