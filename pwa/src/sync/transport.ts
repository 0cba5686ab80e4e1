/** Requests below /api/v1/sync/ and /api/v1/files/: signed by the device's key (section 1 of the contract). */
import { ApiProblem, bodyOf, NetworkError, send, type HttpOptions } from '../api/http'
import { base64url, randomBytes, sha256Hex, utf8, type Bytes } from '../store/bytes'
import { pack, unpack } from '../store/codec'
import type { DeviceIdentity } from '../store/device'

const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const
const EMPTY = new Uint8Array(0)

/** The text that is signed. */
export async function signedText(method: string, path: string, body: Bytes, nonce: string): Promise<string> {
  return `${method}\n${path}\n${await sha256Hex(body)}\n${nonce}`
}

export class Transport {
  constructor(
    private readonly http: HttpOptions,
    private readonly identity: DeviceIdentity,
  ) {}

  get installationId(): string {
    return this.identity.installationId
  }

  private async request(method: string, path: string, body: Bytes | null, headers: Record<string, string>, timeoutMs?: number): Promise<Response> {
    try {
      return await this.signed(method, path, body, headers, timeoutMs)
    } catch (error) {
      // The network may repeat a request on its own; signed anew it is another one, and every request may be repeated.
      if (error instanceof ApiProblem && error.code === 'nonce_used') return this.signed(method, path, body, headers, timeoutMs)
      throw error
    }
  }

  private async signed(method: string, path: string, body: Bytes | null, headers: Record<string, string>, timeoutMs?: number): Promise<Response> {
    const nonce = base64url(randomBytes(16))
    const text = await signedText(method, path, body ?? EMPTY, nonce)
    const signature = await crypto.subtle.sign(SIGNATURE, this.identity.keys.privateKey, utf8(text))
    const init: RequestInit = {
      method,
      headers: {
        ...headers,
        'Tiange-Installation': this.installationId,
        'Tiange-Nonce': nonce,
        'Tiange-Signature': base64url(new Uint8Array(signature)),
      },
    }
    if (body) init.body = body
    return send(this.http, path, init, timeoutMs)
  }

  /** A MessagePack exchange. Throws ApiProblem, NetworkError. */
  async exchange<T>(path: string, body: unknown): Promise<T> {
    const headers = { 'Content-Type': 'application/msgpack', Accept: 'application/msgpack' }
    const answer = await bodyOf(await this.request('POST', path, pack(body), headers, 60_000))
    try {
      return unpack(answer) as T
    } catch (cause) {
      throw new NetworkError('the answer is not MessagePack', { cause })
    }
  }

  /** A signed JSON request: what concerns this very installation. */
  async json<T>(method: string, path: string, body: unknown): Promise<T> {
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json' }
    const answer = await bodyOf(await this.request(method, path, utf8(JSON.stringify(body)), headers))
    return (answer.length ? JSON.parse(new TextDecoder().decode(answer)) : undefined) as T
  }

  /** The bytes of an answer to a JSON request. */
  async bytesFor(path: string, body: unknown): Promise<Bytes> {
    return bodyOf(await this.request('POST', path, utf8(JSON.stringify(body)), { 'Content-Type': 'application/json' }, 60_000))
  }

  /** The bytes of an answer. */
  async bytes(path: string): Promise<Bytes> {
    return bodyOf(await this.request('GET', path, null, {}, 60_000))
  }

  /** Bytes of a file, or none, under an address; the JSON of the answer. */
  async file<T>(method: 'GET' | 'PUT' | 'PATCH', path: string, body: Bytes | null, headers: Record<string, string> = {}): Promise<T> {
    const typed: Record<string, string> = body ? { 'Content-Type': 'application/octet-stream', ...headers } : headers
    const answer = await bodyOf(await this.request(method, path, body, typed, 120_000))
    try {
      return JSON.parse(new TextDecoder().decode(answer)) as T
    } catch (cause) {
      throw new NetworkError('the answer is not JSON', { cause })
    }
  }
}
