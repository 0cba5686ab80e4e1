/**
 * What head office looked for and found, while it goes through it: in memory, and gone when the phone locks or somebody
 * else signs in. What for is said once; the bank keeps it with each look.
 */
import { defineStore } from 'pinia'
import { ref, shallowRef, watch } from 'vue'
import type { FoundCustomers } from '../../api/customers'
import { useEngine } from '../engine'

export const useFound = defineStore('found', () => {
  const engine = useEngine()
  const purpose = ref('')
  const text = ref('')
  const answer = shallowRef<FoundCustomers | null>(null)
  watch(
    () => engine.status.phase === 'ready' && !engine.status.readLocked,
    (open) => {
      if (open) return
      purpose.value = text.value = ''
      answer.value = null
    },
  )
  return { purpose, text, answer }
})
