/** A sentence that stays on screen: given as the way to say it, it follows a change of language. */
import { computed, shallowRef, type WritableComputedRef } from 'vue'

export function useSaid(): WritableComputedRef<string, string | (() => string)> {
  const say = shallowRef<() => string>(() => '')
  return computed({
    get: () => say.value(),
    set: (said: string | (() => string)) => {
      say.value = typeof said === 'function' ? said : () => said
    },
  })
}
