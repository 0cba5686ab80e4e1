/** The seal of a reviewer's form: only the bank opens it, and this phone keeps nothing by which it could. */
import { FORM_BYTES, formContext, type FormAnswers } from '../domain/evaluation'
import type { Id } from '../domain/rows'
import { fromBase64url, fromHex, type Bytes } from './bytes'
import { pack } from './codec'
import { Sealer } from './seal'

/** MessagePack of FORM_BYTES, whatever it says. */
export function formBytes({ knows, grades, limit_fen }: FormAnswers): Bytes {
  const said = { knows, grades, limit_fen }
  const bare = pack({ ...said, pad: new Uint8Array(0) }).length
  return pack({ ...said, pad: new Uint8Array(FORM_BYTES - bare) })
}

/** The bank's key: `key_id` in hex, `public_key` in base64url. */
export interface SealTo {
  key_id: string
  public_key: string
}

/** Seals a form for its place, with an ephemeral key that is made for this one form and is gone with this call. */
export async function sealForm(to: SealTo, session: Id, reviewer: Id, customer: Id, answers: FormAnswers): Promise<Bytes> {
  const sealer = await Sealer.prepare(fromHex(to.key_id), fromBase64url(to.public_key), 0)
  return sealer.seal(formContext(session, reviewer, customer), formBytes(answers))
}
