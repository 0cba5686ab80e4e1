/** Unlocking by fingerprint or face: set up with the PIN in hand, used in its place, taken away again. */
import { EngineError } from '../domain/errors'
import { randomBytes, type Bytes } from '../store/bytes'
import { getMeta, putMeta, withStore } from '../store/database'
import { unwrapByPrf, wrapByPrf, type PrfKey } from '../store/prf'
import type { WrappedKey } from '../store/vault'
import type { Core } from './core'
import { rememberEssentials } from './repair'

const INPUT_BYTES = 32

/** What this phone can be opened with, for the bank's overview. */
export async function unlockWays(core: Core): Promise<string[]> {
  const [pin, prf] = await withStore(core.store, () => core.store.meta.bulkGet(['pin', 'prf']))
  const ways = []
  if (pin) ways.push((pin.value as WrappedKey).kind ?? 'pin')
  if (prf) ways.push('prf')
  return ways.sort()
}

/** Tells the bank how this phone is opened, where that has changed. Throws ApiProblem, NetworkError. */
export async function sendUnlockWays(core: Core): Promise<void> {
  if (!core.hasPin) return
  const ways = await unlockWays(core)
  const said = `${core.identity?.installationId}:${ways.join()}`
  if ((await withStore(core.store, () => getMeta<string>(core.store, 'waysSaid'))) === said) return
  await core.transport.json('PUT', '/api/v1/devices/unlock', { ways })
  await withStore(core.store, () => putMeta(core.store, 'waysSaid', said))
}

/** Makes a credential and wraps the raw data key by it; the PIN's goes where the bank insists. Throws `prf_…`. */
export async function keepPrf(core: Core, raw: Bytes): Promise<void> {
  const input = randomBytes(INPUT_BYTES)
  const { credential, secret } = await core.options.authenticator.create(core.current?.staff.name ?? 'tiange', input)
  const kept = await wrapByPrf(raw, credential, input, secret)
  secret.fill(0)
  await core.watchStore(() =>
    withStore(core.store, () =>
      core.store.transaction('rw', core.store.meta, async () => {
        await putMeta(core.store, 'prf', kept)
        if (core.prfOnly) await core.store.meta.delete('pin')
      }),
    ),
  )
  core.hasPin = true
  core.ways = await unlockWays(core)
  await rememberEssentials(core)
  core.emit('status')
}

/** The raw data key by fingerprint or face. Throws `prf_cancelled`, `prf_unsupported`, `prf_changed`, `not_found`. */
export async function askPrf(core: Core, signal?: AbortSignal): Promise<Bytes> {
  const kept = await withStore(core.store, () => getMeta<PrfKey>(core.store, 'prf'))
  if (!kept) throw new EngineError('not_found', 'no fingerprint or face is set up')
  const secret = await core.options.authenticator.ask(kept.credential, kept.input, signal)
  const raw = await unwrapByPrf(kept, secret)
  secret.fill(0)
  if (!raw) throw new EngineError('prf_changed', 'the authenticator gave another secret')
  return raw
}

/** Fingerprint or face opens nothing any more. Throws `prf_required` where there is nothing else to open it with. */
export async function dropPrf(core: Core): Promise<void> {
  if (core.prfOnly || !core.ways.some((way) => way !== 'prf')) throw new EngineError('prf_required')
  await core.watchStore(() => withStore(core.store, () => core.store.meta.delete('prf')))
  core.ways = await unlockWays(core)
  core.essentials.delete('prf')
  await rememberEssentials(core)
  core.emit('status')
}
