/** A grade as it is said: none is a word of its own. */
import { useI18n } from 'vue-i18n'

export function useGradeWord(): (grade: string | null) => string {
  const { t } = useI18n({ useScope: 'global' })
  return (grade) => (grade === null ? t('grades.nothing') : grade === 'none' ? t('grades.none') : grade)
}
