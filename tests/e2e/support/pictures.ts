/** Files that are put into a photo field and are no photo, or too much of one. */
import { deflateSync } from 'node:zlib'

/** What a browser's file field takes. */
export interface Chosen {
  name: string
  mimeType: string
  buffer: Buffer
}

const CRC = Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c >>> 0
})
function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const crc = body.reduce((c, byte) => (CRC[(c ^ byte) & 255] ?? 0) ^ (c >>> 8), 0xffffffff)
  const out = Buffer.alloc(8)
  out.writeUInt32BE(data.length, 0)
  out.writeUInt32BE((crc ^ 0xffffffff) >>> 0, 4)
  return Buffer.concat([out.subarray(0, 4), body, out.subarray(4)])
}

/** A whole PNG of one colour: 200 megapixels are 25 KB of file and 800 MB of memory. */
export function hugePng(width = 20_000, height = 10_000): Chosen {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head[8] = 1
  const rows = Buffer.alloc((Math.ceil(width / 8) + 1) * height)
  const parts = [chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]
  return { name: 'huge.png', mimeType: 'image/png', buffer: Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...parts]) }
}

/** A photo whose head says that it has 200 megapixels, as a phone's camera makes them on request. */
export function hugeJpeg(photo: Buffer): Chosen {
  const buffer = Buffer.from(photo)
  for (let at = 2; at < buffer.length; at += 2 + buffer.readUInt16BE(at + 2)) {
    if (buffer[at + 1] !== 0xc0 && buffer[at + 1] !== 0xc2) continue
    buffer.writeUInt16BE(12_240, at + 5)
    buffer.writeUInt16BE(16_320, at + 7)
    return { name: 'huge.jpg', mimeType: 'image/jpeg', buffer }
  }
  throw new Error('this JPEG does not say how large it is')
}

export const cutJpeg = (photo: Buffer): Chosen => ({ name: 'cut.jpg', mimeType: 'image/jpeg', buffer: photo.subarray(0, 600) })
export const noPhoto = (): Chosen => ({ name: 'photo.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('今天去了李四家，人不在。') })
export const aPhoto = (photo: Buffer): Chosen => ({ name: 'photo.jpg', mimeType: 'image/jpeg', buffer: photo })
