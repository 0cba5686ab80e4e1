/**
 * What a strategy does when it does not go straight on: stopped while it is worked out, sent back with a reason, out and in as
 * a ZIP, taken back before its day, and a recalculation that is held until somebody lets it through.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Bank } from './support/bank'
import { DESK, soundIn } from './support/look'
import { Phone } from './support/phone'
import { result, until } from './support/places'
import { beginDraft, changeFigure } from './support/strategies'

const TITLE = '基础客户走访勤一点'
const WHY = '先和支行说好再改'
const FIGURE = '基础客户走访周期'
const FILE = 'figures/rhythm.yaml'
const SIZE = { width: 1440, height: 900 }
const HOME = { heading: 'tabs.inbox', path: '/inbox' }

let bank: Bank
let business: Phone
let risk: Phone
let draft = ''
const all = () => [business, risk]

beforeAll(async () => {
  bank = await Bank.open()
  business = new Phone(bank, "the business department's desk", 'zh-CN', SIZE)
  risk = new Phone(bank, "the risk officer's desk", 'en', SIZE)
  await business.on()
  await business.enrol(bank.login('hq_business'), HOME)
  await risk.on()
  await risk.enrol(bank.login('risk_officer'), HOME)
})

afterAll(async () => {
  for (const one of all()) await one?.discard()
  await bank?.close()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const one of all()) {
    await one.picture(`failed, ${one.name}`).catch(() => undefined)
    for (const error of one.errors) process.stderr.write(`${error}\n`)
  }
})

const sound = soundIn('strategy_back', DESK)
const board = () => `/strategy/drafts/${draft}/board`
const field = async (name: string, id = draft) => (await bank.helper.sql<[string]>(`SELECT ${name}::text FROM strategy_draft WHERE id = $1::uuid`, id))[0]?.[0]
const simulated = () => bank.helper.sql<[string]>('SELECT state FROM strategy_simulation WHERE draft_id = $1::uuid ORDER BY asked_at DESC LIMIT 1', draft)

/** Another number of the same figure, checked well. */
async function writeAndCheck(days: string): Promise<void> {
  await business.go(`/strategy/drafts/${draft}?file=${FILE}`)
  await changeFigure(business, FIGURE, days)
  await business.tap(business.button('strategy.check'))
  await business.text('strategy.checkedWell').waitFor({ timeout: 150_000 })
}
async function simulate(): Promise<void> {
  await business.go(board())
  await business.tap(business.page.getByRole('button', { name: new RegExp(`^(${business.t('strategy.simulate')}|${business.t('strategy.again')})$`) }))
}
async function handIn(): Promise<void> {
  await until('it is worked out', async () => (await simulated())[0]?.[0] === 'done', 180)
  await business.tap(business.button('strategy.submit'))
  await business.button('strategy.waitsForOther').waitFor()
}

describe.sequential('a strategy that does not go straight on', () => {
  test('is stopped while it is worked out, and stays checked', async () => {
    await business.go('/strategy')
    draft = await beginDraft(business, TITLE)
    await writeAndCheck('100')
    await simulate()
    await business.tap(business.button('strategy.cancel'))
    await business.text('strategy.cancelledNext').waitFor()
    await sound(business, '1-stopped')
    expect((await simulated())[0]?.[0]).toBe('cancelled')
    expect(await field('state')).toBe('checked')
    // and stays so, whatever the worker was doing
    await until('the worker let go of it', async () => (await bank.helper.count("SELECT count(*) FROM strategy_simulation WHERE state IN ('queued', 'running')")) === 0)
    expect((await simulated())[0]?.[0]).toBe('cancelled')
  })

  test('is sent back with a reason, which whoever wrote it reads', async () => {
    await simulate()
    await handIn()
    // asked for anew: the page is not told of what others do
    await risk.go('/strategy')
    await risk.go(board())
    await risk.tap(risk.button('strategy.sendBack'))
    const dialog = risk.page.getByRole('dialog')
    await dialog.getByLabel(risk.t('strategy.sendBackWhy')).fill(WHY)
    await sound(risk, '2-send-back')
    await risk.tap(dialog.getByRole('button', { name: risk.t('strategy.sendBack'), exact: true }))
    await until('it is sent back', async () => (await field('state')) === 'draft')
    await business.go('/strategy')
    await business.page.getByText(business.t('strategy.returned')).first().waitFor()
    await business.go(`/strategy/drafts/${draft}`)
    await business.page.getByText(WHY).first().waitFor()
    await sound(business, '3-came-back')
    await business.go('/inbox')
    await business.page.getByText(business.t('inbox.strategy_draft_returned').slice(0, 6)).first().waitFor()
  })

  test('goes out as a ZIP and comes in as a draft that says the same', async () => {
    await business.go(`/strategy/drafts/${draft}`)
    await business.tap(business.button('strategy.more'))
    const waits = business.page.waitForEvent('download')
    await business.tap(business.button('strategy.download'))
    const zip = result('draft.zip')
    await (await waits).saveAs(zip)
    await business.go('/strategy')
    await business.tap(business.button('strategy.new'))
    await business.page.getByLabel(business.t('strategy.newTitle')).fill('带回来的')
    await business.page.getByLabel(business.t('strategy.bringFile')).setInputFiles(zip)
    await business.page.getByRole('heading', { name: '带回来的', exact: true }).first().waitFor({ timeout: 120_000 })
    const brought = new URL(business.page.url()).pathname.split('/').at(-1) ?? ''
    expect(brought === draft).toBe(false)
    expect(await field('digest', brought)).toBe(await field('digest'))
    expect(await field('state', brought)).toBe('checked')
    expect(await field('origin', brought)).toBe('imported')
  })

  test('published for a later day it waits, and is taken back before it comes', async () => {
    await writeAndCheck('110')
    await simulate()
    await handIn()
    // asked for anew: the page is not told of what others do
    await risk.go('/strategy')
    await risk.go(board())
    await risk.tap(risk.button('strategy.publish'))
    const dialog = risk.page.getByRole('dialog')
    const day = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10)
    await dialog.getByLabel(risk.t('strategy.publishFrom')).fill(day)
    await risk.tap(dialog.getByRole('button', { name: new RegExp(risk.t('strategy.publish')) }))
    await until('it is published', async () => (await field('state')) === 'published')
    await risk.go('/strategy')
    await risk.page.getByText(risk.t('strategy.version_waiting')).first().waitFor()
    await risk.go('/strategy/versions/2')
    await risk.tap(risk.button('strategy.withdraw'))
    await risk.page.getByRole('dialog').getByLabel(risk.t('strategy.withdrawWhy')).fill('支行还没准备好')
    await sound(risk, '4-withdraw')
    await risk.tap(risk.page.getByRole('dialog').getByRole('button', { name: risk.t('strategy.withdraw'), exact: true }))
    await risk.page.getByText(risk.t('strategy.version_withdrawn')).first().waitFor()
    await sound(risk, '5-withdrawn')
    expect(await bank.helper.count('SELECT count(*) FROM catalogue_version WHERE version = 2 AND withdrawn_at IS NOT NULL AND took_force_at IS NULL')).toBe(1)
  })

  test('a recalculation that moves too much waits until somebody lets it through', async () => {
    const lifted = () => bank.helper.count("SELECT count(*) FROM profile WHERE tier = 'high_end' AND stage = 'lifted'")
    // as if many had another result: every other customer's is out of what the rules give
    await bank.helper.sql("UPDATE profile SET tier = 'high_end', stage = 'lifted' WHERE tier <> 'high_end' AND ('x' || right(customer_id::text, 1))::bit(4)::int % 2 = 0")
    const before = await lifted()
    expect(before).toBeGreaterThan(0)
    await bank.helper.sql("UPDATE schedule SET next_at = now() - interval '1 minute' WHERE name = 'strategy.nightly'")
    await until('the night is held', async () => (await bank.helper.count("SELECT count(*) FROM strategy_run WHERE state = 'held'")) === 1, 180)
    expect(await lifted()).toBe(before)
    await risk.go('/strategy')
    await risk.page.getByText(risk.t('strategy.runWaits')).first().waitFor()
    await risk.go('/strategy/runs')
    await risk.button('strategy.release').waitFor()
    await sound(risk, '6-held')
    await risk.tap(risk.button('strategy.release'))
    const dialog = risk.page.getByRole('dialog')
    await dialog.getByText(risk.t('strategy.releaseWhat')).waitFor()
    await sound(risk, '7-release')
    await risk.tap(dialog.getByRole('button', { name: risk.t('strategy.release'), exact: true }))
    await until('everybody is as the rules say', async () => (await lifted()) === 0, 180)
    await risk.go('/strategy/runs')
    await risk.page.getByText(risk.t('strategy.runReleased')).first().waitFor()
    await sound(risk, '8-released')
  })

  test('no page threw or logged an error', () => {
    expect(all().flatMap((one) => one.errors)).toEqual([])
  })
})
