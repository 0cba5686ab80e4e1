import type { LonLat } from '../domain/geo'

const EARTH = 6_371_008.8 // mean radius in metres (IUGG)
const rad = (deg: number) => (deg * Math.PI) / 180

export interface Pair {
  home: { x: number; y: number }
  record: { x: number; y: number }
  /** Radius of the accuracy circle on the drawing. */
  halo: number
}

/** Both points on a drawing of `width` × `height`, north up, to scale, at least `margin` from the edges. */
export function projectPair(home: LonLat, record: LonLat, accuracy: number, box: { width: number; height: number; margin: number }): Pair {
  const k = Math.cos(rad((home.lat + record.lat) / 2))
  const dx = rad(record.lon - home.lon) * k * EARTH
  const dy = rad(record.lat - home.lat) * EARTH
  // Under 30 m apart the points would fall on each other at any scale; there the drawing keeps the scale of 30 m.
  const perMetre = Math.min((box.width - 2 * box.margin) / Math.max(Math.abs(dx), 30), (box.height - 2 * box.margin) / Math.max(Math.abs(dy), 30))
  const cx = box.width / 2
  const cy = box.height / 2
  return {
    home: { x: cx - (dx * perMetre) / 2, y: cy + (dy * perMetre) / 2 },
    record: { x: cx + (dx * perMetre) / 2, y: cy - (dy * perMetre) / 2 },
    halo: Math.min(Math.max(accuracy * perMetre, 10), box.height / 2),
  }
}
