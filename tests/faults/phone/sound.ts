/** A voice note as a recorder would give one: a tone whose height follows from `words`, so that the judge knows it again. */
import { createHash } from 'node:crypto'

const RATE = 8000
const LOWEST = 300
const STEP = 4

/** A WAV of 16 bits and one channel. */
export function sound(words: string, durationMs: number): Uint8Array<ArrayBuffer> {
  const digest = createHash('sha256').update(words).digest()
  const [height = 0] = digest
  const samples = Math.round((RATE * durationMs) / 1000)
  const data = Buffer.alloc(samples * 2)
  for (let n = 0; n < samples; n++) {
    // the last bits tell apart what two visits say in the same tone: files are known by their bytes
    const grain = (digest[n % digest.length] ?? 0) & 1
    data.writeInt16LE(Math.round(9000 * Math.sin((2 * Math.PI * (LOWEST + STEP * height) * n) / RATE)) + grain, n * 2)
  }
  const head = Buffer.alloc(44)
  head.write('RIFF', 0, 'latin1')
  head.writeUInt32LE(36 + data.length, 4)
  head.write('WAVEfmt ', 8, 'latin1')
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(RATE, 24)
  head.writeUInt32LE(RATE * 2, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36, 'latin1')
  head.writeUInt32LE(data.length, 40)
  return new Uint8Array(Buffer.concat([head, data]))
}
