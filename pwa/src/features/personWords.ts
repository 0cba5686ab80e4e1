/** What people's fields, their choices and the purposes of consents are called, in the language of the screen. */
import { PURPOSES } from '../domain/consents'
import { PERSON_FIELDS } from '../domain/persons'
import { useRecordWords } from './recordWords'

export function usePersonWords() {
  const { said } = useRecordWords()
  const fieldOf = (name: string) => PERSON_FIELDS.find((one) => one.name === name)

  /** A code that this app does not know yet is shown as it is. */
  const choice = (field: string, code: string): string => said(fieldOf(field)?.choices.find((one) => one.code === code)) || code
  const field = (name: string): string => said(fieldOf(name))
  const purpose = (code: string): string => said(PURPOSES.find((one) => one.code === code)) || code
  return { said, choice, field, purpose }
}
