/** A draft's newest simulation, looked at again while it is being worked out. */
import { computed, onBeforeUnmount, shallowRef, watch, type Ref } from 'vue'
import { simulationOf, type Draft, type Simulation } from '../../api/strategy'
import { HTTP } from '../useOnline'

const LOOK_MS = 1_500
export const STAGES = ['copy', 'before', 'after', 'compare'] as const

export function useSimulation(draft: Readonly<Ref<Draft | undefined>>, ended: () => void) {
  const simulation = shallowRef<Simulation>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let gone = false

  async function look() {
    clearTimeout(timer)
    const wanted = draft.value?.simulation?.id
    if (!wanted || gone) return
    try {
      const before = simulation.value?.line
      const now = await simulationOf(HTTP, wanted)
      if (gone || draft.value?.simulation?.id !== wanted) return
      simulation.value = now
      if (isOpen(now)) timer = setTimeout(() => void look(), LOOK_MS)
      // the draft counts as simulated from now on
      else if (before && before.id === wanted && (before.state === 'queued' || before.state === 'running')) ended()
    } catch {
      // cut off for a while: it goes on at the bank meanwhile
      if (!gone) timer = setTimeout(() => void look(), LOOK_MS * 2)
    }
  }
  const isOpen = ({ line }: Simulation) => line.state === 'queued' || line.state === 'running'
  watch(draft, (now) => {
    if (simulation.value && simulation.value.line.id !== now?.simulation?.id) simulation.value = undefined
    void look()
  }, { immediate: true })
  onBeforeUnmount(() => {
    gone = true
    clearTimeout(timer)
  })
  const working = computed(() => !!simulation.value && isOpen(simulation.value))
  return { simulation, working, look }
}
