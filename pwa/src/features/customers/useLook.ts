/** A customer whom this phone does not hold, shown by the bank while the page is open; head office says what for first. */
import { computed, onBeforeUnmount, ref, watch, type Ref } from 'vue'
import type { Id } from '../../domain/rows'
import { useEngine } from '../engine'
import { problemCode } from '../problems'
import { useOnline } from '../useOnline'
import { useFound } from './found'

/** `missing`: the phone does not hold the customer. */
export function useLook(id: Id, missing: Readonly<Ref<boolean>>) {
  const engine = useEngine()
  /** As it was said when they were looked for. */
  const purpose = ref(engine.oversees ? useFound().purpose : '')
  const said = ref(false)
  /** Head office has not said yet what for. */
  const asking = computed(() => engine.oversees && missing.value && !said.value)
  /** Who it is by now, once the bank has shown them. */
  const shown = ref<Id | null>(null)
  let left = false

  const { failure, problem, cut, loading, at, load } = useOnline(async () => {
    if (!engine.looks || asking.value || !(missing.value || shown.value)) return
    const found = await engine.use().look(id, engine.oversees ? purpose.value.trim() : undefined)
    if (left) engine.use().forgetLook(found)
    else shown.value = found
  })
  watch(missing, (now) => now && !asking.value && void load())
  onBeforeUnmount(() => {
    left = true
    engine.use().forgetLook(id)
  })

  function sayWhy() {
    said.value = true
    void load()
  }
  const code = computed(() => (failure.value ? problemCode(failure.value) : ''))
  return { shown, problem, cut, loading, at, load, code, purpose, asking, sayWhy }
}
