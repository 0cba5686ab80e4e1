/** An address that opens the phone's own map app at a point. No name goes along. */
export function directionsTo(lon: number, lat: number): string {
  const at = `${lat.toFixed(6)},${lon.toFixed(6)}`
  return /iPhone|iPad|Macintosh/.test(navigator.userAgent) ? `https://maps.apple.com/?daddr=${at}` : `geo:${at}?q=${at}`
}
