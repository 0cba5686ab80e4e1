/** What went wrong, as a code with a text of ours; the server's own words only where we have none. */
import { useI18n } from 'vue-i18n'

export function problemCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : 'unexpected'
}

export function useProblems() {
  const { t, te } = useI18n({ useScope: 'global' })
  /** One line for a code, or for what was thrown. */
  function say(problem: unknown): string {
    const code = typeof problem === 'string' ? problem : problemCode(problem)
    if (te(`problem.${code}`)) return t(`problem.${code}`)
    const detail = (problem as { detail?: unknown } | null)?.detail
    return typeof detail === 'string' && detail ? detail : t('problem.unexpected')
  }
  return { say }
}
