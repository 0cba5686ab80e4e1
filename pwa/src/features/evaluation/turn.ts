/**
 * One reviewer's turn. What they say is in memory while they answer; of each household that they have passed only the
 * sealed form is kept, encrypted as drafts are, so that a killed app goes on where it was and yet shows nothing of it.
 * A form that is answered again takes the place of the former one, until all are handed in.
 */
import { computed, reactive, ref } from 'vue'
import { build } from '../../domain/commands'
import { openQuestion, type FormAnswers, type Knows } from '../../domain/evaluation'
import type { Id } from '../../domain/rows'
import type { Engine } from '../../sync/types'

interface Kept {
  /** By household: sealed to the bank, opened by nobody here. */
  sealed: Record<Id, Uint8Array>
}

export const turnKey = (session: Id, reviewer: Id): string => `evaluation:${session}:${reviewer}`

/** How many households a reviewer has answered who has not handed in. */
export const answeredIn = (engine: Engine, session: Id, reviewer: Id): number => Object.keys(engine.drafts.get<Kept>(turnKey(session, reviewer))?.sealed ?? {}).length

const blank = (): FormAnswers & { said: boolean } => ({ knows: 'yes', grades: {}, limit_fen: null, said: false })

export function useTurn(engine: Engine, session: Id, reviewer: Id, households: readonly Id[]) {
  const key = turnKey(session, reviewer)
  const sealed = reactive(new Map<Id, Uint8Array>(Object.entries(engine.drafts.get<Kept>(key)?.sealed ?? {})))
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
      const bytes = await engine.sealForm(session, reviewer, about, { ...answers, grades: { ...answers.grades } })
      await engine.drafts.put(key, { sealed: { ...Object.fromEntries(sealed), [about]: bytes } } satisfies Kept)
      sealed.set(about, bytes)
      failed.value = false
      return true
    } catch {
      failed.value = true
      return false
    }
  }

  /** All forms as one entry of the outbox; the draft goes in the same transaction. Throws as `Engine.save`. */
  async function handIn(needs: Id[]): Promise<void> {
    const forms = households.flatMap((customer_id) => {
      const bytes = sealed.get(customer_id)
      return bytes ? [{ customer_id, sealed: bytes }] : []
    })
    await engine.save([build.evaluationHandIn({ session_id: session, reviewer_id: reviewer, forms }, { needs })], [], { draft: key })
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
