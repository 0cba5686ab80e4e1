/** Signing in, enrolling the phone, PIN, unlocking, and the escrowed key. */
import { ApiProblem, NetworkError } from '../api/http'
import { enrolDevice, signIn, signOut, whoAmI, type SignedIn } from '../api/identity'
import { EngineError } from '../domain/errors'
import { base64url, fromBase64url, randomBytes, type Bytes } from '../store/bytes'
import { GLANCE } from '../store/chunks'
import { getMeta, putMeta, withStore } from '../store/database'
import { ephemeralPair, openSeal } from '../store/seal'
import { noteStreams } from '../store/outbox'
import { checkPin, DATA_KEY_BYTES, unwrapKey, wrapKey, type WrappedKey } from '../store/vault'
import { NOTED } from './about'
import { askPrf, keepPrf, unlockWays } from './biometrics'
import { elapsed, noteClock } from './contact'
import { PIN_TRIES, type Core } from './core'
import { enrolmentOf, sendEscrow, type Enrolment } from './escrow'
import { openVault, prepare } from './opening'
import { rememberEssentials } from './repair'
import type { UnlockResult } from './types'

/** Answers to an enrolment that only another installation id helps against. */
const LOST_INSTALLATION = new Set(['device_revoked', 'installation_taken'])
const UNNAMED = 'phone'

export class Account {
  private unlocking: Promise<UnlockResult> | null = null

  constructor(private readonly core: Core) {}

  async login(login: string, password: string): Promise<void> {
    const { core } = this
    const answer = await core.ask(() => signIn(core.options.http, login, password))
    if (core.current?.staffId !== answer.staff.id) core.unlocked = core.glance = null
    await this.keepCurrent(answer)
    await core.openCurrent()
    core.needsLogin = false
    core.syncError = null
    // A password is more than a PIN: whoever knows it may try the PIN again.
    await this.noteTries(0)
    if (core.enrolled && !core.revoked) await this.enrolAgain()
    core.emit('status')
  }

  private async keepCurrent(answer: SignedIn): Promise<void> {
    await this.core.device.setCurrent({
      staff: answer.staff,
      staffId: answer.staff.id,
      offlineHours: answer.offline_hours,
      testMode: answer.test_mode,
      demoMode: answer.demo_mode,
      prfOnly: answer.unlock_requires_prf === true,
      signedIn: true,
      pendingLogout: null,
    })
  }

  /** Takes over what the bank says of the person now (role, unit, limits). Quiet if there is no answer. */
  async refreshCurrent(): Promise<void> {
    const { core } = this
    if (!core.current?.signedIn) return
    const answer = await whoAmI(core.options.http)
    if (answer.staff.id !== core.current.staffId) {
      core.needsLogin = true
      return
    }
    await this.keepCurrent(answer)
    core.current = await core.device.current()
    core.emit('status')
  }

  async enrol(label: string): Promise<void> {
    const { core } = this
    const { db, current } = core
    if (!db || !current) throw new EngineError('signed_out')
    try {
      await core.ask(() => this.register(label))
    } catch (error) {
      if (!(error instanceof ApiProblem) || !LOST_INSTALLATION.has(error.code)) throw error
      // The bank withdrew this installation, or it was copied; after a login a new one takes its place, outbox and all.
      core.identity = await core.device.renewIdentity(current.staffId, (...streams) => noteStreams(db, streams))
      await core.ask(() => this.register(label))
    }
    await withStore(db, () => putMeta(db, 'revoked', false))
    core.revoked = false
    core.enrolled = true
    core.emit('status')
  }

  /** A new installation in place of one whose stream can't go on. */
  async renewInstallation(): Promise<void> {
    const { core } = this
    if (!core.current) throw new EngineError('signed_out')
    const enrolment = await getMeta<Enrolment>(core.store, 'enrolment')
    core.identity = await core.device.renewIdentity(core.current.staffId, (...streams) => noteStreams(core.store, streams))
    await this.register(enrolment?.label || UNNAMED)
  }

  private async enrolAgain(): Promise<void> {
    const { core } = this
    const enrolment = await getMeta<Enrolment>(core.store, 'enrolment')
    try {
      await this.register(enrolment?.label || UNNAMED)
    } catch (error) {
      if (error instanceof ApiProblem && error.code === 'device_revoked') await this.wipe(false)
      else if (error instanceof ApiProblem && error.code === 'installation_taken') await this.renewInstallation()
      else if (!(error instanceof NetworkError)) throw error
    }
  }

  private async register(label: string): Promise<void> {
    const { core } = this
    if (!core.identity) throw new EngineError('signed_out')
    const { publicKey } = core.identity.keys
    const jwk = await crypto.subtle.exportKey('jwk', publicKey)
    const answer = await enrolDevice(core.options.http, {
      installation_id: core.identity.installationId,
      public_key: { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y } as JsonWebKey,
      label,
      platform: core.options.platform,
      app_version: core.options.appVersion,
    })
    const enrolment: Enrolment = { ...answer, label }
    await withStore(core.store, () => putMeta(core.store, 'enrolment', enrolment))
  }

  /** Wraps the data key by a PIN: a new key at first use, the released one after a forgotten PIN. */
  async setPin(pin: string): Promise<void> {
    const { core } = this
    checkPin(pin)
    await enrolmentOf(core)
    if (core.prfOnly) throw new EngineError('prf_required')
    if (core.hasPin && !core.releasedKey) throw new EngineError('locked', 'a PIN is set: changePin or forgotPin')
    const raw = core.releasedKey ?? randomBytes(DATA_KEY_BYTES)
    await this.keepPin(raw, pin)
    core.hasPin = true
    core.releasedKey = null
    await openVault(core, raw)
    await sendEscrow(core).catch(() => undefined)
  }

  private async keepPin(raw: Bytes, pin: string): Promise<void> {
    const { core } = this
    const wrapped = await wrapKey(raw, pin, core.options.cost)
    await core.watchStore(() =>
      withStore(core.store, () =>
        core.store.transaction('rw', core.store.meta, async () => {
          await putMeta(core.store, 'pin', wrapped)
          await putMeta(core.store, 'tries', 0)
        }),
      ),
    )
    core.wrongPins = 0
    core.ways = await unlockWays(core)
    await rememberEssentials(core)
  }

  unlock(pin: string): Promise<UnlockResult> {
    this.unlocking ??= this.unlockNow(pin).finally(() => (this.unlocking = null))
    return this.unlocking
  }

  private async unlockNow(pin: string): Promise<UnlockResult> {
    const { core } = this
    // Read while the PIN is stretched: what it opens is there when it is known to be right.
    const prepared = prepare(core)
    prepared.catch(() => undefined)
    const raw = await this.tryPin(pin)
    if (!(raw instanceof Uint8Array)) return raw
    await openVault(core, raw, prepared)
    return 'ok'
  }

  /** The raw data key if the PIN is right. The try is on record before it is made, so that killing the app gains none. */
  private async tryPin(pin: string): Promise<Bytes | Exclude<UnlockResult, 'ok'>> {
    const { core } = this
    const wrapped = await withStore(core.store, () => getMeta<WrappedKey>(core.store, 'pin'))
    if (!wrapped) throw new EngineError('not_enrolled', 'no PIN is set')
    if (core.wrongPins >= PIN_TRIES) return 'locked_out'
    await this.noteTries(core.wrongPins + 1)
    const raw = await unwrapKey(wrapped, pin)
    if (raw) {
      await this.noteTries(0)
      return raw
    }
    core.emit('status')
    return core.wrongPins >= PIN_TRIES ? 'locked_out' : { wrong: PIN_TRIES - core.wrongPins }
  }

  /** See Engine.biometrics. */
  async setUpPrf(secret: string | null): Promise<UnlockResult> {
    const { core } = this
    await enrolmentOf(core)
    if (core.hasPin && !core.releasedKey) {
      const raw = secret === null ? await askPrf(core) : await this.tryPin(secret)
      if (!(raw instanceof Uint8Array)) return raw
      await keepPrf(core, raw).finally(() => raw.fill(0))
      return 'ok'
    }
    const raw = core.releasedKey ?? randomBytes(DATA_KEY_BYTES)
    await keepPrf(core, raw)
    core.releasedKey = null
    await this.noteTries(0)
    await openVault(core, raw)
    await sendEscrow(core).catch(() => undefined)
    return 'ok'
  }

  unlockByPrf(signal?: AbortSignal): Promise<UnlockResult> {
    this.unlocking ??= this.unlockByPrfNow(signal).finally(() => (this.unlocking = null))
    return this.unlocking
  }

  private async unlockByPrfNow(signal?: AbortSignal): Promise<UnlockResult> {
    const { core } = this
    if (core.wrongPins >= PIN_TRIES) return 'locked_out'
    const raw = await askPrf(core, signal)
    await this.noteTries(0)
    await openVault(core, raw)
    return 'ok'
  }

  private async noteTries(wrong: number): Promise<void> {
    const { core } = this
    await withStore(core.store, () => putMeta(core.store, 'tries', wrong))
    core.wrongPins = wrong
  }

  async changePin(old: string, pin: string): Promise<UnlockResult> {
    checkPin(pin)
    const raw = await this.tryPin(old)
    if (!(raw instanceof Uint8Array)) return raw
    await this.keepPin(raw, pin)
    raw.fill(0)
    this.core.emit('status')
    return 'ok'
  }

  lock(): void {
    const { core } = this
    if (!core.unlocked && !core.glance) return
    core.unlocked = null
    core.glance = null
    core.outbox.forgetContents()
    void noteClock(core.store, elapsed(core.contact, core.options.now(), 0)).catch(() => undefined)
    core.emit('status')
    core.emit('rows')
    core.emit('outbox')
  }

  async forgotPin(password: string): Promise<void> {
    const { core } = this
    await enrolmentOf(core)
    const context = `escrow:${core.identity?.installationId ?? ''}`
    const { privateKey, publicKey } = await ephemeralPair()
    const answer = await core.ask(() =>
      core.transport.json<{ sealed: string }>('POST', '/api/v1/devices/escrow/release', {
        password,
        public_key: base64url(publicKey),
      }),
    )
    const raw = await openSeal(privateKey, context, fromBase64url(answer.sealed)).catch((cause: unknown) => {
      throw new EngineError('no_escrow', 'the released key does not open', { cause })
    })
    if (raw.length !== DATA_KEY_BYTES) throw new EngineError('no_escrow', 'the released key has another length')
    this.lock()
    core.releasedKey = raw
    await this.noteTries(0)
    core.emit('status')
  }

  async logout(everywhere = false): Promise<void> {
    const { core } = this
    this.lock()
    core.releasedKey = null
    const current = core.current
    if (!current) return
    let pendingLogout: 'here' | 'everywhere' | null = everywhere ? 'everywhere' : 'here'
    try {
      await signOut(core.options.http, everywhere)
      pendingLogout = null
    } catch (error) {
      // Signed out on this phone at once; the bank is told as soon as there is a network.
      if (error instanceof ApiProblem && error.status === 401) pendingLogout = null
    }
    await core.device.setCurrent({ ...current, signedIn: false, pendingLogout })
    core.current = await core.device.current()
    core.emit('status')
  }

  /** Tells the bank of a sign-out that it missed. */
  async sendPendingLogout(): Promise<void> {
    const { core } = this
    const current = core.current
    if (!current?.pendingLogout) return
    try {
      await signOut(core.options.http, current.pendingLogout === 'everywhere')
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.status !== 401) return
    }
    await core.device.setCurrent({ ...current, pendingLogout: null })
    core.current = await core.device.current()
  }

  /**
   * The bank withdrew this phone: rows and drafts go at once. The outbox, which only the bank can read without the data
   * key, stays until the bank says that it has all of it; then, with `everything`, it goes too, and the wrapped keys with it.
   */
  async wipe(everything: boolean): Promise<void> {
    const { core } = this
    const db = core.store
    this.lock()
    await withStore(db, () =>
      db.transaction('rw', [db.chunks, db.drafts, db.meta, db.outbox, db.blobs], async () => {
        await db.chunks.clear()
        await db.drafts.clear()
        if (everything) {
          await db.outbox.clear()
          await db.blobs.clear()
          await db.meta.bulkDelete(['pin', 'prf', 'tries', 'escrow', 'waysSaid'])
        }
        await db.meta.filter(({ key }) => key.startsWith('p:') || key.startsWith('ranges:') || key === 'enrolment' || key === GLANCE || key === NOTED).delete()
        await putMeta(db, 'revoked', true)
      }),
    )
    core.revoked = true
    core.enrolled = false
    core.releasedKey = null
    if (everything) {
      core.hasPin = false
      core.ways = []
      core.essentials.clear()
      await core.refreshOutbox()
    }
    core.emit('status')
    core.emit('rows')
  }
}
