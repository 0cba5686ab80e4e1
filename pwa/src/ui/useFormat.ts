import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { makeFormat, type Locale } from './format'

/** The formatting rules of the language on screen, as a ref that follows a change of language. */
export function useFormat() {
  const { locale } = useI18n({ useScope: 'global' })
  return computed(() => makeFormat(locale.value as Locale))
}
