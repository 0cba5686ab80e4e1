/** Which clean approvals this person has looked at; only those can be passed together. Kept until they are decided. */
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { Id } from '../../domain/rows'
import { useEngine } from '../engine'

const KEY = 'approvals:seen'

export const useSeen = defineStore('approvals-seen', () => {
  const engine = useEngine()
  const ids = shallowRef<ReadonlySet<Id>>(new Set())
  /** Read once a page opens: before unlocking there is nothing to read. */
  function load() {
    ids.value = new Set(engine.use().drafts.get<Id[]>(KEY) ?? [])
  }
  async function add(id: Id) {
    if (ids.value.has(id)) return
    ids.value = new Set([...ids.value, id])
    // What has been decided meanwhile is forgotten here.
    const waiting = new Set(engine.use().approvals().filter((a) => a.state === 'submitted').map((a) => a.id))
    await engine.use().drafts.put(KEY, [...ids.value].filter((x) => waiting.has(x)))
  }
  return { ids: computed(() => ids.value), load, add }
})
