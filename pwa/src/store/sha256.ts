/**
 * SHA-256 (FIPS 180-4) at once, without a turn of the processor for an answer. For the few kilobytes of a command, while
 * a person waits for it to be saved: there each call of WebCrypto costs more than the hash. Everything else uses `sha256`
 * of bytes.ts.
 */
import type { Bytes } from './bytes'

/** The first 32 bits of the fractional parts of `root` of the first `count` primes. */
function fractions(count: number, root: (prime: number) => number): Int32Array {
  const found: number[] = []
  for (let n = 2; found.length < count; n++) {
    let prime = true
    for (let d = 2; d * d <= n; d++) prime &&= n % d !== 0
    if (prime) found.push((root(n) % 1) * 2 ** 32)
  }
  return Int32Array.from(found, (fraction) => fraction | 0)
}

const ROUND = fractions(64, Math.cbrt)
const START = fractions(8, Math.sqrt)

/** The digest, 32 bytes. */
export function sha256Now(bytes: Uint8Array): Bytes {
  const state = START.slice()
  const words = new Int32Array(64)
  // a one bit, zeros, and the length in bits fill the last block
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29))
  view.setUint32(padded.length - 4, bytes.length << 3)
  for (let at = 0; at < padded.length; at += 64) {
    for (let i = 0; i < 16; i++) words[i] = view.getInt32(at + 4 * i)
    block(state, words)
  }
  const digest = new Uint8Array(32)
  const out = new DataView(digest.buffer)
  state.forEach((word, i) => out.setInt32(4 * i, word))
  return digest
}

function block(state: Int32Array, w: Int32Array): void {
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15] as number
    const y = w[i - 2] as number
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    w[i] = ((w[i - 16] as number) + s0 + (w[i - 7] as number) + s1) | 0
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (ROUND[i] as number) + (w[i] as number)) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  const after = [a, b, c, d, e, f, g, h]
  for (let i = 0; i < 8; i++) state[i] = (state[i] as number) + (after[i] as number)
}
