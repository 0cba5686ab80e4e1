import { ref } from 'vue'
import { build } from '../../domain/commands'
import type { ApprovalRow } from '../../domain/rows'
import { useSave } from '../useSave'

/** Passing and sending back, as entries of the outbox like any other. */
export function useDecide() {
  const { save, busy, problem } = useSave()
  const returning = ref(false)
  const target = ref<ApprovalRow>()

  const approve = (rows: readonly ApprovalRow[]) => save(() => rows.map((a) => build.taskApprove({ task_id: a.id })))
  function ask(row: ApprovalRow) {
    problem.value = ''
    target.value = row
    returning.value = true
  }
  async function send(reason: string): Promise<boolean> {
    const row = target.value
    if (!row) return false
    const done = await save(() => [build.taskReturn({ task_id: row.id, reason })])
    if (done) returning.value = false
    return done
  }
  return { approve, ask, send, returning, target, busy, problem }
}
