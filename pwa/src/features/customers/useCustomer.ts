/** One customer with everything the phone knows of it, read again when rows or the outbox change. */
import { ref, shallowRef, watch, type Ref } from 'vue'
import type { Id } from '../../domain/rows'
import type { CustomerView } from '../../domain/views'
import { useEngine } from '../engine'
import { problemCode } from '../problems'

export function useCustomer(id: Ref<Id>) {
  const engine = useEngine()
  const view = shallowRef<CustomerView>()
  const problem = ref('')
  let run = 0
  watch(
    [id, () => engine.rowsMark],
    async ([now], [before]) => {
      const mine = ++run
      if (now !== before) view.value = undefined
      try {
        const read = await engine.use().customer(now)
        if (mine !== run) return
        view.value = read
        problem.value = ''
      } catch (error) {
        if (mine !== run) return
        view.value = undefined
        problem.value = problemCode(error)
      }
    },
    { immediate: true },
  )
  return { view, problem }
}
