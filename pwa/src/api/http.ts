/** JSON over HTTP with the bank's server, and what it says when something is wrong (RFC 9457). */

/** The server refused: `code` is stable, `title`, `detail` and `remedy` are for people. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'

  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly remedy: string,
    /** Seconds after which to try again, where the server says so. */
    readonly retryAfter: number | null = null,
    /** Of a withdrawn phone: whether the bank still wants what waits on it; null where it does not say. */
    readonly deliver: boolean | null = null,
    /** All that it said, for a refusal that brings something along. */
    readonly said: Readonly<Record<string, unknown>> = {},
  ) {
    super(`${status} ${code}: ${title}`)
  }
}

/** There was no answer: no network, a cut connection, a time-out. Nothing is known about what the server did. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError'
}

export interface HttpOptions {
  fetch: typeof fetch
  /** Put before each path; empty in the browser. */
  baseUrl: string
}

const TIMEOUT_MS = 30_000

/**
 * Ends a request after its time, or when the browser says that there is no network any more: on a connection that died
 * with the old network a request would wait its whole time, though a new one is there.
 */
function patience(ms: number): AbortSignal {
  const over = new AbortController()
  const end = (): void => over.abort()
  AbortSignal.timeout(ms).addEventListener('abort', end)
  // gone with its signal, thus at the latest when the time is over
  globalThis.addEventListener?.('offline', end, { signal: over.signal })
  return over.signal
}

/** Sends a request and gives its answer if it is a success. Throws ApiProblem or NetworkError. */
export async function send(options: HttpOptions, path: string, init: RequestInit, timeoutMs = TIMEOUT_MS): Promise<Response> {
  let response: Response
  try {
    response = await options.fetch(options.baseUrl + path, {
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      signal: patience(timeoutMs),
      ...init,
    })
  } catch (cause) {
    throw new NetworkError(`no answer from ${path}`, { cause })
  }
  if (response.ok) return response
  throw await problemOf(response)
}

async function problemOf(response: Response): Promise<ApiProblem> {
  let body: Record<string, unknown> = {}
  try {
    const parsed: unknown = await response.json()
    if (parsed && typeof parsed === 'object') body = parsed as Record<string, unknown>
  } catch {
    // A proxy's page instead of an answer of ours: the status has to do.
  }
  const text = (key: string): string => (typeof body[key] === 'string' ? (body[key] as string) : '')
  const retryAfter = Number(response.headers.get('Retry-After') ?? NaN)
  return new ApiProblem(
    response.status,
    text('code') || `http_${response.status}`,
    text('title') || response.statusText,
    text('detail'),
    text('remedy'),
    Number.isFinite(retryAfter) ? retryAfter : null,
    typeof body['deliver'] === 'boolean' ? body['deliver'] : null,
    body,
  )
}

/** Reads a body to its end; a connection cut on the way is a NetworkError. */
export async function bodyOf(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await response.arrayBuffer())
  } catch (cause) {
    throw new NetworkError('the answer was cut', { cause })
  }
}

/** A JSON request; the answer's JSON, or undefined for an empty one. */
export async function json<T>(options: HttpOptions, method: string, path: string, body?: unknown, timeoutMs = TIMEOUT_MS): Promise<T> {
  const init: RequestInit = { method, headers: { Accept: 'application/json' } }
  if (body !== undefined) {
    init.headers = { ...init.headers, 'Content-Type': 'application/json' }
    init.body = JSON.stringify(body)
  }
  const bytes = await bodyOf(await send(options, path, init, timeoutMs))
  if (bytes.length === 0) return undefined as T
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as T
  } catch (cause) {
    throw new NetworkError('the answer is not JSON', { cause })
  }
}
