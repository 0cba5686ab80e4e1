/** A value of the file in words, money to the yuan: two amounts that differ must not read the same. */
import { useI18n } from 'vue-i18n'
import type { FieldValue } from '../../domain/rows'
import { useFormat } from '../../ui/useFormat'

export function useValueWords() {
  const { t, te } = useI18n({ useScope: 'global' })
  const format = useFormat()
  const money = (fen: number | null) => (fen === null ? t('decide.none') : format.value.moneyText(fen, { yuan: true }))
  function value(field: string, v: FieldValue): string {
    if (v === null || v === '') return t('decide.none')
    if (typeof v === 'number') return field.endsWith('_fen') ? money(v) : format.value.count(v)
    const key = `choice.${field}.${String(v)}`
    return te(key) ? t(key) : String(v)
  }
  const fieldName = (field: string) => (te(`field.${field}`) ? t(`field.${field}`) : field)
  return { value, money, fieldName }
}
