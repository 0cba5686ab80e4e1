/** The screens at the edges: households that nobody looks after, a clock that is years off, an ID number, a new version. */
import { checkDigit } from '../../../pwa/src/domain/idNumber'
import type { Bank } from './bank'
import type { Phone } from './phone'
import { until } from './places'
import type { Household } from './records'
import type { Shoot } from './tour'
import { editIncome } from './work'

const YEARS = 3 * 365 * 86_400_000
/** Of nobody; its last character fits. */
const NUMBER = `999999 19860309 642${checkDigit('99999919860309642')}`

export interface Edges {
  bank: Bank
  manager: Phone
  deputy: Phone
  head: Phone
}

/** A suggestion and a dispute about households whose grid nobody holds any more. */
export async function nobodys({ bank, manager, deputy, head }: Edges, shoot: Shoot, households: Household[]): Promise<void> {
  const [first, second] = households as [Household, Household]
  const [row] = await bank.helper.sql<[string]>('SELECT g.code FROM grid g JOIN customer c ON c.grid_id = g.id WHERE c.id = $1', first.id)
  const grid = row?.[0] ?? ''
  const until5 = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10)
  bank.tiange('grids', 'assign', grid, bank.login('deputy_head').login)
  bank.tiange('grids', 'cover', grid, bank.login('manager').login, '--to', until5)
  await deputy.synced()
  await manager.synced()
  await manager.page.context().setOffline(true)
  for (const one of [first, second]) await editIncome(manager, one, { field: 'income_wages_fen', wan: 5 })
  await editIncome(deputy, second, { field: 'income_wages_fen', wan: 8 })
  await deputy.synced()
  await manager.page.context().setOffline(false)
  await manager.synced()
  await manager.page.context().setOffline(true)
  await editIncome(manager, first, { field: 'income_trade_fen', wan: 3 })
  // the small county has one branch: no grid of it can come from another, which is how this happens
  await bank.helper.sql('UPDATE customer SET owner_id = NULL WHERE id = ANY($1::uuid[])', [first.id, second.id])
  bank.tiange('grids', 'release', grid, bank.login('manager').login, '--duty', 'stand_in')
  bank.tiange('grids', 'release', grid, bank.login('deputy_head').login, '--duty', 'responsible')
  await manager.page.context().setOffline(false)
  await manager.synced(90)
  await until('it is suggested', () => bank.helper.count("SELECT count(*) FROM customer_suggestion WHERE state = 'open'"))
  await head.go('/inbox')
  await head.page.getByRole('button', { name: head.t('inbox.suggestion', { name: first.name }) }).waitFor({ timeout: 90_000 })
  await shoot(head, '170 inbox, of households that nobody looks after')
  await head.go('/approvals')
  await head.buttonLike('decide.nobodysCount').waitFor()
  await shoot(head, '171 approvals, with households that nobody looks after')
  await head.go('/decisions')
  await head.button('decide.take').first().waitFor()
  await shoot(head, '172 decisions')
  await head.page.context().setOffline(true)
  await head.tap(head.button('decide.take').first())
  await head.button('ui.undo').first().waitFor()
  await shoot(head, '173 decisions, one taken')
  await head.page.context().setOffline(false)
}

/** The form at the doorstep, with an ID number; and the new version above it. */
export async function doorstep({ manager }: Edges, shoot: Shoot, households: Household[]): Promise<void> {
  const [first] = households as [Household]
  const { page } = manager
  await manager.stand(first.lon, first.lat)
  await page.context().setOffline(true)
  await manager.go('/customers/new')
  const number = page.getByLabel(manager.t('field.id_number'), { exact: true })
  await shoot(manager, '180 new customer, empty')
  await page.getByLabel(manager.t('field.headName'), { exact: true }).fill(first.name)
  await number.fill(NUMBER.replace(/.$/, '0'))
  await shoot(manager, '181 new customer, mistyped')
  await number.fill(NUMBER)
  await page.getByText(/1986/).first().waitFor()
  await shoot(manager, '182 new customer, by ID number')
  await page.context().setOffline(false)
}

/** A newer version is there; another window has opened it. */
export async function renewed({ bank, manager }: Edges, shoot: Shoot, app: string): Promise<void> {
  const tab = await manager.another()
  await tab.unlock()
  await bank.serve(app)
  await manager.page.evaluate(async () => void (await (await navigator.serviceWorker.getRegistration())?.update()))
  await tab.button('app.update').waitFor()
  await manager.button('app.update').waitFor()
  await shoot(manager, '185 a new version')
  await tab.tap(tab.button('app.update'))
  await manager.button('app.reload').waitFor()
  await shoot(manager, '186 another window opened it')
  await tab.page.close()
}

/** A clock that is years off: behind, ahead, and right again. */
export async function clocks({ manager }: Edges, shoot: Shoot): Promise<void> {
  for (const [ahead, name] of [[-YEARS, '190 the clock is behind'], [YEARS, '191 the clock is ahead'], [0, '192 the clock was ahead']] as const) {
    await manager.off()
    manager.ahead = ahead
    await manager.on()
    await manager.offline()
    await manager.unlock()
    await manager.page.waitForTimeout(2_000) // it may open on the form that was left
    await manager.go('/today')
    await manager.page.waitForTimeout(1_000)
    await shoot(manager, `${name}, today`)
    await manager.go('/sync')
    await shoot(manager, `${name}, sync`)
  }
  await manager.online()
}
