/** How long this phone may go on without the bank, in words; '' before the first contact. */
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { useFormat } from '../ui/useFormat'
import { useEngine } from './engine'

export function useOfflineLeft() {
  const engine = useEngine()
  const { t } = useI18n()
  const format = useFormat()
  return computed(() => {
    const { offlineUntil, readLocked } = engine.status
    if (offlineUntil === null) return ''
    return readLocked ? t('sync.offlineOver') : t('sync.offlineFor', { time: format.value.span(offlineUntil - engine.use().now()) })
  })
}
