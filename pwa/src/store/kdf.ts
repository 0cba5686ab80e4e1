/** From a PIN to a key: Argon2id, off the main thread where the browser can. */
import type { Bytes } from './bytes'

export interface Argon2Cost {
  /** KiB */
  memory: number
  iterations: number
  parallelism: number
}

/** 64 MiB, three passes: about 0.3 s on a phone, 80 processor hours for all six-digit PINs. */
export const PIN_COST: Argon2Cost = { memory: 65_536, iterations: 3, parallelism: 1 }

export interface KdfRequest {
  secret: string
  salt: Bytes
  cost: Argon2Cost
}

/** Runs Argon2id here; 32 bytes. */
export async function argon2(request: KdfRequest): Promise<Bytes> {
  const { argon2id } = await import('hash-wasm')
  const derived = await argon2id({
    password: request.secret.normalize('NFKC'),
    salt: request.salt,
    memorySize: request.cost.memory,
    iterations: request.cost.iterations,
    parallelism: request.cost.parallelism,
    hashLength: 32,
    outputType: 'binary',
  })
  return derived as Bytes
}

/** Runs Argon2id in a worker, or here where there is none. */
export async function derivePinKey(request: KdfRequest): Promise<Bytes> {
  if (typeof Worker === 'undefined') return argon2(request)
  let worker: Worker
  try {
    worker = new Worker(new URL('./kdf.worker.ts', import.meta.url), { type: 'module' })
  } catch {
    return argon2(request)
  }
  try {
    return await new Promise<Bytes>((resolve, reject) => {
      worker.onmessage = (event: MessageEvent<{ key: Bytes } | { error: string }>) =>
        'key' in event.data ? resolve(event.data.key) : reject(new Error(event.data.error))
      worker.onerror = () => reject(new Error('worker failed'))
      worker.postMessage(request)
    })
  } catch {
    // A worker that did not load (an old cache, a strict policy) must not lock anyone out.
    return argon2(request)
  } finally {
    worker.terminate()
  }
}
