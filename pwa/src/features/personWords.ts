/** What people's fields, their choices and the purposes of consents are called, in the language of the screen. */
import { PURPOSES } from '../domain/consents'
import { useI18n } from 'vue-i18n'
import { PERSON_FIELDS, type PersonValue } from '../domain/persons'
import type { MemberRow } from '../domain/rows'
import { useRecordWords } from './recordWords'

export function usePersonWords() {
  const { t } = useI18n({ useScope: 'global' })
  const { said } = useRecordWords()
  const fieldOf = (name: string) => PERSON_FIELDS.find((one) => one.name === name)

  /** A code that this app does not know yet is shown as it is. */
  const choice = (field: string, code: string): string => said(fieldOf(field)?.choices.find((one) => one.code === code)) || code
  const field = (name: string): string => said(fieldOf(name))
  /** What is said of a field, in words; '' for nothing. An ID number is only said to be there. */
  function value(name: string, given: PersonValue, members: readonly MemberRow[] = []): string {
    if (given === null || given === '') return ''
    if (typeof given === 'boolean') return t(name === 'id_number' ? 'person.filled' : given ? 'file.yes' : 'file.no')
    if (name === 'guardian_id') return members.find((one) => one.person_id === given)?.name ?? t('person.somebody')
    return choice(name, given)
  }
  const purpose = (code: string): string => said(PURPOSES.find((one) => one.code === code)) || code
  return { said, choice, field, value, purpose }
}
