/**
 * The browser's storage fails, in a real browser: full, deleted under an open app and behind a locked one, one chunk
 * damaged. It is seen at once and said; nothing new is taken that could be lost; what the server has is fetched again.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { CDPSession } from 'playwright-core'
import { managersPhone } from './support/alone'
import type { Bank } from './support/bank'
import { soundIn } from './support/look'
import type { Phone } from './support/phone'
import { until } from './support/places'
import type { Household } from './support/records'
import { amount, amountShown, editIncome } from './support/work'

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
  await phone.picture(`failed, ${phone.name}`).catch(() => undefined)
  for (const error of phone.errors) process.stderr.write(`${error}\n`)
})

const cut = (): Promise<void> => phone.page.context().setOffline(true)
const join = (): Promise<void> => phone.page.context().setOffline(false)

function household(at: number): Household {
  const found = households[at]
  if (!found) throw new Error('the county has too few households for this test')
  return found
}

const sound = (name: string) => soundIn('sync')(phone, name)

let quotas: CDPSession | null = null
/** Room for so many bytes; null for as much as there is. It holds for as long as its session does. */
async function quota(bytes: number | null): Promise<void> {
  quotas ??= await phone.page.context().newCDPSession(phone.page)
  await quotas.send('Storage.overrideQuotaForOrigin', { origin: bank.url, ...(bytes === null ? {} : { quotaSize: bytes }) })
}

/** Deletes the databases of this person: the big one that rows and entries lie in. */
async function deleteDatabase(): Promise<void> {
  await phone.page.evaluate(async () => {
    for (const { name } of await indexedDB.databases()) {
      if (!name || !/^tiange-[0-9a-f]{24}$/.test(name)) continue
      await new Promise<void>((resolve) => {
        const asked = indexedDB.deleteDatabase(name)
        asked.onsuccess = asked.onerror = () => resolve()
      })
    }
  })
}

async function arrived(one: Household, fen: number): Promise<void> {
  await until('the bank has it', () => bank.helper.count("SELECT count(*) FROM customer_value WHERE customer_id = $1 AND field = 'income_wages_fen' AND source = 'collected' AND amount = $2", one.id, fen), 90)
}

describe.sequential('the sync screen', () => {
  test('with nothing that waits, and with five that do', async () => {
    await phone.go('/sync')
    await sound('nothing')
    await phone.go('/today')
    await cut()
    for (const [at, wan] of [3, 4, 5, 6, 7].entries()) await editIncome(phone, household(at), { field: 'income_wages_fen', wan })
    await phone.go('/sync')
    await phone.text('sync.waiting', { n: 5 }).waitFor()
    await sound('five')
  })
})

describe.sequential('no room', () => {
  test('is said, what is typed stays on screen, and nothing counts as saved', async () => {
    await quota(1)
    // the browser remembers for half a minute how much room there was
    await new Promise((resolve) => setTimeout(resolve, 35_000))
    await phone.go(`/customers/${household(5).id}/income`)
    await amount(phone, phone.t('field.income_wages_fen'), 8)
    await phone.tap(phone.button('save.onPhone'))
    await phone.text('app.storageFull').waitFor()
    await phone.text('save.notSaved').waitFor()
    expect(new URL(phone.page.url()).pathname).toBe(`/customers/${household(5).id}/income`)
    await amountShown(phone, phone.t('field.income_wages_fen')).filter({ hasText: '8' }).waitFor()
    await phone.go('/sync')
    await phone.text('sync.waiting', { n: 5 }).waitFor()
    await sound('full')
    await phone.tap(phone.button('app.storageHow'))
    await phone.text('app.storageHelp').waitFor()
  })

  test('is over when there is room again: what waited goes, the form can be saved', async () => {
    await quota(null)
    await phone.tap(phone.page.getByRole('dialog').getByRole('button', { name: phone.t('ui.retry') }))
    // it stands on the notice and on the sheet over it
    const said = phone.text('app.storageFull').filter({ visible: true })
    await until('neither says any more that there is no room', async () => (await said.count()) === 0)
    await join()
    await arrived(household(0), 3_000_000)
    await arrived(household(4), 7_000_000)
    await phone.go('/today')
    await editIncome(phone, household(5), { field: 'income_wages_fen', wan: 8 })
    await arrived(household(5), 8_000_000)
  })
})

describe.sequential('the database is deleted', () => {
  test('under an open app: it is written again, and nothing that was recorded is lost', async () => {
    await cut()
    await editIncome(phone, household(6), { field: 'income_wages_fen', wan: 9 })
    await deleteDatabase()
    await phone.go('/sync')
    await phone.text('sync.waiting', { n: 1 }).waitFor()
    await join()
    await arrived(household(6), 9_000_000)
    expect(await bank.helper.count("SELECT count(*) FROM audit_entry WHERE action = 'sync.lost'")).toBe(0)
    await phone.synced()
  })

  test('behind a locked one: what is lost is said, to the person and to the administrators', async () => {
    await cut()
    await editIncome(phone, household(7), { field: 'income_wages_fen', wan: 2 })
    await phone.go('/me')
    await phone.tap(phone.button('me.lock'))
    await phone.page.getByText(phone.t('auth.enterPin', { n: 6 })).waitFor()
    await deleteDatabase()
    await join()
    await phone.off()
    await phone.on()
    await phone.text('app.lost', { n: 1 }).waitFor()
    await phone.tap(phone.button('sync.seen'))
    if (await phone.button('auth.needLogin').isVisible()) await phone.signIn(bank.login('manager'))
    await phone.tap(phone.button('auth.enrol'))
    await phone.text('auth.pinNew').waitFor()
    await phone.pin()
    await phone.text('auth.pinAgain').waitFor()
    await phone.pin()
    await phone.page.getByRole('heading', { name: phone.t('tabs.today') }).waitFor()
    await phone.synced(90)
    // the place in the stream is told with the next entry behind it
    await editIncome(phone, household(7), { field: 'income_wages_fen', wan: 6 })
    await arrived(household(7), 6_000_000)
    await until('the administrators are told', () => bank.helper.count("SELECT count(*) FROM inbox_item WHERE kind = 'phone_lost_work'"))
  })
})

describe.sequential('one chunk is damaged', () => {
  test('it is said and fetched again; what was recorded meanwhile is there', async () => {
    await cut()
    await editIncome(phone, household(8), { field: 'income_wages_fen', wan: 4 })
    await phone.page.evaluate(async () => {
      for (const { name } of await indexedDB.databases()) {
        if (!name || !/^tiange-[0-9a-f]{24}$/.test(name)) continue
        const database = await new Promise<IDBDatabase>((resolve, reject) => {
          const asked = indexedDB.open(name)
          asked.onsuccess = () => resolve(asked.result)
          asked.onerror = () => reject(asked.error)
        })
        const store = database.transaction('chunks', 'readwrite').objectStore('chunks')
        await new Promise<void>((resolve) => {
          const all = store.openCursor()
          all.onsuccess = () => {
            const cursor = all.result
            if (!cursor) return resolve()
            const record = cursor.value as { id: string } & Record<string, unknown>
            // one that a list is made of
            if (/\|customer$/.test(record.id)) {
              for (const value of Object.values(record)) if (value instanceof Uint8Array && value.length > 40) value[30] = (value[30] ?? 0) ^ 0xff
              cursor.update(record)
            }
            cursor.continue()
          }
        })
        database.close()
      }
    })
    await phone.go('/me')
    await phone.tap(phone.button('me.lock'))
    await phone.unlock()
    await phone.text('app.damaged').waitFor()
    await phone.text('app.damagedOffline').waitFor()
    await phone.go('/sync')
    await phone.text('sync.waiting', { n: 1 }).waitFor()
    await sound('damaged')
    await join()
    await phone.text('app.damaged').waitFor({ state: 'hidden', timeout: 90_000 })
    await arrived(household(8), 4_000_000)
    await phone.go('/customers')
    await phone.page.getByRole('searchbox').fill(household(8).initials)
    await phone.page.getByRole('link', { name: new RegExp(household(8).name) }).first().waitFor()
  })
})

test('no page threw or logged an error', () => {
  expect(phone.errors).toEqual([])
})
