/** Work that a button starts: one at a time, and what went wrong in words. */
import { ref } from 'vue'
import { useProblems } from './problems'
import { useSaid } from './said'

export function useWork() {
  const { say } = useProblems()
  const busy = ref(false)
  const problem = useSaid()

  /** True once it is done; a second tap meanwhile starts nothing. */
  async function run(work: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    problem.value = ''
    try {
      await work()
      return true
    } catch (error) {
      problem.value = () => say(error)
      return false
    } finally {
      busy.value = false
    }
  }
  return { busy, problem, run }
}
