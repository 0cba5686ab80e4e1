/**
 * A visit with a photo, a signature and a voice note, made without a network: cut on the way, the phone killed, gone on
 * with where it stopped, and seen and heard by the head on her phone.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Bank } from './support/bank'
import { Phone } from './support/phone'
import { until } from './support/places'
import { dueHouseholds, type Household } from './support/records'
import { lookAt, recordVoice, sign } from './support/work'

let bank: Bank
let manager: Phone
let head: Phone
let agent: Phone
let home: Household

beforeAll(async () => {
  bank = await Bank.open()
  manager = new Phone(bank, "the manager's phone")
  head = new Phone(bank, "the head's phone", 'en', { width: 320, height: 568 })
  agent = new Phone(bank, "the agent's phone")
  await manager.on()
  await manager.enrol(bank.login('manager'))
  // one that the agent looks after too: what the agent's phone lacks must not be for want of the household
  const shared = await bank.helper.sql<[string]>(
    `SELECT c.id::text FROM customer c JOIN grid_assignment a ON a.grid_id = c.grid_id AND a.to_on IS NULL JOIN staff s ON s.id = a.staff_id AND s.login = $1`,
    bank.login('agent').login,
  )
  const both = new Set(shared.map(([id]) => id))
  home = (await dueHouseholds(bank, bank.login('manager').login)).find((one) => both.has(one.id)) as Household
})

afterAll(async () => {
  for (const phone of [manager, head, agent]) await phone?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const phone of [manager, head]) {
    await phone?.picture(`failed, ${phone.name}`).catch(() => undefined)
    for (const error of phone?.errors ?? []) process.stderr.write(`${error}\n`)
  }
})

describe.sequential('what goes with a visit', () => {
  test('is taken without a network and saved with it', async () => {
    const { page } = manager
    await manager.offline()
    await manager.stand(home.lon, home.lat)
    await manager.go(`/visits/new?customer=${home.id}`)
    await manager.tap(manager.chip('visits.met', 'outcome.met'))
    await page.locator('input[type=file]').setInputFiles({ name: 'photo.jpg', mimeType: 'image/jpeg', buffer: await manager.photograph('seagreen', true) })
    await manager.tap(page.getByRole('dialog').getByRole('button', { name: manager.t('photo.home'), exact: true }))
    await recordVoice(manager, 3)
    await sign(manager)
    await page.getByText(/米|公里/).first().waitFor()
    await manager.picture('files-1-visit')
    await manager.tap(manager.button('save.onPhone'))
    await page.getByRole('heading', { name: manager.t('tabs.today') }).waitFor()
    await manager.go('/sync')
    await page.getByRole('heading', { name: manager.t('sync.files', { n: 3 }) }).waitFor()
    await manager.picture('files-2-waiting')
  })

  test('the record is received while its files are cut off on the way', async () => {
    bank.network.loseAnswers(/^(PATCH|PUT) \/api\/v1\/files/)
    await manager.online()
    await manager.page.getByRole('heading', { name: manager.t('sync.received', { n: 1 }) }).waitFor({ timeout: 90_000 })
    await until('an answer about a file was lost', () => bank.network.lost > 0)
    expect(await bank.helper.count('SELECT count(*) FROM visit WHERE customer_id = $1 AND installation_id IS NOT NULL', home.id)).toBe(1)
    await manager.picture('files-3-cut')
    await manager.offline()
    await manager.kill()
    bank.network.loseAnswers(null)
  })

  test('the head sees that they have not all arrived', async () => {
    bank.network.up()
    await head.on()
    await head.enrol(bank.login('branch_head'))
    await lookAt(head, home)
    await head.page.getByText(/\d of 3 arrived/).first().waitFor()
    await head.picture('files-4-head-waits')
  })

  test('started again, the phone goes on, and each file is received once with its receipt', async () => {
    await manager.on()
    await manager.unlock()
    await manager.online()
    await manager.synced(120)
    const files = await bank.helper.sql<[string, string, number]>(
      'SELECT f.file_class, f.media_type, coalesce(f.duration_ms, 0)::int FROM visit v JOIN visit_photo p ON p.visit_id = v.id JOIN stored_file f ON f.hash = p.file_hash WHERE v.customer_id = $1 ORDER BY f.file_class',
      home.id,
    )
    expect(files.map(([kind, type]) => [kind, type])).toEqual([['home', 'image/jpeg'], ['signature', 'image/png'], ['voice', 'audio/mpeg']])
    expect(files[2]?.[2]).toBeGreaterThan(1500)
    await manager.go('/sync')
    await manager.tap(manager.page.getByRole('main').getByRole('listitem').getByRole('button').first())
    const receipt = manager.page.getByRole('dialog')
    await receipt.getByText(new RegExp(manager.t('sync.fileReceived', { when: '' }).trim())).nth(2).waitFor()
    await manager.picture('files-5-receipts')
    await manager.page.keyboard.press('Escape')
  })

  test('the head sees the signature and hears the voice note', async () => {
    const { page } = head
    await page.getByText(/\d of 3 arrived/).first().waitFor({ state: 'hidden', timeout: 60_000 })
    await page.getByRole('img', { name: head.t('photo.signature') }).first().waitFor()
    await head.tap(page.getByRole('button', { name: new RegExp(head.t('voice.play', { time: '' }).trim()) }).first())
    await page.getByRole('button', { name: new RegExp(head.t('voice.pause', { time: '' }).trim()) }).first().waitFor()
    await head.picture('files-6-head')
  })

  test('on the customer the manager opens all of it; an agent gets none of it', async () => {
    await manager.go(`/customers/${home.id}`)
    await manager.tap(manager.button('visits.showFiles').first())
    await manager.page.getByRole('img', { name: manager.t('photo.signature') }).first().waitFor()
    await manager.page.getByRole('img', { name: manager.t('photo.home') }).first().waitFor()
    await manager.picture('files-7-customer')
    await agent.on()
    await agent.enrol(bank.login('agent'))
    await agent.go(`/customers/${home.id}`)
    await agent.page.getByRole('heading', { name: agent.t('customers.family') }).waitFor()
    expect(await agent.button('visits.showFiles').count()).toBe(0)
  })

  test('Wi-Fi only: where the browser does not say, files wait for the person', async () => {
    const { page } = manager
    await manager.go('/me')
    await manager.tap(manager.chip('me.filesOver', 'me.files_wifi'))
    await manager.text('me.filesUntoldNote').waitFor()
    await manager.go(`/visits/new?customer=${home.id}`)
    await manager.tap(manager.chip('visits.met', 'outcome.met'))
    await sign(manager)
    await manager.tap(manager.button('save.onPhone'))
    await page.getByRole('heading', { name: manager.t('tabs.today') }).waitFor()
    await manager.go('/sync')
    await page.getByRole('status').getByText(manager.t('sync.held_unknown', { n: 1 }).slice(0, 8)).waitFor({ timeout: 60_000 })
    expect(await bank.helper.count("SELECT count(*) FROM stored_file WHERE file_class = 'signature'")).toBe(1)
    await manager.picture('files-8-held')
    await manager.tap(manager.button('sync.sendFiles'))
    await manager.synced()
    expect(await bank.helper.count("SELECT count(*) FROM stored_file WHERE file_class = 'signature'")).toBe(2)
    expect([...manager.errors, ...head.errors, ...agent.errors]).toEqual([])
  })
})
