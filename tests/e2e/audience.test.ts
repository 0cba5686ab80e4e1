/**
 * A head chooses customers of the branch by what is known of them: the count follows each touch and is what the database
 * says, the list opens their pages, a group is kept, a file goes out with a purpose; on a phone and at a desk.
 */
import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Bank } from './support/bank'
import { faults, soundIn } from './support/look'
import { Phone } from './support/phone'
import { until } from './support/places'

const PURPOSE = '春耕贷款摸底'
let bank: Bank
let head: Phone
let branch: string
let grid: { id: string; name: string }

beforeAll(async () => {
  bank = await Bank.open()
  head = new Phone(bank, "the head's phone")
  await head.on()
  await head.enrol(bank.login('branch_head'))
  branch = (await bank.helper.sql<[string]>('SELECT branch_id::text FROM staff WHERE login = $1', bank.login('branch_head').login))[0]?.[0] ?? ''
  const [row] = await bank.helper.sql<[string, string]>(
    `SELECT g.id::text, g.name FROM grid g JOIN customer c ON c.grid_id = g.id AND c.status = 'active' WHERE g.branch_id = $1::uuid
      GROUP BY g.id HAVING (SELECT count(*) FROM grid o WHERE o.branch_id = g.branch_id AND o.name = g.name) = 1 ORDER BY count(*) DESC, g.id LIMIT 1`,
    branch,
  )
  if (!row) throw new Error('the branch has no grid that suits this test')
  grid = { id: row[0], name: row[1] }
})

afterAll(async () => {
  await head?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  await head.picture('failed, the head').catch(() => undefined)
  for (const error of head.errors) process.stderr.write(`${error}\n`)
})

const sound = soundIn('audience')
const OF_BRANCH = "FROM customer c LEFT JOIN profile p ON p.customer_id = c.id WHERE c.status = 'active' AND c.branch_id = $1::uuid"
/** A customer whom nobody has met on site. */
const NEVER = "NOT EXISTS (SELECT 1 FROM visit v WHERE v.customer_id = c.id AND v.channel = 'onsite' AND v.outcome = 'met')"
const inBank = (where: string, ...given: string[]) => bank.helper.count(`SELECT count(*) ${OF_BRANCH} AND ${where}`, branch, ...given)

/** Waits until the screen says this many. */
async function says(n: number): Promise<void> {
  await until(`the screen says ${n}`, async () => (await head.page.locator('.total').innerText()).replace(/\D/g, '') === String(n), 20)
}
const add = (by: string) => head.page.getByRole('group', { name: head.t('audience.add'), exact: true }).getByRole('button', { name: head.t(`audience.by_${by}`), exact: true })
const dialog = () => head.page.getByRole('dialog')
const option = (name: string) => dialog().locator('li button').filter({ has: head.page.getByText(name, { exact: true }) })
const done = () => head.tap(dialog().locator('footer button').last())

describe.sequential('customers are chosen', () => {
  test('from the list of customers, all of the branch at first', async () => {
    await head.go('/customers')
    await head.tap(head.button('audience.title'))
    await head.page.getByRole('heading', { name: head.t('audience.title') }).waitFor()
    await says(await inBank('true'))
    await sound(head, '1-nothing')
  })

  test('by a tag, a tier and a grid, with a count that follows', async () => {
    await head.tap(add('tags'))
    await dialog().getByRole('searchbox').fill('never met')
    await head.tap(option('从没上门见过'))
    await sound(head, '2-tags')
    await done()
    const never = await inBank(NEVER)
    expect(never).toBeGreaterThan(0)
    await says(never)
    await head.tap(add('tier'))
    await head.tap(dialog().getByRole('group', { name: head.t('audience.isNot') }).getByRole('button', { name: head.t('audience.not'), exact: true }))
    await head.tap(dialog().getByRole('button', { name: '潜在', exact: true }))
    await done()
    const notPotential = `${NEVER} AND p.tier IS DISTINCT FROM 'potential'`
    await says(await inBank(notPotential))
    await head.tap(add('grids'))
    if (await dialog().getByRole('searchbox').count()) {
      await dialog().getByRole('searchbox').fill(grid.name)
      await head.tap(option(grid.name))
    } else await head.tap(dialog().getByRole('button', { name: grid.name, exact: true }))
    await done()
    await says(await inBank(`${notPotential} AND c.grid_id = $2::uuid`, grid.id))
    await head.tap(head.page.getByRole('group', { name: head.t('audience.joined') }).getByRole('button', { name: head.t('audience.any'), exact: true }))
    await says(await inBank(`(${NEVER} OR p.tier IS DISTINCT FROM 'potential' OR c.grid_id = $2::uuid)`, grid.id))
    await sound(head, '3-three')
    await head.tap(head.page.getByRole('group', { name: head.t('audience.joined') }).getByRole('button', { name: head.t('audience.all'), exact: true }))
    // the grid alone
    for (let left = 2; left > 0; left--) await head.tap(head.page.getByRole('button', { name: new RegExp(`^${head.t('audience.drop')}: `) }).first())
    await says(await inBank('c.grid_id = $2::uuid', grid.id))
  })

  test('listed, opened and found again', async () => {
    await head.tap(head.button('audience.see'))
    const first = head.page.locator('a[href^="/customers/"]').first()
    await first.waitFor()
    await sound(head, '4-list')
    await head.tap(first)
    await head.page.getByRole('heading', { level: 1 }).first().waitFor()
    await head.tap(head.button('ui.back'))
    await head.page.getByRole('heading', { name: head.t('audience.title') }).waitFor()
    await first.waitFor()
    const [row] = await bank.helper.sql<[number]>("SELECT count(*) FROM audit_entry WHERE action = 'audience.listed'")
    expect(Number(row?.[0])).toBe(1)
  })

  test('written into a file for a purpose', async () => {
    const expected = await inBank('c.grid_id = $2::uuid', grid.id)
    await head.tap(head.button('audience.export'))
    await dialog().getByLabel(head.t('audience.purpose'), { exact: true }).fill(PURPOSE)
    await sound(head, '5-export')
    await head.tap(dialog().getByRole('button', { name: 'CSV', exact: true }))
    const [download] = await Promise.all([head.page.waitForEvent('download'), done()])
    const content = readFileSync(await download.path())
    expect(content.subarray(0, 3).toString('hex')).toBe('efbbbf')
    expect(content.toString().trim().split('\r\n').length).toBe(1 + Math.min(expected, 5000))
    const [row] = await bank.helper.sql<[string]>("SELECT detail ->> 'purpose' FROM audit_entry WHERE action = 'audience.exported'")
    expect(row?.[0]).toBe(PURPOSE)
  })

  test('kept as a group, opened, deleted and brought back', async () => {
    await head.tap(head.button('audience.save'))
    await dialog().getByLabel(head.t('audience.name'), { exact: true }).fill('河边三组')
    await sound(head, '6-keep')
    await done()
    const row = head.page.locator('li.group')
    await row.getByText('河边三组').waitFor()
    await sound(head, '7-groups')
    await head.tap(head.button('audience.more', { name: '河边三组' }))
    await head.tap(dialog().getByRole('button', { name: head.t('audience.remove'), exact: true }))
    await head.text('audience.noGroups').waitFor()
    await head.tap(head.button('audience.undo'))
    await head.tap(row.getByRole('button').first())
    await head.page.getByText(head.t('audience.ofGroup', { name: '河边三组' })).waitFor()
    await says(await inBank('c.grid_id = $2::uuid', grid.id))
  })

  test('not without a network, and again with one', async () => {
    await head.page.context().setOffline(true)
    await head.text('watch.needsNetwork').waitFor()
    await sound(head, '8-offline')
    await head.page.context().setOffline(false)
    await head.text('watch.needsNetwork').waitFor({ state: 'hidden' })
    await says(await inBank('c.grid_id = $2::uuid', grid.id))
  })

  test('at a desk, side by side', async () => {
    await head.page.setViewportSize({ width: 1440, height: 900 })
    const conditions = await head.page.getByRole('heading', { name: head.t('audience.choose') }).boundingBox()
    const total = await head.page.locator('.total').boundingBox()
    expect(total!.x).toBeGreaterThan(conditions!.x + 400)
    expect(await faults(head.page, 'audience/9-desk')).toEqual([])
    await head.page.keyboard.press('Tab')
    expect(await head.page.evaluate(() => document.activeElement === document.body)).toBe(false)
    expect(head.errors).toEqual([])
  })
})
