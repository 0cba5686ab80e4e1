/** The last contact of the households on screen, read in the background so that the list itself never waits. */
import { shallowReactive, watch, type Ref } from 'vue'
import type { Id, VisitRow } from '../domain/rows'
import { useEngine } from './engine'

export function useLastContacts(ids: Ref<readonly Id[]>) {
  const engine = useEngine()
  const found = shallowReactive(new Map<Id, VisitRow | null>())
  let run = 0
  watch(
    [ids, () => engine.rowsMark],
    async () => {
      const mine = ++run
      for (const id of ids.value) {
        if (mine !== run) return
        try {
          found.set(id, (await engine.use().customer(id)).visits[0] ?? null)
        } catch {
          // Not on this phone (any more), or locked meanwhile: the line stays away.
          found.delete(id)
        }
      }
    },
    { immediate: true },
  )
  return found
}
