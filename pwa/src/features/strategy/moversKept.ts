/** The customers that move most, and those behind a figure, while head office goes through them: in memory, gone when the device locks. Each time they are asked for is on record. */
import { defineStore } from 'pinia'
import { ref, shallowRef, watch } from 'vue'
import type { Mover } from '../../api/strategy'
import { useEngine } from '../engine'

export const useMoversKept = defineStore('movers', () => {
  const engine = useEngine()
  const purpose = ref('')
  const simulation = ref('')
  const movers = shallowRef<readonly Mover[]>([])
  /** Those behind one figure, as far as they were asked for. */
  const list = shallowRef<{ key: string; total: number; customers: readonly Mover[] }>()
  watch(
    () => engine.status.phase === 'ready' && !engine.status.readLocked,
    (open) => {
      if (open) return
      purpose.value = simulation.value = ''
      movers.value = []
      list.value = undefined
    },
  )
  return { purpose, simulation, movers, list }
})
