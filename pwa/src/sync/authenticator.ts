/** The phone's own authenticator (fingerprint, face) through WebAuthn, asked for its PRF output with the person verified. */
import { EngineError } from '../domain/errors'
import { randomBytes, type Bytes } from '../store/bytes'

export interface Authenticator {
  /** Whether this phone can unlock by fingerprint or face at all, at the address the app was opened by. */
  available(): Promise<boolean>
  /** Makes a credential and asks it with `input`. Throws EngineError `prf_cancelled`, `prf_unsupported`. */
  create(name: string, input: Bytes): Promise<{ credential: Bytes; secret: Bytes }>
  /** The credential's secret for `input`. Throws EngineError `prf_cancelled` (also where it is gone: browsers don't tell). */
  ask(credential: Bytes, input: Bytes, signal?: AbortSignal): Promise<Bytes>
}

interface PrfResults {
  prf?: { enabled?: boolean; results?: { first?: BufferSource } }
}

/** A person gets this long; then it counts as cancelled. */
const PATIENCE_MS = 60_000
const ES256 = -7
const RS256 = -257

function failed(cause: unknown): EngineError {
  if (cause instanceof EngineError) return cause
  const name = (cause as { name?: unknown } | null)?.name
  const none = typeof navigator === 'undefined' || !navigator.credentials
  const code = none || name === 'NotSupportedError' || name === 'SecurityError' || name === 'ConstraintError' ? 'prf_unsupported' : 'prf_cancelled'
  return new EngineError(code, `authenticator: ${String(name)}`, { cause })
}

function secretOf(credential: PublicKeyCredential): Bytes | null {
  const first = (credential.getClientExtensionResults() as PrfResults).prf?.results?.first
  if (!first) return null
  const bytes = ArrayBuffer.isView(first) ? new Uint8Array(first.buffer, first.byteOffset, first.byteLength) : new Uint8Array(first)
  return bytes.length === 32 ? Uint8Array.from(bytes) : null
}

/** A credential belongs to a host name: at a bare IP address, or without TLS, browsers make none. */
export function hasName(secure: boolean, host: string): boolean {
  return secure && host !== '' && !/^[\d.]+$/.test(host) && !host.includes(':')
}

/** The browser's; `available` is false where it has none. */
export function browserAuthenticator(): Authenticator {
  const ask: Authenticator['ask'] = async (credential, input, signal) => {
    try {
      const got = await navigator.credentials.get({
        ...(signal ? { signal } : {}),
        publicKey: {
          challenge: randomBytes(32),
          timeout: PATIENCE_MS,
          userVerification: 'required',
          allowCredentials: [{ type: 'public-key', id: credential, transports: ['internal'] }],
          extensions: { prf: { eval: { first: input } } } as AuthenticationExtensionsClientInputs,
        },
      })
      const secret = got ? secretOf(got as PublicKeyCredential) : null
      if (!secret) throw new EngineError('prf_unsupported', 'no PRF output')
      return secret
    } catch (cause) {
      throw failed(cause)
    }
  }
  return {
    async available() {
      if (!hasName(globalThis.isSecureContext === true, globalThis.location?.hostname ?? '')) return false
      try {
        return typeof PublicKeyCredential !== 'undefined' && (await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable())
      } catch {
        return false
      }
    },
    async create(name, input) {
      try {
        const made = await navigator.credentials.create({
          publicKey: {
            // Nothing is proven to the bank: the credential never leaves this phone, nor does its answer.
            challenge: randomBytes(32),
            timeout: PATIENCE_MS,
            rp: { name: '田格' },
            user: { id: randomBytes(16), name, displayName: name },
            pubKeyCredParams: [ES256, RS256].map((alg) => ({ type: 'public-key' as const, alg })),
            authenticatorSelection: { authenticatorAttachment: 'platform', userVerification: 'required', residentKey: 'preferred' },
            attestation: 'none',
            extensions: { prf: { eval: { first: input } } } as AuthenticationExtensionsClientInputs,
          },
        })
        const credential = made as PublicKeyCredential | null
        if (!credential || !(credential.getClientExtensionResults() as PrfResults).prf?.enabled) throw new EngineError('prf_unsupported', 'no PRF')
        const id = new Uint8Array(credential.rawId)
        // Most authenticators give the output only when they are asked, not when the credential is made.
        return { credential: id, secret: secretOf(credential) ?? (await ask(id, input)) }
      } catch (cause) {
        throw failed(cause)
      }
    },
    ask,
  }
}
