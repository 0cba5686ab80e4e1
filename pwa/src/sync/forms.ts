/** A reviewer's form on the host's phone. */
import type { FormAnswers } from '../domain/evaluation'
import type { Id } from '../domain/rows'
import type { Bytes } from '../store/bytes'
import { sealForm as sealTo } from '../store/forms'
import type { Core } from './core'
import { enrolmentOf } from './escrow'

/**
 * Sealed to the key that this phone was enrolled with; not by the ephemeral key of the unlocked session, with which
 * whatever was sealed by it could be opened again while the session lasts. Throws EngineError `not_enrolled`, `storage_failed`.
 */
export async function sealForm(core: Core, session: Id, reviewer: Id, customer: Id, answers: FormAnswers): Promise<Bytes> {
  const { seal } = await enrolmentOf(core)
  return sealTo(seal, session, reviewer, customer, answers)
}
