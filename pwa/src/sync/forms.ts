/** The seal of a reviewer's form: only the bank opens it, and this phone keeps nothing by which it could. */
import { FORM_BYTES, formContext, type FormAnswers } from '../domain/evaluation'
import type { Id } from '../domain/rows'
import { fromBase64url, fromHex, type Bytes } from '../store/bytes'
import { pack } from '../store/codec'
import { Sealer } from '../store/seal'
import type { Core } from './core'
import { enrolmentOf } from './escrow'

/** MessagePack of FORM_BYTES, whatever it says. */
export function formBytes({ knows, grades, limit_fen }: FormAnswers): Bytes {
  const said = { knows, grades, limit_fen }
  const bare = pack({ ...said, pad: new Uint8Array(0) }).length
  return pack({ ...said, pad: new Uint8Array(FORM_BYTES - bare) })
}

/**
 * Seals a form for its place. The ephemeral key is made for this one form and is gone with this call, other than the one of
 * an unlocked session, with which whatever was sealed by it could be opened again while the session lasts.
 * Throws EngineError `not_enrolled`, `storage_failed`.
 */
export async function sealForm(core: Core, session: Id, reviewer: Id, customer: Id, answers: FormAnswers): Promise<Bytes> {
  const { seal } = await enrolmentOf(core)
  const sealer = await Sealer.prepare(fromHex(seal.key_id), fromBase64url(seal.public_key), 0)
  return sealer.seal(formContext(session, reviewer, customer), formBytes(answers))
}
