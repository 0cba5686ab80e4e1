/**
 * One reviewer's turn. What they say is in memory while they answer; of each household that they have passed only the
 * sealed form is kept, so that a killed app goes on where it was and yet shows nothing of it. A form that is answered
 * again takes the place of the former one, until all are handed in.
 */
import { computed, reactive, ref } from 'vue'
import { openQuestion, type FormAnswers, type Knows } from '../../domain/evaluation'
import type { Id } from '../../domain/rows'

/** A household as reviewers are asked about it. */
export interface Asked {
  id: Id
  name: string
  address: string
}

export type Sealed = Record<Id, Uint8Array<ArrayBuffer>>

/** Where a turn is held: the host's phone, or the reviewer's own. */
export interface Desk {
  /** By household what was sealed before; opened by nobody here. */
  kept: Sealed
  seal(customer: Id, answers: FormAnswers): Promise<Uint8Array<ArrayBuffer>>
  /** All that is sealed by now. Throws where the phone can't keep it. */
  keep(sealed: Sealed): Promise<void>
  /** All forms, in the order of the households. Throws as the desk does. */
  handIn(forms: { customer_id: Id; sealed: Uint8Array<ArrayBuffer> }[]): Promise<void>
}

const blank = (): FormAnswers & { said: boolean } => ({ knows: 'yes', grades: {}, limit_fen: null, said: false })

export function useTurn(desk: Desk, households: readonly Id[]) {
  const sealed = reactive(new Map<Id, Uint8Array<ArrayBuffer>>(Object.entries(desk.kept)))
  /** What was said since the turn was opened: in memory only. */
  const spoken = reactive(new Map<Id, FormAnswers & { said: boolean }>())
  const at = ref(Math.max(0, households.findIndex((id) => !sealed.has(id))))
  const failed = ref(false)

  const here = computed(() => households[at.value] as Id)
  const form = computed(() => spoken.get(here.value) ?? blank())
  const answered = computed(() => sealed.size)
  /** Answered before the app was closed: it is there, and can't be shown. */
  const hidden = computed(() => sealed.has(here.value) && !spoken.has(here.value))
  const missing = computed(() => (form.value.said ? openQuestion(form.value) : null))
  const whole = computed(() => form.value.said && missing.value === null)

  function say(change: Partial<FormAnswers>) {
    spoken.set(here.value, { ...form.value, ...change, said: true })
  }
  const knows = (value: Knows) => say(value === 'yes' ? { knows: value } : { knows: value, grades: {}, limit_fen: null })

  /** Seals what was said about the present household and keeps it. False where the phone can't. */
  async function keep(): Promise<boolean> {
    if (!whole.value) return hidden.value
    const { said: _said, ...answers } = form.value
    const about = here.value
    try {
      const bytes = await desk.seal(about, { ...answers, grades: { ...answers.grades } })
      await desk.keep({ ...Object.fromEntries(sealed), [about]: bytes })
      sealed.set(about, bytes)
      failed.value = false
      return true
    } catch {
      failed.value = true
      return false
    }
  }

  /** All forms at once. Throws as the desk. */
  async function handIn(): Promise<void> {
    await desk.handIn(
      households.flatMap((customer_id) => {
        const bytes = sealed.get(customer_id)
        return bytes ? [{ customer_id, sealed: bytes }] : []
      }),
    )
    spoken.clear()
  }

  /** How many of each answer this reviewer gave, as far as it is known here. */
  const counts = computed(() => {
    const found = { yes: 0, no: 0, relative: 0, hidden: 0 }
    for (const id of sealed.keys()) {
      const said = spoken.get(id)
      found[said ? said.knows : 'hidden']++
    }
    return found
  })

  return { at, here, form, answered, hidden, missing, whole, failed, counts, say, knows, keep, handIn }
}
