/**
 * Whom somebody chooses, while they go through it and open customers from it: in memory, and gone when the phone locks or
 * somebody else signs in.
 */
import { defineStore } from 'pinia'
import { ref, shallowRef, watch } from 'vue'
import type { Chosen, Group } from '../../api/audience'
import type { Joined, Row } from '../../domain/audience'
import { useEngine } from '../engine'

export const useChosen = defineStore('chosen', () => {
  const engine = useEngine()
  const rows = ref<Row[]>([])
  const joined = ref<Joined>('all')
  const purpose = ref('')
  /** The group that is looked at in place of the rows. */
  const group = shallowRef<Group | null>(null)
  const people = shallowRef<{ customers: Chosen[]; more: boolean } | null>(null)
  function clear() {
    rows.value = []
    joined.value = 'all'
    purpose.value = ''
    group.value = null
    people.value = null
  }
  watch(
    () => engine.status.phase === 'ready' && !engine.status.readLocked,
    (open) => open || clear(),
  )
  return { rows, joined, purpose, group, people, clear }
})
