/** What the editor itself says, in Chinese; English is its own. */
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import zh from '../../../locales/editor.zh-CN'

export function usePhrases() {
  const { locale } = useI18n({ useScope: 'global' })
  return computed<Record<string, string>>(() => (locale.value === 'zh-CN' ? zh : {}))
}
