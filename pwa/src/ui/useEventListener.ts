import { onBeforeUnmount, onMounted } from 'vue'

/** Listens while the component is on screen. */
export function useEventListener(target: EventTarget, type: string, run: (e: Event) => void) {
  onMounted(() => target.addEventListener(type, run))
  onBeforeUnmount(() => target.removeEventListener(type, run))
}
