/**
 * Four complete files made without a network: a farmer's and a shop's by the rural agent, a family of migrant workers' and
 * a co-operative's by the manager. Phones are killed on the way; each file reaches 100 points.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { checkDigit } from '../../pwa/src/domain/idNumber'
import { Bank } from './support/bank'
import { soundIn } from './support/look'
import { Phone } from './support/phone'
import { until } from './support/places'
import { amount } from './support/work'

/** A complete farmer's file, from the list of customers to the last entry saved. */
const MOST_TAPS = 90
const MOST_TYPED = 150

let bank: Bank
let agent: Phone
let manager: Phone
let head: Phone
let grid: { name: string; lon: number; lat: number }
const made = new Map<string, string>()

beforeAll(async () => {
  bank = await Bank.open()
  agent = new Phone(bank, "the agent's phone")
  manager = new Phone(bank, "the manager's phone")
  head = new Phone(bank, "the head's phone")
  const [row] = await bank.helper.sql<[string, number, number]>(
    `SELECT g.name, c.lon, c.lat FROM grid g JOIN staff m ON m.id = g.manager_id AND m.login = $1
       JOIN grid_assignment a ON a.grid_id = g.id AND a.duty = 'agent' AND a.to_on IS NULL JOIN staff s ON s.id = a.staff_id AND s.login = $2
       JOIN customer c ON c.grid_id = g.id AND c.lon IS NOT NULL ORDER BY g.code, c.id LIMIT 1`,
    bank.login('manager').login,
    bank.login('agent').login,
  )
  if (!row) throw new Error('the agent and the manager share no grid')
  grid = { name: row[0], lon: row[1], lat: row[2] }
})

afterAll(async () => {
  for (const one of [agent, manager, head]) await one?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const one of [agent, manager]) {
    await one.picture(`failed, ${one.name}`).catch(() => undefined)
    for (const error of one.errors) process.stderr.write(`${error}\n`)
  }
})

const sound = soundIn('complete')

/** The hand on one phone: what it taps and types on the way is counted. */
class Hand {
  taps = 0
  typed = 0
  name = ''

  constructor(readonly phone: Phone) {}

  private async press(name: string | RegExp): Promise<void> {
    this.taps++
    await this.phone.tap(this.phone.page.getByRole('button', { name, exact: typeof name === 'string' }).first())
  }

  async chip(group: string, name: string): Promise<void> {
    this.taps++
    await this.phone.tap(this.phone.page.getByRole('group', { name: group, exact: true }).getByRole('button', { name, exact: true }))
  }

  async type(label: string, text: string): Promise<void> {
    this.taps++
    this.typed += text.length
    await this.phone.page.getByLabel(label, { exact: true }).fill(text)
  }

  /** `wan`: 10,000 yuan. */
  async amount(label: string, wan: number): Promise<void> {
    // the figure, and the keyboard's enter
    this.taps += 2
    this.typed += String(wan).length
    await amount(this.phone, label, wan)
  }

  async keep(): Promise<void> {
    await this.press(this.phone.t('save.onPhone'))
    await this.phone.page.getByRole('heading', { name: this.name, exact: true }).waitFor()
  }

  /** A customer at the doorstep, from the list. */
  async begin(kind: 'household' | 'business', said: { name: string; sex?: string; number?: string; phone: string; address: string }): Promise<string> {
    const { phone } = this
    this.name = said.name
    await phone.stand(grid.lon, grid.lat)
    await phone.go('/customers')
    this.taps++
    await phone.tap(phone.button('customers.new').or(phone.page.getByRole('link', { name: phone.t('customers.new') })).first())
    await phone.page.getByLabel(phone.t('field.headName'), { exact: true }).waitFor()
    if (kind === 'business') await this.chip(phone.t('customers.kind'), phone.t('customers.business'))
    await this.type(phone.t(kind === 'business' ? 'field.businessName' : 'field.headName'), said.name)
    if (said.number) await this.type(phone.t('field.id_number'), said.number)
    else if (said.sex) await this.chip(phone.t('field.sex'), said.sex)
    await this.type(phone.t('field.phone'), said.phone)
    const grids = phone.page.getByRole('group', { name: phone.t('field.grid_id'), exact: true })
    const own = grids.getByRole('button', { name: grid.name, exact: true })
    if ((await own.getAttribute('aria-pressed')) !== 'true') await this.chip(phone.t('field.grid_id'), grid.name)
    await this.type(phone.t('field.address'), said.address)
    await this.keep()
    const id = new URL(phone.page.url()).pathname.split('/').at(-1) ?? ''
    made.set(said.name, id)
    return id
  }

  async person(relation: string, said: { name: string; sex?: string; number?: string; born?: string; phone?: string; also?: [string, string][] }): Promise<void> {
    const { phone } = this
    await this.press(new RegExp(`${phone.t('person.add')}|${phone.t('person.addOwner')}`))
    await this.type('姓名', said.name)
    await this.chip('关系', relation)
    if (said.number) await this.type('身份证号', said.number)
    if (said.sex) await this.chip('性别', said.sex)
    if (said.born) await this.type('出生日期', said.born)
    if (said.phone) await this.type('手机号', said.phone)
    for (const [group, choice] of said.also ?? []) await this.chip(group, choice)
    await this.keep()
  }

  /** A part of the file that is still open, from the customer's page. */
  async section(part: string, amounts: [string, number][], chips: [string, string][] = [], texts: [string, string][] = []): Promise<void> {
    await this.press(new RegExp(`^${this.phone.t(`section.${part}`)}`))
    for (const [label, wan] of amounts) await this.amount(label, wan)
    for (const [group, choice] of chips) await this.chip(group, choice)
    for (const [label, text] of texts) await this.type(label, text)
    await this.keep()
  }

  async record(kind: string, fill: () => Promise<void>): Promise<void> {
    await this.press(new RegExp(this.phone.t('file.addSome')))
    await this.chip(this.phone.t('file.addWhat'), kind)
    await this.phone.page.getByRole('heading', { name: this.phone.t('file.addOne', { what: kind }), exact: true }).waitFor()
    await fill()
    await this.keep()
  }
}

const numberOf = (born: string, order: string) => {
  const first17 = `999999${born.replaceAll('-', '')}${order}`
  return first17 + checkDigit(first17)
}

describe.sequential('four complete files', () => {
  test("a farmer's, by the agent, in few taps and little typing", async () => {
    await agent.on()
    await agent.enrol(bank.login('agent'))
    await agent.go('/customers')
    await agent.offline()
    const hand = new Hand(agent)
    await hand.begin('household', { name: '田满仓', number: numberOf('1971-03-08', '511'), phone: '13912340101', address: '三组 6 号' })
    await hand.person('配偶', { name: '向春桃', number: numberOf('1973-09-12', '522') })
    await hand.section('income', [['种植', 3.2], ['养殖', 4]])
    await hand.section('spending', [['生活开支', 1.8], ['人情往来', 0.6]])
    await hand.section('home', [], [['住房', '宅基地房'], ['户口', '本地'], ['家庭和睦', '和睦']], [['居住年数', '50']])
    await hand.record('耕地', async () => {
      await hand.chip('种什么', '茶叶')
      await hand.type('多少亩', '6.5')
      await hand.chip('哪来的', '承包')
    })
    await hand.record('牲畜', async () => {
      await hand.chip('养什么', '猪')
      await hand.type('多少头（只）', '24')
      await hand.amount('现在值多少', 3)
    })
    await hand.record('房产', async () => {
      await hand.chip('什么房', '宅基地房')
      await hand.type('面积', '160')
    })
    await agent.picture('complete-1-farmer')
    process.stdout.write(`a farmer's file: ${hand.taps} taps, ${hand.typed} characters\n`)
    expect(hand.taps).toBeLessThanOrEqual(MOST_TAPS)
    expect(hand.typed).toBeLessThanOrEqual(MOST_TYPED)
  })

  test("a shop's, by the agent, whose phone dies in the middle of it", async () => {
    const hand = new Hand(agent)
    await hand.begin('business', { name: '满仓农资店', phone: '13912340102', address: '街上 18 号' })
    await hand.person('业主', { name: '覃店主', sex: '男', phone: '13912340102' })
    await hand.section('income_business', [['年营业额', 60], ['年成本', 48]])
    await agent.kill()
    await agent.on()
    await agent.offline()
    await agent.unlock()
    await agent.go(`/customers/${made.get('满仓农资店')}`)
    await hand.record('门面', async () => {
      await hand.type('面积', '80')
      await hand.chip('租的', '是')
    })
    await sound(agent, 'shop')
    await agent.go('/sync')
    await agent.page.getByRole('heading', { name: new RegExp(agent.t('sync.waiting', { n: '' }).trim()) }).waitFor()
  })

  test("a family's who work away, and a co-operative's, by the manager", async () => {
    // the agent stays without a signal
    bank.network.up()
    await manager.on()
    await manager.enrol(bank.login('manager'))
    await manager.go('/customers')
    await manager.offline()
    const hand = new Hand(manager)
    await hand.begin('household', { name: '谢远行', sex: '男', phone: '13912340103', address: '五组 2 号' })
    await hand.person('父母', { name: '谢守屋', sex: '男', born: '1952-05-01' })
    await hand.section('income', [['外出务工', 12]])
    await hand.section('spending', [['生活开支', 2.4]])
    await hand.section('home', [], [['住房', '楼房']])
    await hand.record('车辆', async () => {
      await hand.chip('什么车', '轿车')
      await hand.amount('现在值多少', 6)
    })
    await hand.begin('business', { name: '高山茶叶合作社', phone: '13912340104', address: '茶厂' })
    await hand.person('法人', { name: '田社长', sex: '女', phone: '13912340104' })
    await hand.section('income_business', [['年营业额', 180], ['年成本', 120]])
    await hand.record('门面', async () => {
      await hand.type('面积', '600')
    })
    await sound(manager, 'co-operative')
  })

  test('each of the four reaches 100 points on the phone of the manager, whoever filled it in', async () => {
    await agent.online()
    await manager.online()
    await agent.synced(120)
    await manager.synced(120)
    await until('all four are complete', async () => (await bank.helper.count('SELECT count(*) FROM customer WHERE completeness_points = 100 AND name = ANY($1::text[])', [...made.keys()])) === 4, 60).catch(async (error: unknown) => {
      const rows = await bank.helper.sql('SELECT name, completeness_points FROM customer WHERE name = ANY($1::text[])', [...made.keys()])
      throw new Error(`${String(error)}: ${JSON.stringify(rows)}`)
    })
    for (const [name, id] of made) {
      await manager.go(`/customers/${id}`)
      await manager.page.getByRole('heading', { name, exact: true }).waitFor({ timeout: 60_000 })
      await manager.text('customers.filePoints', { n: 100 }).waitFor()
    }
    // what the agent entered is on the manager's phone, and the manager's on the agent's, without points
    await manager.go(`/customers/${made.get('田满仓')}`)
    await manager.page.getByRole('button', { name: /耕地.*6\.5\s*亩/ }).waitFor()
    await agent.go(`/customers/${made.get('谢远行')}`)
    await agent.page.getByRole('button', { name: /谢守屋/ }).waitFor()
  })

  test('and the head sees the four files, whose phone holds none of them', async () => {
    await head.on()
    await head.enrol(bank.login('branch_head'))
    for (const [name, id] of made) {
      await head.go(`/customers/${id}`)
      await head.page.getByRole('heading', { name, exact: true }).waitFor()
      await head.text('look.stays').waitFor()
      await head.text('customers.filePoints', { n: 100 }).waitFor()
      await sound(head, `head-${[...made.keys()].indexOf(name) + 1}`)
    }
    await head.go(`/customers/${made.get('田满仓')}`)
    await head.page.getByRole('button', { name: /耕地.*6\.5\s*亩/ }).waitFor()
    await head.page.getByRole('button', { name: /向春桃/ }).waitFor()
  })

  test('no page threw or logged an error', () => {
    expect([...agent.errors, ...manager.errors, ...head.errors]).toEqual([])
  })
})
