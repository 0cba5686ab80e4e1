/** The screens of what waits for a person's word, of those who look after phones, and of a phone away for too long. */
import type { Shoot } from './tour'
import type { Bank } from './bank'
import type { Phone } from './phone'
import { until } from './places'
import { dueHouseholds, type Household } from './records'
import { amount, editIncome, recordVoice, sign } from './work'

/** A passphrase that is long enough. */
const PHRASE = '村口老槐树下第三家'
/** Longer than phones may stay away, and less than a session lasts. */
const AWAY_HOURS = 80

export interface Rounds {
  bank: Bank
  manager: Phone
  deputy: Phone
  admin: Phone
}

/** The ways to open a phone: a passphrase, and fingerprint or face where the phone has it. */
export async function opening({ bank, deputy }: Rounds, shoot: Shoot): Promise<void> {
  const { page } = deputy
  await deputy.signIn(bank.login('deputy_head'))
  await deputy.tap(deputy.button('auth.enrol'))
  await deputy.text('auth.pinNew').waitFor()
  await deputy.tap(deputy.button('auth.usePhrase'))
  const said = async (label: string, text: string) => {
    await page.getByLabel(deputy.t(label)).fill(text)
    await deputy.tap(deputy.button('auth.next'))
  }
  await said('auth.phraseNew', '短')
  await page.getByText(deputy.t('auth.phraseShort')).waitFor()
  await shoot(deputy, '100 set a passphrase, too short')
  await said('auth.phraseNew', PHRASE)
  await said('auth.pinAgain', PHRASE)
  await page.getByRole('heading', { name: deputy.t('tabs.today') }).waitFor()
  await shoot(deputy, '101 first fetch or today')
  await deputy.synced()
  await deputy.go('/me/unlock')
  await deputy.text('me.prfNone').waitFor()
  await shoot(deputy, '102 fingerprint, this phone has none')
  const session = await page.context().newCDPSession(page)
  await session.send('WebAuthn.enable')
  const options = { protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', hasResidentKey: true, hasUserVerification: true, hasPrf: true, isUserVerified: true } as const
  await session.send('WebAuthn.addVirtualAuthenticator', { options })
  await deputy.go('/me')
  await shoot(deputy, '103 me, a head')
  await deputy.go('/me/unlock')
  await deputy.button('auth.prfSet').waitFor()
  await shoot(deputy, '104 fingerprint, offered')
  await deputy.tap(deputy.button('auth.prfSet'))
  await page.getByLabel(deputy.t('me.prfPin')).waitFor()
  await shoot(deputy, '105 fingerprint, the passphrase first')
  await session.detach()
  await deputy.go('/me/pin')
  await shoot(deputy, '106 change the passphrase')
  await deputy.go('/me')
  await deputy.tap(deputy.button('me.lock'))
  await page.getByLabel(deputy.t('auth.enterPhrase')).fill('不是这个')
  await deputy.tap(deputy.button('auth.unlock'))
  await deputy.text('auth.wrongPin', { n: 4 }).waitFor()
  await shoot(deputy, '107 unlock by passphrase, wrong')
  await page.getByLabel(deputy.t('auth.enterPhrase')).fill(PHRASE)
  await deputy.tap(deputy.button('auth.unlock'))
  await deputy.page.getByRole('heading', { name: deputy.t('tabs.me') }).waitFor()
}

/** A suggested edit and an amount that two people gave, up to what became of them. */
export async function deciding({ bank, manager, deputy }: Rounds, shoot: Shoot, households: Household[]): Promise<void> {
  const [first, second] = households as [Household, Household]
  const [row] = await bank.helper.sql<[string]>('SELECT g.code FROM grid g JOIN customer c ON c.grid_id = g.id WHERE c.id = $1', first.id)
  const grid = row?.[0] ?? ''
  await manager.page.context().setOffline(true)
  await editIncome(manager, first, { field: 'income_wages_fen', wan: 9 })
  bank.tiange('grids', 'assign', grid, bank.login('deputy_head').login)
  await deputy.synced()
  await manager.page.context().setOffline(false)
  await manager.synced()
  await deputy.go('/inbox')
  const entry = deputy.page.getByRole('button', { name: deputy.t('inbox.suggestion', { name: first.name }) })
  await entry.waitFor()
  await shoot(deputy, '110 inbox, an edit is suggested')
  await deputy.tap(entry)
  await deputy.button('decide.take').waitFor()
  await shoot(deputy, '111 customer, suggested edit')
  await deputy.page.context().setOffline(true)
  await deputy.tap(deputy.button('decide.take'))
  await deputy.button('ui.undo').waitFor()
  await shoot(deputy, '112 customer, suggestion taken')
  await deputy.go('/sync')
  await shoot(deputy, '113 sync, a decision waits')
  await deputy.page.context().setOffline(false)
  await until('the bank has the decision', () => bank.helper.count("SELECT count(*) FROM customer_suggestion WHERE state = 'accepted'"))
  await manager.go('/inbox')
  await manager.page.getByRole('button', { name: new RegExp(manager.t('inbox.suggestion_accepted', { name: '' })) }).waitFor()
  await shoot(manager, '114 inbox, a suggestion was taken')
  await manager.tap(manager.page.getByRole('button', { name: new RegExp(manager.t('inbox.suggestion_accepted', { name: '' })) }))
  await shoot(manager, '115 sync, a suggestion was taken')

  bank.tiange('grids', 'cover', grid, bank.login('manager').login, '--to', new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10))
  await manager.synced()
  await manager.go(`/customers/${second.id}`)
  await manager.page.getByRole('heading', { name: second.name, exact: true }).waitFor()
  await manager.page.context().setOffline(true)
  await editIncome(manager, second, { field: 'income_wages_fen', wan: 5 })
  await editIncome(deputy, second, { field: 'income_wages_fen', wan: 8 })
  await deputy.synced()
  await manager.page.context().setOffline(false)
  await manager.go('/sync')
  for (const phone of [manager, deputy]) {
    await phone.go(`/customers/${second.id}`)
    await phone.button('decide.another').waitFor()
  }
  await shoot(deputy, '116 customer, two amounts')
  await deputy.tap(deputy.button('decide.another'))
  await deputy.page.getByRole('dialog').waitFor()
  await shoot(deputy, '117 customer, another amount')
  await deputy.page.keyboard.press('Escape')
  await deputy.page.context().setOffline(true)
  await deputy.tap(deputy.page.getByRole('button', { name: /80,000/ }))
  await deputy.button('ui.undo').waitFor()
  await shoot(deputy, '118 customer, amount chosen')
  await manager.tap(manager.button('decide.another'))
  await amount(manager, manager.t('field.income_wages_fen'), 6.5)
  await manager.tap(manager.page.getByRole('dialog').getByRole('button', { name: manager.t('save.onPhone') }))
  await until('the manager has decided', () => bank.helper.count("SELECT count(*) FROM customer_dispute WHERE state = 'settled'"))
  await deputy.page.context().setOffline(false)
  await deputy.go('/sync')
  await deputy.text('sync.decidedBefore').waitFor()
  await shoot(deputy, '119 sync, decided by somebody else before')
  await deputy.tap(deputy.button('sync.discard'))
  await deputy.page.getByRole('dialog').waitFor()
  await shoot(deputy, '120 sync, give an entry up')
  await deputy.page.keyboard.press('Escape')
}

/** The pages of an administrator. */
export async function watching({ bank, admin }: Rounds, shoot: Shoot): Promise<void> {
  await admin.on()
  await admin.enrol(bank.login('admin'), { heading: 'watch.phones', path: '/phones' })
  const { page } = admin
  await page.getByRole('button', { pressed: true }).first().waitFor()
  await shoot(admin, '130 phones, administrator')
  await admin.tap(admin.button('watch.withdraw').first())
  await page.getByRole('dialog').waitFor()
  await shoot(admin, '131 phones, withdraw')
  await page.keyboard.press('Escape')
  await page.context().setOffline(true)
  await page.getByText(admin.t('watch.cut')).or(page.getByText(admin.t('watch.needsNetwork'))).first().waitFor()
  await shoot(admin, '132 phones, no network')
  await page.context().setOffline(false)
  await admin.tap(admin.tab('quarantine'))
  await admin.page.getByText(admin.t('command.dispute_settle')).first().waitFor()
  await shoot(admin, '133 entries not applied, administrator')
  await admin.tap(admin.button('watch.look'))
  await admin.button('watch.purposeFirst').waitFor()
  await shoot(admin, '134 entry, for what purpose')
  await page.getByRole('dialog').getByLabel(admin.t('watch.purpose')).fill('核对录入的金额')
  await admin.tap(page.getByRole('dialog').getByRole('button', { name: admin.t('watch.look') }))
  await page.getByRole('dialog').getByText('80,000').first().waitFor()
  await shoot(admin, '135 entry, what was typed')
  await page.keyboard.press('Escape')
  await admin.tap(admin.tab('inbox'))
  await shoot(admin, '136 inbox, administrator')
  await admin.tap(admin.tab('me'))
  await shoot(admin, '137 me, administrator')
  await admin.off()
}

/** Files with a visit, on the way and in the history; then away for too long, and the visit made meanwhile placed. */
export async function away({ bank, manager }: Rounds, shoot: Shoot, households: Household[]): Promise<void> {
  const [, second, third] = households as [Household, Household, Household]
  const { page } = manager
  await manager.go('/visits/new?customer=' + third.id)
  await manager.stand(third.lon, third.lat)
  await manager.tap(manager.chip('visits.met', 'outcome.met'))
  await page.locator('input[type=file]').setInputFiles({ name: 'photo.jpg', mimeType: 'image/jpeg', buffer: await manager.photograph('seagreen', true) })
  await manager.tap(page.getByRole('dialog').getByRole('button', { name: manager.t('photo.home'), exact: true }))
  await recordVoice(manager, 2)
  await sign(manager)
  await page.getByText(/米|公里/).first().waitFor()
  await page.context().setOffline(true)
  await manager.tap(manager.button('save.onPhone'))
  await page.getByRole('heading', { name: manager.t('tabs.today') }).waitFor()
  await manager.go('/sync')
  await shoot(manager, '140 sync, files wait one by one')
  await manager.go(`/customers/${third.id}`)
  await page.getByRole('heading', { name: manager.t('customers.history') }).waitFor()
  await page.getByRole('heading', { name: manager.t('customers.history') }).scrollIntoViewIfNeeded()
  await shoot(manager, '141 customer, files of a visit')
  await page.context().setOffline(false)
  await manager.synced(120)

  // the app takes the clock once, as it starts
  await page.context().addInitScript(() => {
    const now = Date.now.bind(Date)
    Date.now = () => now() + ((globalThis as { away?: number }).away ?? 0)
  })
  await page.reload()
  await manager.unlock()
  await manager.synced()
  await page.context().setOffline(true)
  bank.moveClock(AWAY_HOURS * 3_600)
  await page.evaluate((ms) => Object.assign(globalThis, { away: ms }), AWAY_HOURS * 3_600_000)
  await manager.unlock()
  await manager.text('app.readLocked').waitFor()
  await manager.go('/today')
  await manager.text('app.putAway').waitFor()
  await shoot(manager, '150 today, away for too long')
  await manager.go('/customers')
  await manager.text('app.putAway').waitFor()
  await shoot(manager, '151 customers, away for too long')
  await manager.go(`/customers/${second.id}`)
  await manager.text('app.putAway').waitFor()
  await shoot(manager, '152 customer, away for too long')
  await manager.go('/sync')
  await shoot(manager, '153 sync, away for too long')
  await manager.go('/inbox')
  await manager.text('app.putAway').waitFor()
  await shoot(manager, '154 inbox, away for too long')
  await manager.go('/me')
  await shoot(manager, '155 me, away for too long')
  await manager.go('/visits/new')
  await page.getByLabel(manager.t('visits.typedName')).waitFor()
  await shoot(manager, '156 visit, household by hand')
  await page.getByLabel(manager.t('visits.typedName')).fill(`${second.name.slice(0, 1)}家老二`)
  await page.getByLabel(manager.t('visits.typedPlace')).fill('三组桥头第二家')
  await manager.tap(manager.chip('visits.met', 'outcome.met'))
  await page.getByLabel(manager.t('visits.note'), { exact: true }).fill('想换收割机')
  await shoot(manager, '157 visit, household by hand, filled')
  await manager.tap(manager.button('save.onPhone'))
  await page.waitForURL('**/today')
  await shoot(manager, '158 today, saved while away for too long')
  await manager.go('/sync')
  await shoot(manager, '159 sync, saved while away for too long')
  await page.context().setOffline(false)
  await until('the bank has the visit', () => bank.helper.count('SELECT count(*) FROM unplaced_visit'), 120)
  await manager.text('app.readLocked').waitFor({ state: 'hidden' })
  await manager.go('/today')
  await manager.button('visits.unplacedPick').waitFor({ timeout: 90_000 })
  await shoot(manager, '160 today, a visit has no household')
  await manager.tap(manager.button('visits.unplacedPick'))
  await page.getByText('三组桥头第二家').waitFor()
  await shoot(manager, '161 which household was it')
  await page.context().setOffline(true)
  await manager.tap(page.getByRole('button', { name: new RegExp(`^(${manager.t('visits.unplacedOther')}|${manager.t('visits.chooseHousehold')})$`) }))
  await page.getByRole('dialog').getByRole('searchbox').fill(second.initials)
  await manager.tap(page.getByRole('dialog').getByRole('button', { name: second.name }).first())
  await manager.text('visits.unplacedNone').waitFor()
  await shoot(manager, '162 all have their household')
  await manager.go('/sync')
  await shoot(manager, '163 sync, a placed visit waits')
  await page.context().setOffline(false)
}

/** Households of one grid of the manager's. */
export async function ofOneGrid(bank: Bank): Promise<Household[]> {
  const due = await dueHouseholds(bank, bank.login('manager').login)
  const found = due.map((one) => one.grid).find((name, _, all) => all.filter((other) => other === name).length >= 3)
  return due.filter((one) => one.grid === found)
}
