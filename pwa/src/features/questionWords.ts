/** Questions of a file in words. */
import { useI18n } from 'vue-i18n'
import { MISMATCHES, type Question } from '../domain/questions'
import type { CustomerKind, Day } from '../domain/rows'
import type { CustomerView } from '../domain/views'
import { useFormat } from '../ui/useFormat'
import { useNames } from './names'
import { useRecordWords } from './recordWords'

export function useQuestionWords() {
  const { t, te } = useI18n({ useScope: 'global' })
  const format = useFormat()
  const names = useNames()
  const records = useRecordWords()

  /** What a question is about: a section, what does not fit together, a record; a new code of the bank shows as it is. */
  function about(code: string, view: CustomerView): string {
    const record = view.records.find(({ id }) => id === code)
    if (record) return names.join([records.kind(record.kind), record.label])
    return records.said(MISMATCHES[code]) || section(code, view.customer.kind)
  }
  /** Of a business it is turnover that counts as income. */
  function section(code: string, kind: CustomerKind): string {
    const own = `section.${code}_${kind}`
    return te(own) ? t(own) : names.word('section', code)
  }
  return {
    about,
    section,
    title: (one: Question, view: CustomerView) => about(one.about, view),
    why(one: Question, today: Day): string {
      if (one.why === 'mismatch') return t('questions.mismatch')
      const n = Math.round(one.points ?? 0)
      if (one.since !== null) return names.join([t('questions.old', { day: format.value.date(one.since, today) }), n > 0 && t('questions.morePoints', { n })])
      return n > 0 ? t('questions.missingPoints', { n }) : t('questions.missing')
    },
  }
}
