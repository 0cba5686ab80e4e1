/** Why a task is there, in one short line: its kind and the rule behind it. Agents get neutral words, without a rhythm. */
import { useI18n } from 'vue-i18n'
import type { TaskRow } from '../domain/rows'
import { useNames } from './names'

export function useTaskWords() {
  const { t, te } = useI18n({ useScope: 'global' })
  const names = useNames()

  const kind = (task: TaskRow) => names.word('task', task.kind)
  function rule(task: TaskRow): string {
    if (!task.duty || task.rhythm_days == null) return ''
    return te(`duty.${task.duty}`) ? t(`duty.${task.duty}`, { n: task.rhythm_days }) : ''
  }
  return {
    kind,
    why: (task: TaskRow) => names.join([kind(task), rule(task)]),
    short: (tasks: readonly TaskRow[]) => [...new Set(tasks.map((x) => names.join([kind(x), rule(x)])))].join('; '),
  }
}
