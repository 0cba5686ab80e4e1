/** Codes, people and times of the strategy in words. */
import { useI18n } from 'vue-i18n'
import type { Draft, DraftState, Run, RuleProblem, Version, Who } from '../../api/strategy'
import { dayOf } from '../../domain/dates'
import { useFormat } from '../../ui/useFormat'
import { useEngine } from '../engine'

/** Values of what is wrong that are types. */
const TYPED: ReadonlySet<string> = new Set(['type', 'other', 'wanted', 'types'])
export type Tag = 'overdue' | 'due' | 'later' | 'passed' | 'barred'

const DRAFT_TAGS: Record<DraftState, Tag> = { draft: 'later', checked: 'later', simulated: 'passed', submitted: 'due', published: 'passed', dropped: 'later' }
const RUN_TAGS: Record<Run['state'], Tag> = { running: 'later', done: 'passed', held: 'due', settled: 'later', cut: 'later', failed: 'barred', superseded: 'later' }
const VERSION_TAGS: Record<Version['state'], Tag> = { waiting: 'due', in_force: 'passed', retired: 'later', withdrawn: 'later' }

export function useStrategyWords() {
  const engine = useEngine()
  const { t, te, locale } = useI18n({ useScope: 'global' })
  const format = useFormat()
  const now = () => engine.use().now()

  const when = (at: string) => format.value.moment(Date.parse(at), now(), { withTime: true })
  const day = (on: string) => format.value.date(on, dayOf(now()))
  /** In the reader's language; the other where it is missing. */
  const named = (one: { zh: string; en: string }) => (locale.value === 'zh-CN' ? one.zh || one.en : one.en || one.zh)
  /** A folder of files, or a key of definitions. */
  const kind = (code: string) => (te(`strategy.kind_${code}`) ? t(`strategy.kind_${code}`) : code)
  /** A unit, or the type of what has none. */
  const unit = (code: string) => [`strategy.unit_${code}`, `strategy.type_${code}`].filter((key) => te(key)).map((key) => t(key))[0] ?? code
  const person = (who: Who | null) => who?.name ?? '–'

  /** Types are said in words; what a newer bank knows is told as it says it. */
  function wrong({ code, values, message }: RuleProblem): string {
    if (!te(`strategy.wrong.${code}`)) return t('strategy.wrongOther', { why: message })
    const typed = (said: string) => said.split(' and ').map((one) => (te(`strategy.type_${one}`) ? t(`strategy.type_${one}`) : one)).join(t('strategy.and'))
    return t(`strategy.wrong.${code}`, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, TYPED.has(name) ? typed(value) : value])))
  }
  const draftState = (one: Draft): { tag: Tag; text: string } =>
    one.returned_reason && one.state !== 'submitted' && one.state !== 'published' && one.state !== 'dropped' ? { tag: 'due', text: t('strategy.returned') } : { tag: DRAFT_TAGS[one.state], text: t(`strategy.state_${one.state}`) }
  const versionState = (one: Version): { tag: Tag; text: string } => ({ tag: VERSION_TAGS[one.state], text: t(`strategy.version_${one.state}`) })
  const runState = (one: Run): { tag: Tag; text: string } =>
    one.state === 'held' && !one.is_waiting ? { tag: 'later', text: t(one.released_at ? 'strategy.runReleased' : 'strategy.run_superseded') } : { tag: RUN_TAGS[one.state], text: t(`strategy.run_${one.state}`) }
  const cause = (code: string) => (te(`strategy.cause_${code}`) ? t(`strategy.cause_${code}`) : t('strategy.cause_everybody'))
  return { when, day, named, kind, unit, person, wrong, draftState, versionState, runState, cause }
}
