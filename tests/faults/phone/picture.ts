/** A picture as a camera would give one: unlike any other, and large enough to be sent in several chunks. */
import { createHash } from 'node:crypto'
import { crc32, deflateSync } from 'node:zlib'

const BLOCK = 16

function part(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

/** A PNG of blocks whose colours follow from `words`; `side` pixels square, not compressed. */
export function picture(words: string, side: number): Uint8Array<ArrayBuffer> {
  const rows: Buffer[] = []
  for (let y = 0; y < side; y += BLOCK) {
    const row = Buffer.alloc(1 + side * 3)
    for (let x = 0; x < side; x += BLOCK) {
      const colour = createHash('sha256').update(`${words}/${x}/${y}`).digest()
      for (let i = 0; i < Math.min(BLOCK, side - x); i++) colour.copy(row, 1 + (x + i) * 3, 0, 3)
    }
    for (let i = 0; i < Math.min(BLOCK, side - y); i++) rows.push(row)
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(side, 0)
  head.writeUInt32BE(side, 4)
  head.set([8, 2, 0, 0, 0], 8)
  const png = Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    part('IHDR', head),
    part('IDAT', deflateSync(Buffer.concat(rows), { level: 0 })),
    part('IEND', Buffer.alloc(0)),
  ])
  return new Uint8Array(png)
}
