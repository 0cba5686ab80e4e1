/** Whether there is room for a desk: a side bar, and things side by side. */
import { onBeforeUnmount, ref, type Ref } from 'vue'

export const DESK = '(min-width: 1100px)'

export function useWide(query = DESK): Readonly<Ref<boolean>> {
  const media = window.matchMedia(query)
  const wide = ref(media.matches)
  const follow = (): void => void (wide.value = media.matches)
  media.addEventListener('change', follow)
  onBeforeUnmount(() => media.removeEventListener('change', follow))
  return wide
}
