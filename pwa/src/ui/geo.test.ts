import fc from 'fast-check'
import { expect, test } from 'vitest'
import { projectPair } from './geo'

test('both points stay on the drawing', () => {
  const lon = fc.double({ min: 113.9, max: 114.1, noNaN: true })
  const lat = fc.double({ min: 29.4, max: 29.6, noNaN: true })
  fc.assert(
    fc.property(lon, lat, lon, lat, (a, b, c, d) => {
      const p = projectPair({ lon: a, lat: b }, { lon: c, lat: d }, 12, { width: 138, height: 88, margin: 20 })
      return [p.home, p.record].every((q) => q.x >= 19.9 && q.x <= 118.1 && q.y >= 19.9 && q.y <= 68.1)
    }),
  )
})

test('north is up and east is right', () => {
  const p = projectPair({ lon: 114, lat: 29.5 }, { lon: 114.01, lat: 29.51 }, 12, { width: 138, height: 88, margin: 20 })
  expect(p.record.x).toBeGreaterThan(p.home.x)
  expect(p.record.y).toBeLessThan(p.home.y)
})
