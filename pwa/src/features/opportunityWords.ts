/** An opportunity in words: from the catalogue where it names it; a limit that rose is told by its amounts. */
import { useI18n } from 'vue-i18n'
import type { Opportunity } from '../domain/opportunities'
import type { Day } from '../domain/rows'
import { useFormat } from '../ui/useFormat'
import { useNames } from './names'

const LIMIT_RAISED = 'limit_raised'
type Named = Pick<Opportunity, 'event'>

export function useOpportunityWords() {
  const { t, te } = useI18n({ useScope: 'global' })
  const names = useNames()
  const format = useFormat()

  const name = ({ event }: Named) => (event === LIMIT_RAISED ? t('opportunities.limit_raised') : names.term(event, 'event'))
  /** Why it is there, in a sentence; '' where the phone does not know. */
  function why(one: Opportunity): string {
    if (one.event !== LIMIT_RAISED) return names.termText(one.event, 'event')
    if (one.beforeFen === null || one.afterFen === null) return ''
    return t('opportunities.limitWhy', { before: format.value.moneyText(one.beforeFen), after: format.value.moneyText(one.afterFen) })
  }
  const script = ({ event }: Named) => (event === LIMIT_RAISED ? t('opportunities.limitScript') : names.termText(event, 'script'))
  function dimension(code: string): string {
    const own = `opportunities.dimension_${code}`
    return te(own) ? t(own) : names.term(code, 'event_dimension')
  }
  const until = (day: Day, today: Day) => (day === today ? t('opportunities.lastDay') : t('opportunities.until', { day: format.value.date(day, today) }))
  const stage = ({ stage: at }: Pick<Opportunity, 'stage'>) => t(`opportunities.stage_${at}`)
  const reason = (code: string | null) => (code && te(`opportunities.reason_${code}`) ? t(`opportunities.reason_${code}`) : '')
  return { name, why, script, dimension, until, stage, reason }
}
