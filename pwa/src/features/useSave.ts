/** Saving an entry on this phone: durable before it is said, with a way back for five seconds. */
import { ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { CommandInvalid, type NewCommand } from '../domain/commands'
import type { NewFile } from '../sync/types'
import { useToasts } from '../ui/toasts'
import { useEngine } from './engine'
import { useProblems } from './problems'
import { useSaid } from './said'

export function useSave() {
  const engine = useEngine()
  const toasts = useToasts()
  const { t } = useI18n({ useScope: 'global' })
  const { say } = useProblems()
  const busy = ref(false)
  const problem = useSaid()

  /**
   * Saves what `make` builds and removes the draft in the same transaction. True once it is on disk. A form that is not
   * fit to save, or a phone that cannot keep it, leaves everything on screen and says why in `problem`. A form whose
   * draft is gone stays busy, since its page is about to close: a second tap meanwhile must not save it twice.
   */
  async function save(make: () => NewCommand[], options: { files?: NewFile[]; draft?: string; quiet?: boolean } = {}): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    problem.value = ''
    let over = false
    try {
      const { ids } = await engine.use().save(make(), options.files ?? [], options.draft ? { draft: options.draft } : {})
      if (!options.quiet) {
        toasts.show({
          text: () => t('record.saved'),
          action: {
            label: () => t('ui.undo'),
            run: async () => {
              const undone = await engine.use().undo(ids)
              toasts.show({ text: () => t(undone ? 'save.undone' : 'save.tooLate') })
            },
          },
        })
      }
      over = options.draft !== undefined
      return true
    } catch (error) {
      problem.value = () => error instanceof CommandInvalid ? t('save.invalid', { field: fieldName(error.field), why: t(`invalid.${error.problem}`) }) : say(error)
      return false
    } finally {
      busy.value = over
    }
  }
  function fieldName(field: string): string {
    const key = `field.${field.split('.').at(-1) ?? field}`
    const text = t(key)
    return text === key ? field : text
  }
  return { save, busy, problem }
}
