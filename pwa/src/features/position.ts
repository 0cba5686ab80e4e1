/** Where the phone is, for walking order: asked for only where the person has already allowed it. */
import { onMounted, ref } from 'vue'
import type { LonLat } from '../domain/geo'

export function useHere() {
  const here = ref<LonLat | null>(null)
  onMounted(async () => {
    if (!('geolocation' in navigator)) return
    const state = await navigator.permissions?.query({ name: 'geolocation' }).then((p) => p.state, () => 'prompt')
    if (state !== 'granted') return
    navigator.geolocation.getCurrentPosition(
      (p) => (here.value = { lon: p.coords.longitude, lat: p.coords.latitude }),
      () => undefined,
      { maximumAge: 60_000, timeout: 15_000, enableHighAccuracy: false },
    )
  })
  return here
}
