/** Who may be known already while somebody new is typed: from the phone's own rows, without a network. */
import { computed, onMounted, ref, shallowRef, watch } from 'vue'
import { alikeOf, type KnownPeople, type Someone, type Typed } from '../../domain/alike'
import { build, type NewCommand } from '../../domain/commands'
import type { Id } from '../../domain/rows'
import { useEngine } from '../engine'

/** By what an answer is kept. */
export const keyOf = (one: Someone): Id => one.person_id ?? one.customer_id

const quietly = () => new Promise<void>((resolve) => setTimeout(resolve))

/**
 * `answered`: who was said to be somebody else, kept with the draft. `off`: nobody new is typed here.
 */
export function useAlike(typed: () => Typed, answered: () => Id[], off: () => boolean = () => false) {
  const engine = useEngine()
  const known = shallowRef<KnownPeople>()
  /** Moves when the characters that were just typed are learned. */
  const learned = ref(0)

  const read = () => {
    if (off() || engine.status.readLocked) return
    // without it the form is what it was; the bank looks again at the push and at night
    engine.use().knownPeople(quietly).then((now) => (known.value = now), () => undefined)
  }
  onMounted(read)
  watch(() => engine.rowsMark, read)
  watch([() => typed().name, known], async ([name]) => {
    await known.value?.sounds.learn([name])
    learned.value++
  })

  const grids = engine.fromRows((e) => new Map(e.customers().map((one) => [one.id, one.grid_id])))
  const found = computed(() => {
    void learned.value
    return known.value && !off() ? alikeOf(typed(), known.value.people, known.value.sounds, (id) => grids.value.get(id)) : []
  })
  /** The answers as entries of their own, about those who would still be offered. */
  const declines = (person: Id, needs: Id): NewCommand[] =>
    found.value.flatMap(({ one }) => (one.person_id && answered().includes(one.person_id) ? [build.duplicateDecline({ person_id: person, other_id: one.person_id }, { needs: [needs] })] : []))
  return { found, declines }
}
