/**
 * Seals for the bank: section 6 of the contract. What is sealed here only the holder of the private key can open; this
 * phone can't, not even unlocked.
 */
import { concat, randomBytes, utf8, type Bytes } from './bytes'

const VERSION = 1
const KEY_ID_BYTES = 8
const POINT_BYTES = 65
const SALT_BYTES = 16
const HEADER_BYTES = 1 + KEY_ID_BYTES + POINT_BYTES + SALT_BYTES
const INFO = utf8('tiange/seal/1')
/** The AES key is used once, its salt being fresh, so a fixed IV is safe. */
const ZERO_IV = new Uint8Array(12)
const CURVE = { name: 'ECDH', namedCurve: 'P-256' } as const

interface OneTimeKey {
  salt: Bytes
  key: CryptoKey
}

async function deriveKey(secret: CryptoKey, salt: Bytes, usage: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt, info: INFO },
    secret,
    { name: 'AES-GCM', length: 256 },
    false,
    [usage],
  )
}

async function sharedSecret(privateKey: CryptoKey, publicKey: CryptoKey): Promise<CryptoKey> {
  const bits = await crypto.subtle.deriveBits({ name: 'ECDH', public: publicKey }, privateKey, 256)
  return crypto.subtle.importKey('raw', bits, 'HKDF', false, ['deriveKey'])
}

/**
 * Seals to one public key. The ephemeral pair is made once per unlocked session and a few one-time keys are derived
 * ahead, so that saving a visit waits for a single encryption only.
 */
export class Sealer {
  private ready: Promise<OneTimeKey>[] = []

  private constructor(
    private readonly prefix: Bytes,
    private readonly secret: CryptoKey,
    private readonly ahead: number,
  ) {
    this.warm()
  }

  /** `keyId` 8 bytes, `publicKey` the uncompressed point (65 bytes). Throws TypeError or DOMException on other bytes. */
  static async prepare(keyId: Bytes, publicKey: Bytes, ahead = 6): Promise<Sealer> {
    if (keyId.length !== KEY_ID_BYTES || publicKey.length !== POINT_BYTES) throw new TypeError('not a seal key')
    const server = await crypto.subtle.importKey('raw', publicKey, CURVE, false, [])
    const ephemeral = await crypto.subtle.generateKey(CURVE, false, ['deriveBits'])
    const point = new Uint8Array(await crypto.subtle.exportKey('raw', ephemeral.publicKey))
    const secret = await sharedSecret(ephemeral.privateKey, server)
    return new Sealer(concat(new Uint8Array([VERSION]), keyId, point), secret, ahead)
  }

  /** Derives one-time keys ahead; cheap to call when idle. */
  warm(): void {
    while (this.ready.length < this.ahead) this.ready.push(this.oneTimeKey())
  }

  private async oneTimeKey(): Promise<OneTimeKey> {
    const salt = randomBytes(SALT_BYTES)
    return { salt, key: await deriveKey(this.secret, salt, 'encrypt') }
  }

  async seal(context: string, bytes: Bytes): Promise<Bytes> {
    const { salt, key } = await (this.ready.pop() ?? this.oneTimeKey())
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: ZERO_IV, additionalData: utf8(context) }, key, bytes)
    return concat(this.prefix, salt, new Uint8Array(sealed))
  }
}

/** A fresh key pair to which the bank seals an escrowed key: `publicKey` is the uncompressed point. */
export async function ephemeralPair(): Promise<{ privateKey: CryptoKey; publicKey: Bytes }> {
  const pair = await crypto.subtle.generateKey(CURVE, false, ['deriveBits'])
  return { privateKey: pair.privateKey, publicKey: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)) }
}

/** Opens a seal made to `privateKey`. Throws TypeError on another format, DOMException if it does not open. */
export async function openSeal(privateKey: CryptoKey, context: string, sealed: Bytes): Promise<Bytes> {
  if (sealed.length < HEADER_BYTES + 16 || sealed[0] !== VERSION) throw new TypeError('not a seal')
  const point = sealed.slice(1 + KEY_ID_BYTES, 1 + KEY_ID_BYTES + POINT_BYTES)
  const salt = sealed.slice(HEADER_BYTES - SALT_BYTES, HEADER_BYTES)
  const sender = await crypto.subtle.importKey('raw', point, CURVE, false, [])
  const key = await deriveKey(await sharedSecret(privateKey, sender), salt, 'decrypt')
  const opened = await crypto.subtle.decrypt(
    { name: 'AES-GCM', iv: ZERO_IV, additionalData: utf8(context) },
    key,
    sealed.slice(HEADER_BYTES),
  )
  return new Uint8Array(opened)
}
