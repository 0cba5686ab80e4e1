import { expect, test } from 'vitest'
import { wavOf } from './voice'

/** ITU-T G.711, decoded: what the bank's library does. */
function decoded(code: number): number {
  const bits = ~code & 0xff
  const magnitude = ((((bits & 0x0f) << 3) + 132) << ((bits >> 4) & 7)) - 132
  return (bits & 0x80 ? -magnitude : magnitude) / 32768
}

test('a WAV of eight-bit samples that decode to what was heard', () => {
  const samples = Float32Array.from({ length: 1600 }, (_, i) => 0.8 * Math.sin(i / 7) * Math.sin(i / 311))
  const wav = wavOf(samples)
  const view = new DataView(wav.buffer)
  expect(new TextDecoder().decode(wav.subarray(0, 4))).toBe('RIFF')
  expect([view.getUint32(4, true), view.getUint16(20, true), view.getUint32(24, true), view.getUint32(54, true)]).toEqual([wav.length - 8, 7, 16_000, 1600])
  samples.forEach((sample, i) => expect(Math.abs(decoded(wav[58 + i] as number) - sample)).toBeLessThan(0.02))
})

test('what is too loud is cut, silence is silence', () => {
  const [loud, low, none] = [...wavOf(Float32Array.from([4, -4, 0])).subarray(58)].map(decoded) as [number, number, number]
  expect(loud).toBeGreaterThan(0.95)
  expect(low).toBeLessThan(-0.95)
  expect(none).toBe(0)
})
