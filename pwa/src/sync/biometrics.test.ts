import 'fake-indexeddb/auto'
import { expect, test, vi } from 'vitest'
import { EngineError } from '../domain/errors'
import { uuid7 } from '../domain/ids'
import { hex, randomBytes, sha256, type Bytes } from '../store/bytes'
import { hasName, type Authenticator } from './authenticator'
import { FakeBank } from './testing/bank'
import { GRID_KEY, household, openPhone, PIN, readyPhone, reopen, visitOf } from './testing/phone'

vi.setConfig({ testTimeout: 60_000 })
const xie = household('谢金枝', '13812342260')

/** The phone's hardware: a secret of its own for each credential and input. */
class Hardware implements Authenticator {
  secrets = new Map<string, Bytes>()
  there = true
  says: 'ok' | 'cancelled' | 'waits' = 'ok'
  available = () => Promise.resolve(this.there)
  async create(_name: string, input: Bytes) {
    if (!this.there) throw new EngineError('prf_unsupported')
    const credential = randomBytes(16)
    this.secrets.set(hex(credential), randomBytes(32))
    return { credential, secret: await this.ask(credential, input) }
  }
  async ask(credential: Bytes, input: Bytes, signal?: AbortSignal) {
    if (this.says === 'waits' && !signal?.aborted) await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()))
    const own = this.secrets.get(hex(credential))
    if (!own || this.says !== 'ok') throw new EngineError('prf_cancelled')
    return sha256(new Uint8Array([...own, ...input]))
  }
}

async function smallBank(): Promise<FakeBank> {
  const bank = await FakeBank.open()
  bank.change(GRID_KEY, [xie])
  return bank
}

test('set up with the PIN, it opens the phone after a restart; the PIN still does; the bank hears of the ways', async () => {
  const bank = await smallBank()
  const hardware = new Hardware()
  let phone = await readyPhone(bank, uuid7(), hardware)
  expect(await phone.engine.biometrics.setUp('000000')).toEqual({ wrong: 4 })
  expect(phone.engine.status().unlockBy).toEqual({ secret: 'pin', prf: false, prfOnly: false })
  expect(await phone.engine.biometrics.setUp(PIN)).toBe('ok')
  await phone.engine.save([visitOf(xie.id)])
  await phone.engine.sync()
  expect([...bank.ways.values()]).toEqual([['pin', 'prf']])
  phone = await reopen(bank, phone)
  expect(await phone.engine.biometrics.unlock()).toBe('ok')
  expect(phone.engine.customers().map((one) => one.name)).toEqual(['谢金枝'])
  phone = await reopen(bank, phone)
  expect(await phone.engine.unlock(PIN)).toBe('ok')
  await phone.engine.close()
})

test('cancelled, gone or another one: said so, nothing counted, and the PIN or the password goes on', async () => {
  const bank = await smallBank()
  const hardware = new Hardware()
  const phone = await readyPhone(bank, uuid7(), hardware)
  await phone.engine.biometrics.setUp(PIN)
  phone.engine.lock()
  hardware.says = 'cancelled'
  await expect(phone.engine.biometrics.unlock()).rejects.toMatchObject({ code: 'prf_cancelled' })
  hardware.says = 'ok'
  for (const key of hardware.secrets.keys()) hardware.secrets.set(key, randomBytes(32))
  await expect(phone.engine.biometrics.unlock()).rejects.toMatchObject({ code: 'prf_changed' })
  expect(phone.engine.status()).toMatchObject({ phase: 'locked', pinTriesLeft: 5 })
  await phone.engine.forgotPin('right')
  await phone.engine.setPin('864209')
  // set up anew, then taken away
  expect(await phone.engine.biometrics.setUp('864209')).toBe('ok')
  phone.engine.lock()
  expect(await phone.engine.biometrics.unlock()).toBe('ok')
  await phone.engine.biometrics.remove()
  phone.engine.lock()
  await expect(phone.engine.biometrics.unlock()).rejects.toMatchObject({ code: 'not_found' })
  expect(await phone.engine.unlock('864209')).toBe('ok')
  await phone.engine.close()
})

test('five wrong PINs close the fingerprint too, until an online login', async () => {
  const bank = await smallBank()
  const phone = await readyPhone(bank, uuid7(), new Hardware())
  await phone.engine.biometrics.setUp(PIN)
  phone.engine.lock()
  for (const pin of ['000001', '000002', '000003', '000004', '000005']) await phone.engine.unlock(pin)
  expect(await phone.engine.biometrics.unlock()).toBe('locked_out')
  await phone.engine.login('wang', 'right')
  expect(await phone.engine.biometrics.unlock()).toBe('ok')
  await phone.engine.close()
})

test('a bank that insists: no PIN is taken, nothing without an authenticator, and an old PIN goes at set-up', async () => {
  const bank = await smallBank()
  bank.prfOnly = true
  const hardware = new Hardware()
  hardware.there = false
  let phone = await openPhone(bank, uuid7(), undefined, undefined, undefined, undefined, hardware)
  await phone.engine.login('wang', 'right')
  await phone.engine.enrol('x')
  await expect(phone.engine.setPin(PIN)).rejects.toMatchObject({ code: 'prf_required' })
  await expect(phone.engine.biometrics.setUp(null)).rejects.toMatchObject({ code: 'prf_unsupported' })
  expect(phone.engine.status().phase).toBe('no_pin')
  hardware.there = true
  expect(await phone.engine.biometrics.setUp(null)).toBe('ok')
  await phone.engine.sync()
  await expect(phone.engine.biometrics.remove()).rejects.toMatchObject({ code: 'prf_required' })
  phone = await reopen(bank, phone)
  expect(phone.engine.status()).toMatchObject({ phase: 'locked', unlockBy: { secret: null, prf: true, prfOnly: true } })
  expect(await phone.engine.biometrics.unlock()).toBe('ok')
  expect(phone.engine.customers()).toHaveLength(1)
  // the authenticator is gone for good: the password brings everything back under a new one
  await phone.engine.save([visitOf(xie.id)])
  phone.engine.lock()
  hardware.secrets.clear()
  await phone.engine.forgotPin('right')
  expect(await phone.engine.biometrics.setUp(null)).toBe('ok')
  expect((await phone.engine.customer(xie.id)).visits).toHaveLength(1)
  await phone.engine.close()
  const later = await smallBank()
  const old = await readyPhone(later, uuid7(), hardware)
  later.prfOnly = true
  await old.engine.login('wang', 'right')
  expect(await old.engine.biometrics.setUp(PIN)).toBe('ok')
  expect(old.engine.status().unlockBy).toEqual({ secret: null, prf: true, prfOnly: true })
  old.engine.lock()
  expect(await old.engine.biometrics.unlock()).toBe('ok')
  await old.engine.close()
})

test('the bank hears of a way that is set up, taken away or changed without being asked to wait for the next turn', async () => {
  // What a page has and these tests have not: the network comes and goes there, news stream in.
  for (const name of ['addEventListener', 'removeEventListener']) vi.stubGlobal(name, () => undefined)
  vi.stubGlobal('EventSource', Object.assign(class extends EventTarget { close = () => undefined }, { CLOSED: 2 }))
  const bank = await smallBank()
  const phone = await readyPhone(bank, uuid7(), new Hardware(), true)
  const ways = (): string[][] => [...bank.ways.values()]
  await vi.waitFor(() => expect(ways()).toEqual([['pin']]), 10_000)
  await phone.engine.biometrics.setUp(PIN)
  await vi.waitFor(() => expect(ways()).toEqual([['pin', 'prf']]), 10_000)
  await phone.engine.changePin(PIN, '铜钟 水库 拖拉机 七号')
  await vi.waitFor(() => expect(ways()).toEqual([['passphrase', 'prf']]), 10_000)
  await phone.engine.biometrics.remove()
  await vi.waitFor(() => expect(ways()).toEqual([['passphrase']]), 10_000)
  await phone.engine.close()
  vi.unstubAllGlobals()
})

test('whoever begins to type ends the asking for fingerprint or face, and the PIN opens at once', async () => {
  const bank = await smallBank()
  const hardware = new Hardware()
  const phone = await readyPhone(bank, uuid7(), hardware)
  await phone.engine.biometrics.setUp(PIN)
  phone.engine.lock()
  hardware.says = 'waits'
  const typing = new AbortController()
  const asked = phone.engine.biometrics.unlock(typing.signal)
  setTimeout(() => typing.abort())
  await expect(asked).rejects.toMatchObject({ code: 'prf_cancelled' })
  expect(await phone.engine.unlock(PIN)).toBe('ok')
  await phone.engine.close()
})

test('a bare address, or one without TLS, offers no fingerprint or face', () => {
  expect(hasName(true, 'tiange.bank.example')).toBe(true)
  expect(hasName(true, 'localhost')).toBe(true)
  expect([hasName(true, '127.0.0.1'), hasName(true, '[::1]'), hasName(false, 'tiange.bank.example'), hasName(true, '')]).toEqual([false, false, false, false])
})
