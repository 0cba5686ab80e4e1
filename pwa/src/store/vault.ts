/**
 * The data key: a random 256-bit AES-GCM key under which everything on this phone is encrypted. It is kept wrapped by
 * the PIN's key and, sealed, at the bank; unwrapped it lives in memory as a key that can't be exported.
 */
import { EngineError } from '../domain/errors'
import { randomBytes, utf8, type Bytes } from './bytes'
import { derivePinKey, PIN_COST, type Argon2Cost } from './kdf'

/** An encrypted value as it is stored. */
export interface Boxed {
  iv: Bytes
  data: Bytes
}

/** How the data key lies in the database. */
export interface WrappedKey extends Boxed {
  salt: Bytes
  cost: Argon2Cost
  /** Which of both it is, for the screen that asks; absent in older databases, which know PINs only. */
  kind?: 'pin' | 'passphrase'
}

const WRAP_CONTEXT = utf8('tiange/pin/1')
export const DATA_KEY_BYTES = 32
const AES = { name: 'AES-GCM' } as const

/** Throws EngineError `pin_too_short`: six digits, or eight characters of a passphrase. */
export function checkPin(pin: string): void {
  const enough = /^\d+$/.test(pin) ? pin.length >= 6 : pin.length >= 8
  if (!enough) throw new EngineError('pin_too_short')
}

/** Six digits are tapped in, anything else is typed. */
export const kindOf = (secret: string): 'pin' | 'passphrase' => (/^\d{6}$/.test(secret) ? 'pin' : 'passphrase')

async function wrappingKey(pin: string, salt: Bytes, cost: Argon2Cost): Promise<CryptoKey> {
  const derived = await derivePinKey({ secret: pin, salt, cost })
  const key = await crypto.subtle.importKey('raw', derived, AES, false, ['encrypt', 'decrypt'])
  derived.fill(0)
  return key
}

/** Wraps the raw data key by a PIN. */
export async function wrapKey(raw: Bytes, pin: string, cost: Argon2Cost = PIN_COST): Promise<WrappedKey> {
  const salt = randomBytes(16)
  const iv = randomBytes(12)
  const key = await wrappingKey(pin, salt, cost)
  const data = await crypto.subtle.encrypt({ ...AES, iv, additionalData: WRAP_CONTEXT }, key, raw)
  return { salt, cost, iv, data: new Uint8Array(data), kind: kindOf(pin) }
}

/** The raw data key, or null if the PIN is wrong. */
export async function unwrapKey(wrapped: WrappedKey, pin: string): Promise<Bytes | null> {
  const key = await wrappingKey(pin, wrapped.salt, wrapped.cost)
  try {
    const raw = await crypto.subtle.decrypt({ ...AES, iv: wrapped.iv, additionalData: WRAP_CONTEXT }, key, wrapped.data)
    return new Uint8Array(raw)
  } catch {
    return null
  }
}

/** Encrypts and decrypts what this phone keeps. Each box is bound to where it lies: `table|id|version`. */
export class Vault {
  private constructor(private readonly key: CryptoKey) {}

  /** Takes over the raw key and wipes it. */
  static async open(raw: Bytes): Promise<Vault> {
    const key = await crypto.subtle.importKey('raw', raw, AES, false, ['encrypt', 'decrypt'])
    raw.fill(0)
    return new Vault(key)
  }

  async encrypt(place: string, bytes: Bytes): Promise<Boxed> {
    const iv = randomBytes(12)
    const data = await crypto.subtle.encrypt({ ...AES, iv, additionalData: utf8(place) }, this.key, bytes)
    return { iv, data: new Uint8Array(data) }
  }

  /** Throws EngineError `damaged` if the box was changed, moved, or made under another key. */
  async decrypt(place: string, box: Boxed): Promise<Bytes> {
    try {
      const opened = await crypto.subtle.decrypt({ ...AES, iv: box.iv, additionalData: utf8(place) }, this.key, box.data)
      return new Uint8Array(opened)
    } catch (cause) {
      throw new EngineError('damaged', `cannot open ${place}`, { cause })
    }
  }
}
