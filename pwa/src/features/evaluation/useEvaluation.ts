/** A session's row with what the screens say of it. */
import { computed, type Ref } from 'vue'
import { gradeOf, LEAST_REVIEWERS, resultOf, stageOf, type Result } from '../../domain/evaluation'
import type { Id } from '../../domain/rows'
import { useEngine } from '../engine'
import { useNames } from '../names'

/** The entry that makes a session, while the bank does not have it: what is handed in needs it. */
export function makersOf(engine: ReturnType<ReturnType<typeof useEngine>['use']>, session: Id): Id[] {
  return engine
    .outbox()
    .filter(({ command, state }) => command?.type === 'evaluation.create' && command.body.id === session && state !== 'received')
    .map(({ id }) => id)
}

export function useEvaluation(id: Ref<Id>) {
  const engine = useEngine()
  const names = useNames()
  const rows = engine.fromRows((e) => e.evaluations())
  const row = computed(() => rows.value.find((one) => one.id === id.value))
  const results = computed<Result[]>(() => (row.value?.results ?? []).map(resultOf))
  const handedIn = computed(() => row.value?.reviewers.filter((one) => one[4] !== null).length ?? 0)
  const place = computed(() => (row.value ? (row.value.grid_name || names.grid(row.value.grid_id)) : ''))
  const isHost = computed(() => row.value?.host_id === engine.staff?.id)
  const isClosed = computed(() => Boolean(row.value?.closed_at))
  const figure = engine.fromRows((e) => e.policy('evaluation_forms_needed') as unknown)
  /** With fewer forms there is no result. */
  const need = computed(() => (typeof figure.value === 'number' ? figure.value : LEAST_REVIEWERS))
  return { isClosed, need, row, results, handedIn, place, isHost, stageOf }
}

export function useGrades() {
  const engine = useEngine()
  const figure = engine.fromRows((e) => e.policy('evaluation_grades') as unknown)
  return (percent: number) => gradeOf(percent, figure.value)
}
