import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import type { Locale } from './format'

export type Theme = 'auto' | 'light' | 'dark'

const THEME = 'tiange.theme'
const LANGUAGE = 'tiange.language'

/** localStorage may be closed to us (private mode, policy): then the choice holds until the app ends. */
function read(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}
function write(key: string, value: string) {
  try {
    localStorage.setItem(key, value)
  } catch {
    return
  }
}

/** Theme and language. Neither is personal, so they are kept in the clear and hold before anyone unlocks. */
export const usePreferences = defineStore('preferences', () => {
  const savedTheme = read(THEME)
  const savedLanguage = read(LANGUAGE)
  const theme = ref<Theme>(savedTheme === 'light' || savedTheme === 'dark' ? savedTheme : 'auto')
  const language = ref<Locale>(
    savedLanguage === 'en' || savedLanguage === 'zh-CN' ? savedLanguage : navigator.language.toLowerCase().startsWith('en') ? 'en' : 'zh-CN',
  )

  watch(
    theme,
    (value) => {
      write(THEME, value)
      if (value === 'auto') delete document.documentElement.dataset['theme']
      else document.documentElement.dataset['theme'] = value
      for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
        const dark = value === 'dark' || (value === 'auto' && (meta.media || '').includes('dark'))
        meta.content = dark ? '#123524' : '#1A4F37'
      }
    },
    { immediate: true },
  )
  watch(
    language,
    (value) => {
      write(LANGUAGE, value)
      document.documentElement.lang = value
    },
    { immediate: true },
  )
  return { theme, language }
})
