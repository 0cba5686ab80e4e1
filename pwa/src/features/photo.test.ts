import { expect, test } from 'vitest'
import { pixelsOf } from './photo'

/** The head of a PNG that says how large it is; its pixels are never asked for. */
function png(width: number, height: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(64)
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52])
  const view = new DataView(bytes.buffer)
  view.setUint32(16, width)
  view.setUint32(20, height)
  return bytes
}
/** The same of a JPEG, behind `lead` bytes of what a camera writes in front. */
function jpeg(width: number, height: number, lead: number): Uint8Array<ArrayBuffer> {
  const segments: number[] = []
  for (let left = lead; left > 0; left -= 60_000) {
    const length = Math.min(left, 60_000) + 2
    segments.push(0xff, 0xe2, length >> 8, length & 255, ...new Array<number>(length - 2).fill(0))
  }
  return new Uint8Array([0xff, 0xd8, ...segments, 0xff, 0xc0, 0, 17, 8, height >> 8, height & 255, width >> 8, width & 255, 3, 1, 17, 0, 2, 17, 0, 3, 17, 0])
}

test.each([
  ['a PNG of 200 megapixels', png(20_000, 10_000), 200_000_000],
  ['a JPEG of 200 megapixels', jpeg(16_320, 12_240, 14), 199_756_800],
  ['a JPEG behind 300 KB of previews', jpeg(16_320, 12_240, 300_000), 199_756_800],
  ['a phone\'s usual photo', jpeg(4_000, 3_000, 40_000), 12_000_000],
  ['a text that is called a photo', new TextEncoder().encode('今天去了李四家'), null],
  ['nothing', new Uint8Array(), null],
  ['a JPEG that was cut off in its head', jpeg(4_000, 3_000, 40_000).slice(0, 500), null],
])('the size of %s is read without decoding it', async (_what, bytes, pixels) => {
  expect(await pixelsOf(new Blob([bytes]))).toBe(pixels)
})
