/** A reviewer's turn on their own phone: by a code, without an account. */
import type { Id } from '../domain/rows'
import { json, type HttpOptions } from './http'

export interface OwnTurn {
  session_id: Id
  reviewer_id: Id
  name: string
  place: string
  households: { id: Id; name: string; address: string }[]
  /** `key_id` in hex, `public_key` in base64url. */
  seal: { key_id: string; public_key: string }
}

export interface OwnForm {
  customer_id: Id
  sealed: Uint8Array
}

/** What the reviewer is asked. Throws ApiProblem `code_unusable`, `too_many_codes`, or NetworkError. */
export const openTurn = (http: HttpOptions, code: string): Promise<OwnTurn> => json(http, 'POST', '/api/v1/review/open', { code })

/** Once; the very same again is answered the same. Throws as `openTurn`, and ApiProblem `bad_value`. */
export const handInOwn = (http: HttpOptions, code: string, forms: readonly OwnForm[]): Promise<{ forms: number }> =>
  json(http, 'POST', '/api/v1/review/hand-in', { code, forms: forms.map(({ customer_id, sealed }) => ({ customer_id, sealed: base64(sealed) })) })

const base64 = (bytes: Uint8Array): string => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
