/**
 * Reviewers of a village evaluation on phones of their own, without an account: the host's phone shows a code as a picture,
 * theirs reads it. One is killed in the middle and loses the network as it hands in, while the host's phone is in kiosk
 * mode with another; wrong, withdrawn and used codes open nothing.
 */
import jsQR from 'jsqr'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Bank } from './support/bank'
import { soundIn } from './support/look'
import { PIN, Phone } from './support/phone'
import { until } from './support/places'

const REVIEWERS = ['罗书记', '谢组长', '高老师', '马大爷']
const QUESTIONS = ['repute', 'harmony', 'diligence', 'debts', 'habits', 'ability'] as const
type Answers = Record<(typeof QUESTIONS)[number], string>
const GOOD: Answers = { repute: 'good', harmony: 'good', diligence: 'hard', debts: 'some', habits: 'none', ability: 'likely' }
const POOR: Answers = { repute: 'poor', harmony: 'fair', diligence: 'lazy', debts: 'unpaid', habits: 'bad', ability: 'none' }

let bank: Bank
let host: Phone
let own: Phone
let english: Phone
let stranger: Phone
let grid: string
let households: { id: string; name: string }[]
let session: string
/** What the host's phone showed, by reviewer. */
const links = new Map<string, string>()

beforeAll(async () => {
  bank = await Bank.open()
  host = new Phone(bank, "the host's phone")
  own = new Phone(bank, "a reviewer's own phone")
  english = new Phone(bank, 'another reviewer, in English', 'en')
  stranger = new Phone(bank, "a stranger's phone")
  const rows = await bank.helper.sql<[string, string, string]>(
    `SELECT g.name, c.id::text, c.name FROM grid g JOIN staff m ON m.id = g.manager_id AND m.login = $1
       JOIN customer c ON c.grid_id = g.id AND c.kind = 'household' AND c.status = 'active'
      WHERE (SELECT count(*) FROM customer o WHERE o.name = c.name) = 1 ORDER BY g.code, c.pinyin, c.id`,
    bank.login('manager').login,
  )
  grid = rows[0]![0]
  households = rows.filter(([name]) => name === grid).slice(0, 3).map(([, id, name]) => ({ id, name }))
  expect(households.length).toBe(3)
})

afterAll(async () => {
  for (const one of [host, own, english, stranger]) await one?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const one of [host, own, english, stranger]) {
    await one.picture(`failed, ${one.name}`).catch(() => undefined)
    for (const error of one.errors) process.stderr.write(`${error}\n`)
  }
})

const sound = soundIn('ownphone')
const kiosk = (phone: Phone, key: string, values?: Record<string, string | number>) => phone.t(`evaluation.kiosk.${key}`, values)
const press = (phone: Phone, name: string) => phone.tap(phone.page.getByRole('button', { name, exact: true }))
const chip = (phone: Phone, group: string, name: string) => phone.tap(phone.page.getByRole('group', { name: group, exact: true }).getByRole('button', { name, exact: true }))
const rowOf = (name: string) => host.page.getByRole('button', { name: new RegExp(`^${name}`) })
const heading = (phone: Phone, name: string) => phone.page.getByRole('heading', { name, exact: true }).waitFor()
const says = (phone: Phone, key: string, values?: Record<string, string | number>) => phone.page.getByText(phone.t(key, values)).waitFor()

async function answer(phone: Phone, said: Answers | 'no' | 'relative'): Promise<void> {
  await chip(phone, kiosk(phone, 'know'), kiosk(phone, typeof said === 'string' ? said : 'yes'))
  if (typeof said === 'string') return
  for (const question of QUESTIONS) await chip(phone, kiosk(phone, `ask.${question}`), phone.t(`evaluation.answer.${question}.${said[question]}`))
}

/** The households one after the other, from `first` on, up to the look at all of them. */
async function all(phone: Phone, said: (Answers | 'no' | 'relative')[], first = 0): Promise<void> {
  for (const [i, one] of said.entries()) {
    await heading(phone, households[first + i]!.name)
    await answer(phone, one)
    await press(phone, kiosk(phone, first + i + 1 < households.length ? 'next' : 'finish'))
  }
}

/** What a camera reads off the host's screen. */
async function scanned(): Promise<string> {
  const svg = host.page.locator('dialog svg[role=img]').first()
  const { width, height, pixels } = await svg.evaluate(async (element) => {
    const size = 480
    const copy = element.cloneNode(true) as SVGElement
    copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
    copy.setAttribute('width', String(size))
    copy.setAttribute('height', String(size))
    const picture = new Image()
    picture.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`
    await picture.decode()
    const canvas = Object.assign(document.createElement('canvas'), { width: size, height: size })
    const pen = canvas.getContext('2d')!
    pen.drawImage(picture, 0, 0, size, size)
    return { width: size, height: size, pixels: [...pen.getImageData(0, 0, size, size).data] }
  })
  const read = (typeof jsQR === 'function' ? jsQR : (jsQR as unknown as { default: typeof jsQR }).default)(new Uint8ClampedArray(pixels), width, height)
  expect(read === null).toBe(false)
  return read!.data
}

/** Shows a reviewer's code and reads it, once the bank has it. */
async function give(reviewer: string): Promise<string> {
  await host.tap(rowOf(reviewer))
  await press(host, host.t(links.has(reviewer) ? 'evaluation.own.fresh' : 'evaluation.own.show'))
  await host.page.getByText(new RegExp(host.t('evaluation.own.ready', { when: '.+' }))).waitFor()
  const link = await scanned()
  links.set(reviewer, link)
  return link
}
const pathOf = (link: string) => link.slice(new URL(link).origin.length)
const closeSheet = () => host.tap(host.page.getByRole('dialog').getByRole('button', { name: host.t('ui.close'), exact: true }))

/** Everything that the browser keeps for the page, as text. */
const keptOn = (phone: Phone): Promise<string> =>
  phone.page.evaluate(async () => {
    const found: string[] = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie]
    for (const { name } of await indexedDB.databases()) {
      const database = await new Promise<IDBDatabase>((resolve) => (indexedDB.open(name!).onsuccess = (event) => resolve((event.target as IDBOpenDBRequest).result)))
      for (const store of database.objectStoreNames) {
        const rows = await new Promise<unknown[]>((resolve) => (database.transaction(store).objectStore(store).getAll().onsuccess = (event) => resolve((event.target as IDBRequest<unknown[]>).result)))
        found.push(JSON.stringify(rows, (_, value: unknown) => (value instanceof Uint8Array ? new TextDecoder('latin1').decode(value) : value)))
      }
      database.close()
    }
    return found.join('\n')
  })

describe.sequential("reviewers on their own phones", () => {
  test('the manager makes an evaluation, hosts it, and shows a code that a camera reads', async () => {
    await host.on()
    await host.enrol(bank.login('manager'))
    await host.go('/evaluations')
    await host.tap(host.button('evaluation.make'))
    await host.tap(host.page.getByRole('group', { name: host.t('evaluation.grid'), exact: true }).getByRole('button', { name: grid, exact: true }))
    await host.tap(host.page.getByRole('button', { name: new RegExp(`^${host.t('evaluation.which')}`) }))
    await host.tap(host.button('evaluation.chooseNone'))
    for (const { name } of households) await host.tap(host.page.getByRole('button', { name: new RegExp(`^${name}`) }))
    await closeSheet()
    await host.tap(host.page.getByRole('group', { name: host.t('evaluation.host'), exact: true }).getByRole('button', { name: host.t('evaluation.hostMe'), exact: true }))
    await host.tap(host.button('evaluation.addReviewer'))
    for (const [i, name] of REVIEWERS.entries()) await host.page.getByLabel(host.t('evaluation.reviewerName'), { exact: true }).nth(i).fill(name)
    await host.tap(host.button('ui.save'))
    await says(host, 'evaluation.waitingOpen')
    session = host.page.url().split('/').at(-1) ?? ''
    await host.tap(rowOf(REVIEWERS[0]!))
    await sound(host, 'sheet')
    await closeSheet()
    const link = await give(REVIEWERS[0]!)
    expect(link).toMatch(new RegExp(`^${bank.url}/review\\.html#[A-Za-z0-9_-]{43}$`))
    await sound(host, 'code')
    await closeSheet()
    await give(REVIEWERS[1]!)
    await closeSheet()
  })

  test('another phone opens it without an account; wrong and replaced codes open nothing', async () => {
    await own.on(pathOf(links.get(REVIEWERS[0]!)!))
    await heading(own, kiosk(own, 'hello', { name: REVIEWERS[0]! }))
    // the code is in the address no more
    expect(own.page.url()).toBe(`${bank.url}/review.html`)
    await sound(own, 'hello')
    await stranger.on('/review.html')
    await says(stranger, 'review.noCode')
    await sound(stranger, 'no-code')
    await stranger.page.goto(`${bank.url}/review.html#${'x'.repeat(43)}`)
    await says(stranger, 'review.unusable')
    await sound(stranger, 'unusable')
    const former = pathOf(links.get(REVIEWERS[1]!)!)
    await give(REVIEWERS[1]!)
    await closeSheet()
    await stranger.page.goto(`${bank.url}/healthz`)
    await stranger.page.goto(bank.url + former)
    await says(stranger, 'review.unusable')
  })

  test('while the host is in kiosk mode with one, the other is killed in the middle and goes on, and nothing can be read', async () => {
    await press(host, host.t('evaluation.start'))
    await heading(host, kiosk(host, 'who'))
    await host.page.getByText(host.t('evaluation.ownOpened'), { exact: true }).waitFor()
    await host.tap(rowOf(REVIEWERS[2]!))
    await press(host, kiosk(host, 'begin'))
    await press(own, kiosk(own, 'begin'))
    await heading(own, households[0]!.name)
    await answer(own, GOOD)
    await sound(own, 'form')
    await press(own, kiosk(own, 'next'))
    await heading(own, households[1]!.name)
    // at the same time
    await all(host, [GOOD, GOOD, POOR])
    await press(host, kiosk(host, 'seal'))
    await host.page.getByText(kiosk(host, 'done'), { exact: true }).waitFor()
    await press(host, kiosk(host, 'nextOne'))
    await answer(own, POOR)
    await press(own, kiosk(own, 'next'))
    await heading(own, households[2]!.name)
    await own.page.reload()
    await press(own, kiosk(own, 'begin'))
    await heading(own, households[2]!.name)
    await own.kill(false)
    await own.on('/review.html')
    await press(own, kiosk(own, 'begin'))
    await heading(own, households[2]!.name)
    const kept = await keptOn(own)
    expect(kept).toContain(households[0]!.id)
    for (const word of ['unpaid', 'repute', 'habits', 'grades', 'knows', households[0]!.name, REVIEWERS[0]!]) expect([word, kept.includes(word)]).toEqual([word, false])
    await press(own, kiosk(own, 'previous'))
    await own.page.getByText(kiosk(own, 'kept')).waitFor()
    await press(own, kiosk(own, 'next'))
    await all(own, ['relative'], 2)
  })

  test('without a network nothing is lost; handed in twice it counts once, and nothing stays on the phone', async () => {
    await own.page.getByText(own.t('review.sealWhy')).waitFor()
    await sound(own, 'look-over')
    await own.page.context().setOffline(true)
    await press(own, own.t('review.send'))
    await says(own, 'review.noAnswer')
    await sound(own, 'no-answer')
    await own.page.context().setOffline(false)
    // the bank hears it, and the phone does not hear the bank
    await own.page.route('**/api/v1/review/hand-in', async (route) => {
      await route.fetch()
      await route.abort()
    })
    await press(own, own.t('review.again'))
    await until('the bank has it', async () => (await bank.helper.sql('SELECT 1 FROM evaluation_form f JOIN evaluation_reviewer r ON r.id = f.reviewer_id WHERE r.session_id = $1 AND r.name = $2', session, REVIEWERS[0]!)).length === 3)
    await says(own, 'review.noAnswer')
    await own.page.unroute('**/api/v1/review/hand-in')
    // the page is closed and opened: it sends the very same once more
    await own.page.reload()
    await says(own, 'review.done', { n: 3 })
    await sound(own, 'done')
    expect((await keptOn(own)).includes(households[0]!.id)).toBe(false)
    const rows = await bank.helper.sql<[string, number]>("SELECT r.name, count(*) FROM evaluation_form f JOIN evaluation_reviewer r ON r.id = f.reviewer_id WHERE r.session_id = $1 AND r.name = $2 GROUP BY 1", session, REVIEWERS[0]!)
    expect(rows.map(([, n]) => Number(n))).toEqual([3])
    await own.page.goto(`${bank.url}/healthz`)
    await own.page.goto(bank.url + pathOf(links.get(REVIEWERS[0]!)!))
    await says(own, 'review.unusable')
  })

  test('the host sees who has handed in, and not what; a reviewer answers in English; the third form opens the results', async () => {
    // in kiosk mode still
    await until('the host sees it', async () => (await rowOf(REVIEWERS[0]!).count()) === 0 && (await host.page.getByText(host.t('evaluation.handedIn', { n: 3 }), { exact: true }).count()) === 2, 90)
    await sound(host, 'kiosk')
    await english.on(pathOf(links.get(REVIEWERS[1]!)!))
    await heading(english, kiosk(english, 'hello', { name: REVIEWERS[1]! }))
    await sound(english, 'hello-en')
    await english.tap(english.button('review.language'))
    await heading(english, host.t('evaluation.kiosk.hello', { name: REVIEWERS[1]! }))
    await english.tap(english.page.getByRole('button', { name: host.t('review.language'), exact: true }))
    await press(english, kiosk(english, 'begin'))
    await all(english, [GOOD, 'no', GOOD])
    await sound(english, 'look-over-en')
    await press(english, english.t('review.send'))
    await english.page.getByText('The bank has 3 households').waitFor()
    await until('results are there', async () => (await bank.helper.sql('SELECT 1 FROM evaluation_result WHERE session_id = $1', session)).length > 0, 90)
    const counted = await bank.helper.sql<[string, number, number]>('SELECT customer_id::text, counted, known FROM evaluation_result WHERE session_id = $1', session)
    expect(Object.fromEntries(counted.map(([id, ...rest]) => [id, rest.map(Number)]))).toEqual({ [households[0]!.id]: [3, 3], [households[1]!.id]: [3, 2] })
    await press(host, kiosk(host, 'over'))
    await host.page.getByText(host.t('auth.enterPin', { n: 6 })).waitFor()
    await host.pin(PIN)
    await host.page.waitForURL(`**/evaluations/${session}`)
    await host.synced(90)
  })

  test('no page threw or logged an error', () => {
    expect([...host.errors, ...own.errors, ...english.errors, ...stranger.errors]).toEqual([])
  })
})
