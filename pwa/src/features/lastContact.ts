/** The last contact of a household on screen, read in the background so that the list itself never waits. */
import { onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue'
import type { Id } from '../domain/rows'
import type { VisitRow } from '../domain/visitRows'
import { useEngine } from './engine'

export function useLastContact(id: () => Id): ShallowRef<VisitRow | null> {
  const engine = useEngine()
  const found = shallowRef<VisitRow | null>(null)
  let run = 0
  watch(
    [id, () => engine.rowsMark],
    async ([asked]) => {
      const mine = ++run
      // The list is drawn first; and who scrolls past needs none of it.
      await new Promise((resolve) => setTimeout(resolve, 50))
      if (mine !== run) return
      // Not on this phone (any more), or locked meanwhile: the line stays away.
      const last = await engine.use().lastVisit(asked).catch(() => null)
      if (mine === run) found.value = last
    },
    { immediate: true },
  )
  onScopeDispose(() => run++)
  return found
}
