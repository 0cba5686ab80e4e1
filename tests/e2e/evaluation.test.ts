/**
 * A village evaluation: the manager makes it, the agent hosts it without a network on the one phone that all reviewers
 * answer on, which dies in the middle; results open at the bank from the third form on; manager and head review them.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Bank } from './support/bank'
import { soundIn } from './support/look'
import { PIN, Phone } from './support/phone'
import { until } from './support/places'

const REVIEWERS = ['罗书记', '谢组长', '高老师', '马大爷']
const QUESTIONS = ['repute', 'harmony', 'diligence', 'debts', 'habits', 'ability'] as const
type Said = { knows: 'no' | 'relative' } | { knows: 'yes'; answers: Record<(typeof QUESTIONS)[number], string>; limit?: string }
const GOOD = { repute: 'good', harmony: 'good', diligence: 'hard', debts: 'some', habits: 'none', ability: 'likely' }
const POOR = { repute: 'poor', harmony: 'fair', diligence: 'lazy', debts: 'unpaid', habits: 'bad', ability: 'none' }

let bank: Bank
let manager: Phone
let agent: Phone
let head: Phone
let grid: string
let agentName: string
let households: { id: string; name: string }[]
let session: string

beforeAll(async () => {
  bank = await Bank.open()
  manager = new Phone(bank, "the manager's phone")
  agent = new Phone(bank, "the agent's phone")
  head = new Phone(bank, "the head's phone")
  // a grid that both hold, with households whose names stand alone there
  const rows = await bank.helper.sql<[string, string, string, string]>(
    `SELECT g.name, s.name, c.id::text, c.name FROM grid g JOIN staff m ON m.id = g.manager_id AND m.login = $1
       JOIN grid_assignment a ON a.grid_id = g.id AND a.duty = 'agent' AND a.to_on IS NULL JOIN staff s ON s.id = a.staff_id AND s.login = $2
       JOIN customer c ON c.grid_id = g.id AND c.kind = 'household' AND c.status = 'active'
      WHERE (SELECT count(*) FROM customer o WHERE o.name = c.name) = 1 ORDER BY g.code, c.pinyin, c.id`,
    bank.login('manager').login,
    bank.login('agent').login,
  )
  ;[grid, agentName] = [rows[0]![0], rows[0]![1]]
  households = rows.filter(([name]) => name === grid).slice(0, 3).map(([, , id, name]) => ({ id, name }))
  expect(households.length).toBe(3)
})

afterAll(async () => {
  for (const one of [manager, agent, head]) await one?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const one of [manager, agent, head]) {
    await one.picture(`failed, ${one.name}`).catch(() => undefined)
    for (const error of one.errors) process.stderr.write(`${error}\n`)
  }
})

const sound = soundIn('evaluation')

const kiosk = (key: string, values?: Record<string, string | number>) => agent.t(`evaluation.kiosk.${key}`, values)
const press = (name: string) => agent.tap(agent.page.getByRole('button', { name, exact: true }))
const chip = (group: string, name: string) => agent.tap(agent.page.getByRole('group', { name: group, exact: true }).getByRole('button', { name, exact: true }))
const rowOf = (name: string) => agent.page.getByRole('button', { name: new RegExp(`^${name}`) })

async function begin(reviewer: string): Promise<void> {
  await agent.tap(rowOf(reviewer))
  await press(kiosk('begin'))
}

async function answer(said: Said): Promise<void> {
  await chip(kiosk('know'), kiosk(said.knows))
  if (said.knows !== 'yes') return
  for (const question of QUESTIONS) await chip(kiosk(`ask.${question}`), agent.t(`evaluation.answer.${question}.${said.answers[question]}`))
  if (said.limit) await chip(kiosk('limit'), said.limit)
}

/** All households in turn, then looked over and sealed. */
async function turn(reviewer: string, said: Said[]): Promise<void> {
  await begin(reviewer)
  for (const [i, one] of said.entries()) {
    await agent.page.getByRole('heading', { name: households[i]!.name, exact: true }).waitFor()
    await answer(one)
    await press(kiosk(i + 1 < said.length ? 'next' : 'finish'))
  }
  await seal()
}

async function seal(): Promise<void> {
  await press(kiosk('seal'))
  await agent.page.getByText(kiosk('done'), { exact: true }).waitFor()
  await press(kiosk('nextOne'))
  await agent.page.getByRole('heading', { name: kiosk('who'), exact: true }).waitFor()
}

/** Everything in the phone's store that the page's own data key opens, as text. */
function readable(phone: Phone): Promise<string> {
  return phone.page.evaluate(async () => {
    interface Vault {
      decrypt(place: string, box: unknown): Promise<Uint8Array>
    }
    interface Table {
      toArray(): Promise<{ id: string; local?: unknown }[]>
    }
    interface App {
      config: { globalProperties: { $pinia: { _s: Map<string, { use(): { core: { open: { vault: Vault }; store: { outbox: Table; drafts: Table } } } }> } } }
    }
    const app = (document.querySelector('#app') as Element & { __vue_app__: App }).__vue_app__
    const { core } = app.config.globalProperties.$pinia._s.get('engine')!.use()
    const { vault } = core.open
    const opened: Uint8Array[] = []
    for (const one of await core.store.outbox.toArray()) opened.push(await vault.decrypt(`outbox|${one.id}|1`, one.local))
    for (const one of await core.store.drafts.toArray()) opened.push(await vault.decrypt(`drafts|${one.id}|1`, one))
    return opened.map((bytes) => new TextDecoder('latin1').decode(bytes)).join('\n')
  })
}

/** What reviewers said, by the words in which it would lie there. */
function saysNothing(text: string): void {
  for (const word of ['unpaid', 'repute', 'habits', 'grades', 'knows']) expect([word, text.includes(word)]).toEqual([word, false])
}

describe.sequential('a village evaluation', () => {
  test('the manager makes it without a network, for the agent to host', async () => {
    await manager.on()
    await manager.enrol(bank.login('manager'))
    await manager.go('/evaluations')
    await sound(manager, 'list')
    await manager.page.context().setOffline(true)
    await manager.tap(manager.button('evaluation.make'))
    await manager.tap(manager.page.getByRole('group', { name: manager.t('evaluation.grid'), exact: true }).getByRole('button', { name: grid, exact: true }))
    await manager.tap(manager.page.getByRole('button', { name: new RegExp(`^${manager.t('evaluation.which')}`) }))
    await manager.tap(manager.button('evaluation.chooseNone'))
    for (const { name } of households) await manager.tap(manager.page.getByRole('button', { name: new RegExp(`^${name}`) }))
    await manager.tap(manager.page.getByRole('dialog').getByRole('button', { name: manager.t('ui.close') }))
    await manager.tap(manager.page.getByRole('group', { name: manager.t('evaluation.host'), exact: true }).getByRole('button', { name: agentName, exact: true }))
    await manager.tap(manager.button('evaluation.addReviewer'))
    for (const [i, name] of REVIEWERS.entries()) await manager.page.getByLabel(manager.t('evaluation.reviewerName'), { exact: true }).nth(i).fill(name)
    await sound(manager, 'new')
    await manager.tap(manager.button('ui.save'))
    await manager.page.getByText(manager.t('evaluation.waitingOpen')).waitFor()
    session = manager.page.url().split('/').at(-1) ?? ''
    await manager.page.context().setOffline(false)
    await manager.synced(90)
  })

  test('the agent has it, and hands the phone to the first reviewer: no other page opens', async () => {
    await agent.on()
    await agent.enrol(bank.login('agent'))
    await agent.go(`/evaluations/${session}`)
    await agent.page.getByText(agent.t('evaluation.waitingOpenAgent')).waitFor()
    await sound(agent, 'agent')
    await agent.offline()
    await press(agent.t('evaluation.start'))
    await agent.page.getByRole('heading', { name: kiosk('who'), exact: true }).waitFor()
    await sound(agent, 'kiosk')
    for (const path of ['/customers', '/evaluations', '/me', `/customers/${households[0]!.id}`]) {
      await agent.page.evaluate((to) => {
        history.pushState({ ...(history.state as object), current: to }, '', to)
        dispatchEvent(new PopStateEvent('popstate', { state: history.state }))
      }, path)
      await agent.page.waitForURL(`**/evaluations/${session}/kiosk`)
    }
    await agent.tap(rowOf(REVIEWERS[0]!))
    await sound(agent, 'hello')
    await press(kiosk('back'))
  })

  test('reviewers answer one after the other; the phone dies in the middle of the second, and loses no finished form', async () => {
    await turn(REVIEWERS[0]!, [
      { knows: 'yes', answers: GOOD, limit: '5 万元' },
      { knows: 'yes', answers: GOOD },
      { knows: 'yes', answers: POOR },
    ])
    await begin(REVIEWERS[1]!)
    await answer({ knows: 'yes', answers: GOOD })
    await sound(agent, 'form')
    await press(kiosk('next'))
    await agent.page.getByRole('heading', { name: households[1]!.name, exact: true }).waitFor()
    await answer({ knows: 'no' })
    await press(kiosk('next'))
    await agent.page.getByRole('heading', { name: households[2]!.name, exact: true }).waitFor()
    await agent.kill()
    await agent.on()
    await agent.unlock()
    // still nobody's but the reviewers'
    await agent.page.waitForURL(`**/evaluations/${session}/kiosk`)
    await agent.page.getByText(agent.t('evaluation.answered', { n: 2, all: 3 })).waitFor()
    await begin(REVIEWERS[1]!)
    await agent.page.getByRole('heading', { name: households[2]!.name, exact: true }).waitFor()
    // what was said before is there, sealed, and can be said again
    await press(kiosk('previous'))
    await agent.page.getByText(kiosk('kept')).waitFor()
    await answer({ knows: 'yes', answers: GOOD })
    await press(kiosk('next'))
    await answer({ knows: 'yes', answers: POOR })
    await press(kiosk('finish'))
    await agent.page.getByText(kiosk('sealHidden', { n: 1 })).waitFor()
    await sound(agent, 'look-over')
    await seal()
    await turn(REVIEWERS[2]!, [{ knows: 'yes', answers: GOOD }, { knows: 'no' }, { knows: 'relative' }])
    await turn(REVIEWERS[3]!, [{ knows: 'yes', answers: GOOD }, { knows: 'yes', answers: POOR }, { knows: 'no' }])
  })

  test("the host's phone holds no readable answer, whatever its key opens", async () => {
    const text = await readable(agent)
    expect(text).toContain('evaluation.hand_in')
    saysNothing(text)
  })

  test('only the host gets out, and no form can be taken back', async () => {
    await press(kiosk('over'))
    await agent.page.getByText(agent.t('auth.enterPin', { n: 6 })).waitFor()
    await agent.pin(PIN)
    await agent.page.waitForURL(`**/evaluations/${session}`)
    await agent.go('/sync')
    await agent.page.getByRole('heading', { name: agent.t('sync.waiting', { n: 4 }) }).waitFor()
    expect(await agent.button('ui.undo').count()).toBe(0)
  })

  test('with the network the forms go up, and results open from the third on: for the branch, not for the agent', async () => {
    await agent.online()
    await agent.synced(90)
    await until('results are there', async () => (await bank.helper.sql("SELECT 1 FROM evaluation_result WHERE session_id = $1", session)).length === 3, 90)
    saysNothing(await readable(agent))
    await agent.go(`/evaluations/${session}`)
    await agent.page.getByText(agent.t('evaluation.waitingOpenAgent')).waitFor()
    expect(await agent.page.getByText(agent.t('evaluation.results'), { exact: true }).count()).toBe(0)
    await manager.synced(90)
    await manager.go(`/evaluations/${session}`)
    // the third household: two who think little of it and one who does not know it; a relative's form does not count
    for (const { name } of households) await manager.page.getByText(name, { exact: true }).waitFor()
    const rows = await bank.helper.sql<[string, number, number, number | null]>('SELECT customer_id::text, counted, known, percent FROM evaluation_result WHERE session_id = $1', session)
    expect(Object.fromEntries(rows.map(([id, ...rest]) => [id, rest.map(Number)]))).toEqual({
      [households[0]!.id]: [4, 4, 85],
      [households[1]!.id]: [4, 3, 85],
      [households[2]!.id]: [3, 2, 6],
    })
    await sound(manager, 'results')
  })

  test('the manager reviews first, the head second; then it counts', async () => {
    await manager.tap(manager.button('evaluation.reviewFirst', { n: 1 }))
    // what is odd, one by one
    for (let left = 2; left > 0; left--) {
      await until('one waits', async () => (await manager.button('evaluation.first').count()) === left)
      await manager.tap(manager.button('evaluation.first').first())
    }
    await manager.page.getByText(manager.t('evaluation.waitsHead')).waitFor()
    await manager.synced(90)
    await head.on()
    await head.enrol(bank.login('branch_head'))
    await head.go(`/evaluations/${session}`)
    await sound(head, 'second')
    // two think well of it, one does not
    const apart = head.page.locator('section').filter({ has: head.page.getByText(households[1]!.name, { exact: true }) })
    await head.tap(apart.getByRole('button', { name: head.t('evaluation.change'), exact: true }))
    await head.page.getByLabel(head.t('evaluation.newScore'), { exact: true }).fill('70')
    await head.page.getByLabel(head.t('evaluation.reason'), { exact: true }).fill('两份差得远，按中间算')
    await head.tap(head.button('evaluation.confirmOne'))
    await until('one waits', async () => (await head.button('evaluation.second').count()) === 2)
    await head.tap(head.button('evaluation.second').first())
    await head.tap(head.button('evaluation.reviewSecond', { n: 1 }))
    await head.page.getByText(head.t('evaluation.settled', { n: 3 })).waitFor()
    await head.synced(90)
    const settled = await bank.helper.sql<[number]>('SELECT settled_percent FROM evaluation_result WHERE session_id = $1 AND current ORDER BY 1', session)
    expect(settled.map(([percent]) => Number(percent))).toEqual([6, 70, 85])
    await until(
      'the score reckons with it',
      async () => (await bank.helper.sql("SELECT 1 FROM decision WHERE customer_id = $1 AND features->>'evaluation_percent' = '85'", households[0]!.id)).length > 0,
      90,
    )
    await manager.synced(90)
    await manager.go(`/customers/${households[0]!.id}`)
    await manager.page.getByText(manager.t('evaluation.onCustomer', { n: 4, grade: manager.t('evaluation.grade.excellent') })).waitFor()
    await sound(manager, 'customer')
  })

  test('the host ends it, and the branch sees that it is over', async () => {
    await agent.go(`/evaluations/${session}`)
    await agent.tap(agent.button('evaluation.close'))
    await sound(agent, 'end')
    await agent.tap(agent.page.getByRole('dialog').getByRole('button', { name: agent.t('evaluation.close'), exact: true }))
    const over = new RegExp(agent.t('evaluation.closedOn', { day: '.+' }))
    await agent.page.getByText(over).waitFor()
    expect(await agent.button('evaluation.close').count()).toBe(0)
    await agent.synced(90)
    await manager.synced(90)
    await manager.go(`/evaluations/${session}`)
    await manager.page.getByText(over).waitFor()
    await sound(manager, 'ended')
  })

  test('no page threw or logged an error', () => {
    expect([...manager.errors, ...agent.errors, ...head.errors]).toEqual([])
  })
})
