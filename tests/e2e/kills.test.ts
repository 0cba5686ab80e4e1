/**
 * Each part of a running bank is killed with -9 while a phone delivers, once; and once a commit fails. Whatever was saved
 * on the phone arrives exactly once, and what follows from it happens exactly once.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { managersPhone } from './support/alone'
import type { Bank, Part } from './support/bank'
import type { Phone } from './support/phone'
import { until } from './support/places'
import type { Household } from './support/records'
import { logVisit } from './support/work'

let bank: Bank
let phone: Phone
let households: Household[]

beforeAll(async () => {
  ;({ bank, phone, households } = await managersPhone())
})

afterAll(async () => {
  await phone?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  await phone?.picture(`failed, ${phone.name}`).catch(() => undefined)
  for (const error of phone?.errors ?? []) process.stderr.write(`${error}\n`)
})

function household(): Household {
  const next = households.shift()
  if (!next) throw new Error('the county has too few households for this test')
  return next
}

/** A visit with a photo, saved while there is no network. */
async function saveOffline(): Promise<Household> {
  const chosen = household()
  await phone.offline()
  await logVisit(phone, chosen, { note: '断网时记的', photo: 'steelblue' })
  return chosen
}

/** The visit, its photo, the handed-in task, the new calculation: each done once, and no job left. */
async function arrivedOnce(chosen: Household): Promise<void> {
  const { helper } = bank
  const recent = "customer_id = $1 AND note = '断网时记的'"
  await until('the visit has arrived', () => helper.count(`SELECT count(*) FROM visit WHERE ${recent}`, chosen.id), 60)
  await until('the photo has arrived', () => helper.count(`SELECT count(*) FROM visit_photo p JOIN visit v ON v.id = p.visit_id JOIN stored_file f ON f.hash = p.file_hash WHERE ${recent}`, chosen.id), 60)
  // one that was cut off by the kill waits a little before it is tried again
  const unfinished = "SELECT count(*) FROM job WHERE state <> 'done' AND (next_at <= now() OR attempts > 0)"
  await until('all jobs are done', async () => !(await helper.count('SELECT count(*) FROM outbox_event WHERE expanded_at IS NULL')) && !(await helper.count(unfinished)), 120)
  expect(await helper.count("SELECT count(DISTINCT j.id) FROM job j WHERE j.handler LIKE 'strategy.%' AND j.payload::text LIKE '%' || $1 || '%' AND j.state = 'done'", chosen.id)).toBeGreaterThan(0)
  expect(await helper.count(`SELECT count(*) FROM visit WHERE ${recent}`, chosen.id)).toBe(1)
  expect(await helper.count("SELECT count(*) FROM task WHERE customer_id = $1 AND duty_kind = 'visit' AND state = 'submitted' AND evidence_id IN (SELECT id FROM visit WHERE note = '断网时记的')", chosen.id)).toBe(1)
  expect(await helper.count("SELECT count(*) FROM (SELECT installation_id, staff_id, seq FROM sync_command GROUP BY 1, 2, 3 HAVING count(*) > 1) twice")).toBe(0)
  expect(await helper.count("SELECT count(*) FROM sync_command WHERE result <> 'applied'")).toBe(0)
  expect(await helper.count("SELECT count(*) FROM job WHERE state = 'parked'")).toBe(0)
  await phone.synced(120)
}

describe.sequential('nothing is lost and nothing doubled', () => {
  test.each(['web', 'worker', 'postgres', 'valkey'] as Part[])('when the %s is killed while the phone delivers', async (part) => {
    const chosen = await saveOffline()
    await phone.online()
    await bank.kill(part)
    await bank.ready()
    await arrivedOnce(chosen)
  })

  test('when tiange up itself is killed and started again', async () => {
    const chosen = await saveOffline()
    await phone.online()
    await bank.killLauncher()
    await bank.start()
    await arrivedOnce(chosen)
  })

  test('when a commit fails: the answer is an error, and the phone keeps its entry until it is received', async () => {
    const { helper } = bank
    const chosen = await saveOffline()
    // fails at the commit itself, after every statement has succeeded
    await helper.sql("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the disk is full' USING ERRCODE = '53100'; END $$")
    await helper.sql('CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON visit DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()')
    const statuses: number[] = []
    phone.page.on('response', (response) => {
      if (response.url().endsWith('/api/v1/sync/push')) statuses.push(response.status())
    })
    await phone.go('/sync')
    await phone.online()
    await until('the push was refused', () => statuses.length > 0)
    expect(new Set(statuses)).toEqual(new Set([503]))
    await phone.page.getByRole('heading', { name: phone.t('sync.waiting', { n: 1 }) }).waitFor()
    expect(await helper.count("SELECT count(*) FROM visit WHERE customer_id = $1 AND note = '断网时记的'", chosen.id)).toBe(0)
    await helper.sql('DROP TRIGGER refuse ON visit')
    await phone.go('/today')
    await arrivedOnce(chosen)
  })

  test('and no page threw or logged an error', () => {
    expect(phone.errors).toEqual([])
  })
})
