/** What the bank said at the enrolment, and the data key sealed for it, so that a forgotten PIN costs no data. */
import type { EnrolledDevice } from '../api/identity'
import { EngineError } from '../domain/errors'
import { base64url, fromBase64url, fromHex, type Bytes } from '../store/bytes'
import { getMeta, putMeta, withStore } from '../store/database'
import { Sealer } from '../store/seal'
import type { Core } from './core'

export interface Enrolment extends EnrolledDevice {
  label: string
}

/** The data key as it was sealed for the bank. */
export interface Escrow {
  installation: string
  sealed: string
  sent: boolean
}

/** Throws EngineError `not_enrolled`. */
export async function enrolmentOf(core: Core): Promise<Enrolment> {
  const enrolment = await withStore(core.store, () => getMeta<Enrolment>(core.store, 'enrolment'))
  if (!enrolment) throw new EngineError('not_enrolled')
  return enrolment
}

export const escrowOf = (core: Core): Promise<Escrow | undefined> => withStore(core.store, () => getMeta<Escrow>(core.store, 'escrow'))

/** Seals the data key for the bank unless this installation's copy, `known`, is there already. */
export async function keepEscrow(core: Core, raw: Bytes, enrolment: Enrolment, known: Escrow | undefined): Promise<void> {
  const installation = core.identity?.installationId ?? ''
  if (known?.installation === installation) return
  const sealer = await Sealer.prepare(fromHex(enrolment.escrow.key_id), fromBase64url(enrolment.escrow.public_key), 0)
  const sealed = base64url(await sealer.seal(`escrow:${installation}`, raw))
  const escrow: Escrow = { installation, sealed, sent: false }
  await withStore(core.store, () => putMeta(core.store, 'escrow', escrow))
}

/** Brings the sealed data key to the bank if it is not there yet. Throws ApiProblem, NetworkError. */
export async function sendEscrow(core: Core): Promise<void> {
  const escrow = await escrowOf(core)
  if (!escrow || escrow.sent || escrow.installation !== core.identity?.installationId) return
  await core.transport.json('PUT', '/api/v1/devices/escrow', { sealed: escrow.sealed })
  await withStore(core.store, () => putMeta(core.store, 'escrow', { ...escrow, sent: true }))
}
