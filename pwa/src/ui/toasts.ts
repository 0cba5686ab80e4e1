import { defineStore } from 'pinia'
import { ref } from 'vue'

/** What is said, in the language that is on screen while it stands there. */
export interface Toast {
  text: () => string
  action?: { label: () => string; run: () => void | Promise<void> }
}

/** One line at a time. Toasts only confirm; an error is shown where it happened and stays. */
export const useToasts = defineStore('toasts', () => {
  const now = ref<Toast | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined

  /** Shows a toast for `ms`; 5 s where something can be undone. */
  function show(toast: Toast, ms = toast.action ? 5000 : 2500) {
    clearTimeout(timer)
    now.value = toast
    timer = setTimeout(clear, ms)
  }
  function clear() {
    clearTimeout(timer)
    now.value = null
  }
  return { now, show, clear }
})
