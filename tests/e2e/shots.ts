/** ./scripts/shots: every screen in every variant, with what is wrong with it. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Bank } from './support/bank'
import { doubling, early, familiesOf, moving, overseeing, steering } from './support/belongs'
import { asking, contacting, evaluating, questioning, trading, unasked } from './support/file'
import { Phone } from './support/phone'
import { result, RESULTS } from './support/places'
import { away, deciding, ofOneGrid, opening, watching } from './support/rounds'
import { strategies } from './support/strategies'
import { answered, approving, entering, helping, householdsOf, leaving, reading, saving, visiting } from './support/tour'
import { EVERY, faultsOf, FEW, routeOf, show, type Variant } from './support/variants'

/** The routes that each walk promises to show; tests/house holds them against the app's. */
const { walks: promised } = JSON.parse(readFileSync(new URL('walks.json', import.meta.url), 'utf8')) as { walks: Record<string, string[]> }
const screens: string[] = []
/** Routes shown since the walk began. */
const shown = new Set<string>()
const faults: string[] = []
const looks = process.env['TIANGE_SHOTS'] === 'few' ? FEW : EVERY
const [usual] = EVERY as [Variant]
/** Screens longer than the phone are shown whole as well, in the variants that differ most. */
const WHOLE = ['390-light-zh', '320-dark-en']

async function shoot(phone: Phone, screen: string): Promise<void> {
  screens.push(screen)
  const { page } = phone
  for (const look of looks) {
    await show(phone, look)
    await page.screenshot({ path: result(`${screen}/${look.name}.png`), animations: 'disabled' })
    const whole = await page.evaluate(() => document.documentElement.scrollHeight)
    if (WHOLE.includes(look.name) && whole > look.height + 8) {
      await show(phone, { ...look, height: Math.min(whole, 3_000) })
      await page.screenshot({ path: result(`${screen}/${look.name}-whole.png`), animations: 'disabled' })
      await show(phone, look)
    }
    for (const fault of await faultsOf(page, look)) faults.push(`${screen}, ${look.name}: ${fault}`)
  }
  // asked now: at the tap that leads there a slow machine still stands on the page before
  shown.add(await routeOf(page))
  await show(phone, usual)
  process.stdout.write(`${screen}\n`)
}

/** All pictures on one page, a row for each screen. */
function overview(): string {
  const rows = screens.map((screen) => {
    const pictures = readdirSync(`${RESULTS}/${screen}`).sort()
    return `<h2>${screen}</h2><p>${pictures.map((one) => `<img loading="lazy" width="260" alt="${one}" title="${one}" src="${encodeURIComponent(screen)}/${one}">`).join(' ')}</p>`
  })
  return `<!doctype html><meta charset="utf-8"><title>Tiange</title><style>body{background:#888;font:14px sans-serif}p{display:flex;gap:8px;overflow-x:auto;align-items:start}</style>${rows.join('\n')}`
}

const errors: string[] = []
beforeAll(() => rmSync(RESULTS, { recursive: true, force: true }))
afterAll(() => {
  writeFileSync(result('index.html'), overview())
  writeFileSync(result('faults.txt'), [...faults, ...errors].map((one) => `${one}\n`).join(''))
  process.stdout.write(`${screens.length} screens in ${looks.length} variants, ${faults.length} faults, ${errors.length} errors: ${RESULTS}\n`)
})

/** Runs a walk; its phones and its bank are put away whatever comes of it. */
async function walk(bank: Bank, phones: Phone[], steps: () => Promise<void>): Promise<void> {
  const before = faults.length
  const name = expect.getState().currentTestName ?? ''
  shown.clear()
  // nothing is measured here, and the machine may have other work
  for (const phone of phones) phone.patience = 180_000
  try {
    await steps()
  } catch (error) {
    for (const phone of phones) await phone.picture(`stuck, ${phone.name}`).catch(() => undefined)
    throw error
  } finally {
    for (const phone of phones) await phone.discard()
    await bank.close()
    errors.push(...phones.flatMap((phone) => phone.errors))
  }
  expect(promised[name]?.filter((route) => !shown.has(route)), 'screens not shown').toEqual([])
  expect([...faults.slice(before), ...phones.flatMap((phone) => phone.errors)]).toEqual([])
}

test('a day', async () => {
  const bank = await Bank.open()
  const cast = { bank, manager: new Phone(bank, 'the manager'), head: new Phone(bank, 'the head'), agent: new Phone(bank, 'the agent') }
  await walk(bank, [cast.manager, cast.head, cast.agent], async () => {
    await entering(cast, shoot)
    const households = await householdsOf(bank)
    await reading(cast, shoot, households)
    await visiting(cast, shoot, households)
    const odd = await saving(cast, shoot, households)
    await approving(cast, shoot, odd)
    await cast.head.off()
    await answered(cast, shoot, odd)
    await leaving(cast, shoot)
    await cast.manager.off()
    await helping(cast, shoot)
  })
})

test('rounds', async () => {
  // a bare address has no fingerprint to show
  const bank = await Bank.open('localhost')
  const cast = { bank, manager: new Phone(bank, 'the manager'), deputy: new Phone(bank, 'the deputy'), admin: new Phone(bank, 'the administrator') }
  await walk(bank, [cast.manager, cast.deputy, cast.admin], async () => {
    const households = await ofOneGrid(bank)
    await cast.deputy.on()
    await opening(cast, shoot)
    await cast.manager.on()
    await cast.manager.enrol(bank.login('manager'))
    await deciding(cast, shoot, households)
    await cast.deputy.off()
    await watching(cast, shoot)
    await away(cast, shoot, households)
  })
})

test('the file', async () => {
  const bank = await Bank.open()
  const cast = { bank, manager: new Phone(bank, 'the manager'), head: new Phone(bank, 'the head') }
  await walk(bank, [cast.manager, cast.head], async () => {
    const [first, second] = await householdsOf(bank)
    await cast.manager.on()
    await cast.manager.enrol(bank.login('manager'))
    await contacting(cast, shoot, first!)
    await asking(cast, shoot, second!)
    await questioning(cast, shoot, await unasked(bank))
    await trading(cast, shoot, first!)
    await evaluating(cast, shoot, first!)
  })
})

test('who belongs where', async () => {
  const bank = await Bank.open()
  const cast = { bank, manager: new Phone(bank, 'the manager'), agent: new Phone(bank, 'the agent'), head: new Phone(bank, 'the head'), lead: new Phone(bank, 'head office') }
  await walk(bank, [cast.manager, cast.agent, cast.head, cast.lead], async () => {
    const families = await familiesOf(bank)
    const [beside] = await householdsOf(bank)
    await cast.manager.on()
    await early(cast, shoot)
    await moving(cast, shoot, families)
    await cast.agent.off()
    await doubling(cast, shoot, beside!)
    await steering(cast, shoot)
    await overseeing(cast, shoot)
  })
})

test('head office', async () => {
  const bank = await Bank.open()
  const desk = new Phone(bank, 'head office')
  await walk(bank, [desk], () => strategies(desk, shoot))
})
