/** The offline engine: opens the databases, wires its parts, and offers them as one interface. */
import type { RowKinds } from '../domain/rows'
import { EngineError } from '../domain/errors'
import { byNextDue } from '../domain/team'
import { sha256Hex } from '../store/bytes'
import { putMeta, withStore } from '../store/database'
import { Device, DEVICE_DATABASE } from '../store/device'
import { PIN_COST } from '../store/kdf'
import { browserPlace } from '../store/ledger'
import { missingFeatures } from '../store/support'
import { Account } from './account'
import { browserAuthenticator } from './authenticator'
import { dropPrf } from './biometrics'
import { Core, type EngineOptions, type Foreign } from './core'
import { exportOutbox } from './exported'
import { sealForm } from './forms'
import { Glances } from './glance'
import { Live } from './live'
import { AutoLock } from './lock'
import { browserLocks } from './locks'
import { Looks } from './looks'
import { networkKind, writeFilesOver } from './network'
import { People } from './people'
import { Photos } from './photos'
import { refreshRows } from './pull'
import { checkStore } from './repair'
import { Reader } from './reads'
import { Syncer, UNDO_MS } from './syncer'
import type { Drafts, Engine } from './types'
import { WebPush } from './webpush'
import { Writer } from './writes'

export type { EngineOptions } from './core'

const byDue = (a: RowKinds['task'], b: RowKinds['task']): number =>
  a.due_on < b.due_on ? -1 : a.due_on > b.due_on ? 1 : a.id < b.id ? -1 : 1
const newestFirst = (a: RowKinds['inbox' | 'unplaced'], b: RowKinds['inbox' | 'unplaced']): number => b.at - a.at || (a.id < b.id ? 1 : -1)
const bySubmission = (a: RowKinds['approval'], b: RowKinds['approval']): number => a.submitted_at - b.submitted_at || (a.id < b.id ? -1 : 1)
const byCode = (a: RowKinds['grid'], b: RowKinds['grid']): number => (a.code < b.code ? -1 : a.code > b.code ? 1 : 0)
const byOrder = (a: RowKinds['product'], b: RowKinds['product']): number => a.order - b.order || (a.id < b.id ? -1 : 1)

const newestHeld = (a: RowKinds['evaluation'], b: RowKinds['evaluation']): number => (a.held_on < b.held_on ? 1 : a.held_on > b.held_on ? -1 : a.id < b.id ? 1 : -1)

function withDefaults(given: Partial<EngineOptions>): EngineOptions {
  return {
    http: given.http ?? { fetch: fetch.bind(globalThis), baseUrl: '' },
    appVersion: given.appVersion ?? '0',
    platform: given.platform ?? (typeof navigator === 'undefined' ? 'unknown' : navigator.userAgent.slice(0, 200)),
    now: given.now ?? Date.now,
    cost: given.cost ?? PIN_COST,
    locks: given.locks ?? browserLocks(),
    authenticator: given.authenticator ?? browserAuthenticator(),
    lockAfterMinutes: given.lockAfterMinutes ?? 5,
    deviceDatabase: given.deviceDatabase ?? DEVICE_DATABASE,
    ledger: given.ledger === undefined ? browserPlace() : given.ledger,
    network: given.network ?? networkKind,
    live: given.live ?? true,
  }
}

/**
 * Opens the engine. Throws EngineError `unsupported_browser` where data can't be kept safely, `storage_failed` where the
 * browser's storage does not open.
 */
export async function openEngine(given: Partial<EngineOptions> = {}): Promise<Engine> {
  const missing = missingFeatures()
  if (missing.length) throw new EngineError('unsupported_browser', `missing: ${missing.join(', ')}`)
  const options = withDefaults(given)
  const core = new Core(options, await Device.open(options.deviceDatabase))
  await core.openCurrent()
  return new TiangeEngine(core)
}

class TiangeEngine implements Engine {
  private readonly account: Account
  private readonly reader: Reader
  private readonly people: People
  private readonly writer: Writer
  private readonly syncer: Syncer
  private readonly live: Live
  private readonly autoLock: AutoLock
  private readonly looks: Looks
  private readonly photos: Photos
  private readonly webPush: WebPush
  private readonly glances: Glances
  private persistAsked = false

  constructor(private readonly core: Core) {
    this.account = new Account(core)
    this.looks = new Looks(core)
    this.reader = new Reader(core, this.looks)
    this.people = new People(core, this.reader)
    this.writer = new Writer(core)
    this.syncer = new Syncer(core, this.account, this.writer)
    this.live = new Live(core, this.syncer)
    this.autoLock = new AutoLock(core, () => this.lock())
    this.photos = new Photos(core, this.looks)
    this.webPush = new WebPush(core)
    this.glances = new Glances(core, this)
    core.wake = () => this.syncer.soon()
    // Whatever locks it (a withdrawal too): decrypted photos go with the keys, and what the bank showed.
    core.subscribe((what) => what === 'status' && core.unlocked === null && (this.photos.forget(), this.people.forget(), this.looks.forget()))
    core.onForeignWrite((what) => void this.foreignWrite(what).catch(() => undefined))
    if (core.options.live) {
      this.live.start()
      this.autoLock.start()
      this.glances.start()
      this.syncer.soon()
      void this.greet().catch(() => undefined)
    }
  }

  /** At each start: who is it, and where do its notifications go. */
  private async greet(): Promise<void> {
    await this.account.refreshCurrent()
    await this.webPush.renew()
  }

  private async foreignWrite(what: Foreign): Promise<void> {
    const { core } = this
    if (!core.db) return
    if (what === 'contact') await core.loadContact()
    // It may have renewed the installation: what is saved in the former stream would come before what waited there.
    core.identity = (core.current && (await core.device.identity(core.current.staffId))) ?? core.identity
    this.writer.forgetPlace()
    if (what === 'rows' && core.unlocked) await refreshRows(core, core.unlocked)
    await core.outbox.refresh(core.db, () => core.unlocked?.vault ?? null)
    core.emit('outbox')
    core.emit('rows')
    core.emit('status')
  }

  status = () => this.core.status()
  subscribe: Engine['subscribe'] = (listener) => this.core.subscribe(listener)

  async login(login: string, password: string): Promise<void> {
    await this.account.login(login, password)
    this.syncer.soon()
    void this.webPush.renew().catch(() => undefined)
  }

  async enrol(label: string): Promise<void> {
    await this.account.enrol(label)
  }

  async setPin(pin: string): Promise<void> {
    await this.account.setPin(pin)
    await this.opened()
  }

  changePin: Engine['changePin'] = async (old, pin) => {
    const result = await this.account.changePin(old, pin)
    if (result === 'ok') this.syncer.soon()
    return result
  }

  async unlock(pin: string): ReturnType<Engine['unlock']> {
    const result = await this.account.unlock(pin)
    if (result === 'ok') await this.opened()
    return result
  }

  biometrics: Engine['biometrics'] = {
    available: () => this.core.options.authenticator.available(),
    setUp: async (secret) => {
      const fresh = this.core.unlocked === null
      const result = await this.account.setUpPrf(secret)
      if (result === 'ok' && fresh) await this.opened()
      // The bank hears at once how this phone opens now: it may insist.
      else if (result === 'ok') this.syncer.soon()
      return result
    },
    unlock: async (signal) => {
      const result = await this.account.unlockByPrf(signal)
      if (result === 'ok') await this.opened()
      return result
    },
    remove: async () => {
      await dropPrf(this.core)
      this.syncer.soon()
    },
  }

  private async opened(): Promise<void> {
    // Locked again before the rows were there.
    if (!this.core.unlocked) return
    await this.writer.restream()
    this.askPersistence()
    this.syncer.soon()
  }

  private askPersistence(): void {
    if (this.persistAsked || typeof navigator === 'undefined') return
    this.persistAsked = true
    void navigator.storage?.persist?.().catch(() => false)
  }

  lock = (): void => {
    this.photos.forget()
    void this.glances.keep()
    this.account.lock()
  }

  forgotPin: Engine['forgotPin'] = (password) => this.account.forgotPin(password)

  async logout(everywhere?: boolean): Promise<void> {
    this.photos.forget()
    await this.account.logout(everywhere)
  }

  glance: Engine['glance'] = () => (this.core.readLocked() ? null : (this.core.glance?.shown ?? null))
  whole: Engine['whole'] = async () => {
    await this.core.opening
  }
  customers: Engine['customers'] = () => this.reader.customers()
  search: Engine['search'] = (text, limit) => this.reader.search(text, limit)
  customer: Engine['customer'] = async (id) => {
    await this.core.opening
    return this.reader.customer(id)
  }
  look: Engine['look'] = (id, purpose) => this.looks.ask(id, purpose)
  forgetLook: Engine['forgetLook'] = (id) => this.photos.forget(this.looks.forget(id))
  lastVisit: Engine['lastVisit'] = async (id) => {
    await this.core.opening
    return this.reader.lastVisit(id)
  }
  knownPeople: Engine['knownPeople'] = async (pause) => {
    await this.core.opening
    return this.people.known(pause)
  }
  tasks: Engine['tasks'] = () => this.reader.all('task', byDue)
  inbox: Engine['inbox'] = () => this.reader.all('inbox', newestFirst)
  approvals: Engine['approvals'] = () => this.reader.all('approval', bySubmission)
  team: Engine['team'] = () => ({
    people: this.reader.all('workload'),
    grids: this.reader.all('coverage'),
    due: this.reader.all('due'),
    highEnd: this.reader.all('highend', byNextDue),
  })
  opportunities: Engine['opportunities'] = () => this.reader.all('opportunity')
  unplaced: Engine['unplaced'] = () => this.reader.all('unplaced', newestFirst)
  nobodys: Engine['nobodys'] = () => ({
    suggestions: this.reader.all('suggestion').filter((one) => one.customer_name !== undefined).sort((a, b) => a.at - b.at),
    disputes: this.reader.all('dispute').filter((one) => one.customer_name !== undefined).sort((a, b) => a.opened_at - b.opened_at),
  })
  evaluations: Engine['evaluations'] = () => this.reader.all('evaluation', newestHeld)
  sealForm: Engine['sealForm'] = (session, reviewer, customer, answers) => sealForm(this.core, session, reviewer, customer, answers)
  grids: Engine['grids'] = () => this.reader.all('grid', byCode)
  colleagues: Engine['colleagues'] = () => this.reader.all('staffer')
  staff: Engine['staff'] = (id) => this.reader.one('staffer', id)
  products: Engine['products'] = () => this.reader.all('product', byOrder)
  terms: Engine['terms'] = () => this.reader.all('term')
  rules: Engine['rules'] = () => this.reader.one('rules', 'in_force')
  policy: Engine['policy'] = (key) => this.core.policy(key)
  now: Engine['now'] = () => this.core.now()
  today: Engine['today'] = () => this.core.today()

  save: Engine['save'] = async (commands, files, options) => this.sendSoon(await this.writer.save(commands, files, options))
  resend: Engine['resend'] = async (id) => this.sendSoon(await this.writer.resend(id))
  discard: Engine['discard'] = async (id, reason) => this.sendSoon(await this.writer.discard(id, reason))

  private sendSoon<T>(saved: T): T {
    setTimeout(() => (this.core.online ? this.syncer.soon(UNDO_MS) : this.syncer.askBackgroundSync()))
    return saved
  }

  undo: Engine['undo'] = (ids) => this.writer.undo(ids)
  acknowledge: Engine['acknowledge'] = (ids) => this.writer.acknowledge(ids)
  outbox: Engine['outbox'] = () => this.core.outbox.list((entry) => this.reader.customerOf(entry))

  drafts: Drafts = {
    get: (key) => this.core.drafts?.get(key),
    put: (key, value) => this.core.watchStore(() => this.core.open.drafts.put(key, value)),
    remove: (key) => this.core.watchStore(() => this.core.open.drafts.remove(key)),
    list: () => this.core.drafts?.list() ?? [],
  }

  /** Asked for by a person: what was saved a second ago goes too. */
  sync: Engine['sync'] = () => this.syncer.run(0)
  sendFilesNow: Engine['sendFilesNow'] = () => this.syncer.sendFilesNow()
  setFilesOver: Engine['setFilesOver'] = async (over) => {
    const { core } = this
    await core.watchStore(() => writeFilesOver(core.store, over))
    core.filesOver = over
    core.emit('status')
    this.syncer.soon()
  }

  hashFile: Engine['hashFile'] = (bytes) => sha256Hex(bytes)
  fileUrl: Engine['fileUrl'] = (hash, size) => this.photos.url(hash, size)

  push: Engine['push'] = {
    state: () => this.webPush.state(),
    enable: () => this.webPush.enable(),
    disable: () => this.webPush.disable(),
  }

  async usage(): ReturnType<Engine['usage']> {
    const storage = typeof navigator === 'undefined' ? undefined : navigator.storage
    const estimate = (await storage?.estimate?.()) ?? {}
    const persistent = (await storage?.persisted?.()) ?? false
    return { bytes: estimate.usage ?? 0, quota: estimate.quota ?? 0, offlineUntil: this.core.offlineUntil(), persistent }
  }

  exportOutbox: Engine['exportOutbox'] = () => exportOutbox(this.core)

  checkStore: Engine['checkStore'] = () => checkStore(this.core)

  lossSeen: Engine['lossSeen'] = async () => {
    const { core } = this
    if (!core.lost) return
    core.lost = { ...core.lost, seen: true }
    if (core.db) await core.watchStore(() => withStore(core.store, () => putMeta(core.store, 'lost', core.lost)))
    core.emit('status')
  }

  async close(): Promise<void> {
    this.syncer.close()
    this.live.close()
    this.autoLock.close()
    this.glances.close()
    this.photos.forget()
    this.core.close()
  }
}
