/**
 * The data key wrapped by what the phone's own authenticator (fingerprint, face) gives out for it: HKDF over the output of
 * WebAuthn's PRF extension, which only this authenticator can make, and only after it has seen its person.
 */
import { randomBytes, utf8, type Bytes } from './bytes'
import type { Boxed } from './vault'

/** How the data key lies in the database beside the one under the PIN. */
export interface PrfKey extends Boxed {
  /** The credential's id. */
  credential: Bytes
  /** What the authenticator is asked with. */
  input: Bytes
  /** Of the HKDF. */
  salt: Bytes
}

const INFO = utf8('tiange/prf/1')

async function keyOf(secret: Bytes, salt: Bytes): Promise<CryptoKey> {
  const hkdf = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey'])
  const params = { name: 'HKDF', hash: 'SHA-256', salt, info: INFO }
  return crypto.subtle.deriveKey(params, hkdf, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}

/** Wraps the raw data key by the authenticator's `secret` (32 bytes) for `input`. */
export async function wrapByPrf(raw: Bytes, credential: Bytes, input: Bytes, secret: Bytes): Promise<PrfKey> {
  const salt = randomBytes(32)
  const iv = randomBytes(12)
  const data = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: INFO }, await keyOf(secret, salt), raw)
  return { credential, input, salt, iv, data: new Uint8Array(data) }
}

/** The raw data key, or null if the secret is another authenticator's. */
export async function unwrapByPrf(kept: PrfKey, secret: Bytes): Promise<Bytes | null> {
  try {
    const raw = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: kept.iv, additionalData: INFO }, await keyOf(secret, kept.salt), kept.data)
    return new Uint8Array(raw)
  } catch {
    return null
  }
}
