/** A GPS fix for an entry: the best one within half a minute, asked for by the page that needs it. */
import { onBeforeUnmount, ref } from 'vue'
import type { Point } from '../domain/commands'

/** Good enough to stop listening, in metres. */
const FINE_M = 15
const LISTEN_MS = 30_000

export type FixState = 'idle' | 'searching' | 'found' | 'denied' | 'none'

export function useFix(onFix: (p: Point) => void) {
  const state = ref<FixState>('idle')
  let watching: number | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let best = Infinity

  function stop() {
    clearTimeout(timer)
    if (watching !== undefined) navigator.geolocation.clearWatch(watching)
    watching = undefined
    if (state.value === 'searching') state.value = 'none'
  }
  function start() {
    stop()
    if (!('geolocation' in navigator)) {
      state.value = 'none'
      return
    }
    best = Infinity
    state.value = 'searching'
    timer = setTimeout(stop, LISTEN_MS)
    watching = navigator.geolocation.watchPosition(
      ({ coords, timestamp }) => {
        if (coords.accuracy >= best) return
        best = coords.accuracy
        state.value = 'found'
        onFix({ lon: coords.longitude, lat: coords.latitude, accuracy_m: coords.accuracy, at: Math.round(timestamp) })
        if (best <= FINE_M) stop()
      },
      (error) => {
        if (error.code !== error.PERMISSION_DENIED) return
        stop()
        state.value = 'denied'
      },
      { enableHighAccuracy: true, maximumAge: 0, timeout: LISTEN_MS },
    )
  }
  onBeforeUnmount(stop)
  return { state, start, stop }
}
