/** A page that lives at the bank: asked for when it opens, when the network is back, and when the person says so. */
import { computed, ref, shallowRef, watch } from 'vue'
import type { HttpOptions } from '../api/http'
import { useEngine } from './engine'
import { useProblems } from './problems'

export const HTTP: HttpOptions = { fetch: (...given) => fetch(...given), baseUrl: '' }

export function useOnline<T>(ask: () => Promise<T>) {
  const engine = useEngine()
  const { say } = useProblems()
  const answer = shallowRef<T>()
  /** What was thrown, put into words as it is shown. */
  const failure = shallowRef<unknown>()
  const loading = ref(false)
  const at = ref<number | null>(null)
  let run = 0

  async function load() {
    const mine = ++run
    loading.value = true
    try {
      const got = await ask()
      if (mine !== run) return
      answer.value = got
      failure.value = undefined
      at.value = engine.use().now()
    } catch (error) {
      if (mine === run) failure.value = error
    } finally {
      if (mine === run) loading.value = false
    }
  }
  watch(() => engine.status.online, (online, before) => online && before === false && void load())
  void load()

  const cut = computed(() => !engine.status.online || (failure.value as Error | undefined)?.name === 'NetworkError')
  const problem = computed(() => (failure.value ? say(failure.value) : ''))
  return { answer, failure, problem, cut, loading, at, load }
}
