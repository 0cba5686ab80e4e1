/** Distances on WGS-84 coordinates. */

export interface LonLat {
  lon: number
  lat: number
}

/** Mean earth radius in metres (IUGG). */
const EARTH_RADIUS_M = 6_371_008.8

/** Great-circle distance in metres by the haversine formula; within 0.5 % of the ellipsoid. */
export function distanceMetres(a: LonLat, b: LonLat): number {
  const rad = Math.PI / 180
  const dLat = (b.lat - a.lat) * rad
  const dLon = (b.lon - a.lon) * rad
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(dLon / 2) ** 2
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)))
}

/**
 * A walking order by nearest neighbour, starting at `start` (or at the first stop). Stops without a point come last,
 * in their given order.
 */
export function walkingOrder<T extends { lon: number | null; lat: number | null }>(stops: readonly T[], start: LonLat | null): T[] {
  const left = stops.filter((stop) => stop.lon !== null && stop.lat !== null)
  const unplaced = stops.filter((stop) => stop.lon === null || stop.lat === null)
  const order: T[] = []
  let here = start
  while (left.length > 0) {
    let best = 0
    if (here) {
      let shortest = Infinity
      left.forEach((stop, i) => {
        const metres = distanceMetres(here as LonLat, { lon: stop.lon as number, lat: stop.lat as number })
        if (metres < shortest) {
          shortest = metres
          best = i
        }
      })
    }
    const [next] = left.splice(best, 1) as [T]
    order.push(next)
    here = { lon: next.lon as number, lat: next.lat as number }
  }
  return order.concat(unplaced)
}
