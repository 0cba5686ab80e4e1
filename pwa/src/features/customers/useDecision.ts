/** A decision in one tap: kept on this phone at once, and taken back as long as it was not sent. */
import { useI18n } from 'vue-i18n'
import type { NewCommand } from '../../domain/commands'
import type { Pending } from '../../domain/rows'
import { useToasts } from '../../ui/toasts'
import { useEngine } from '../engine'
import { useSave } from '../useSave'

export function useDecision() {
  const engine = useEngine()
  const toasts = useToasts()
  const { t } = useI18n({ useScope: 'global' })
  const { save, busy, problem } = useSave()
  const entries = engine.fromOutbox((e) => new Map(e.outbox().map((entry) => [entry.id, entry])))

  /** Quiet: the card itself shows what was decided, and the way back. */
  const decide = (make: () => NewCommand) => save(() => [make()], { quiet: true })
  const canUndo = (pending: Pending | undefined) => !!pending && !!entries.value.get(pending.command)?.canUndo
  async function undo(pending: Pending) {
    const undone = await engine.use().undo([pending.command])
    toasts.show({ text: () => t(undone ? 'save.undone' : 'save.tooLate') })
  }
  return { decide, canUndo, undo, busy, problem }
}
