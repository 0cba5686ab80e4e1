/** Numbers of the strategy in the units in which people think: money in yuan, the rest as it is kept. */
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import type { FieldValue } from '../../api/strategy'
import { useFormat } from '../../ui/useFormat'

const FEN = 100

/** What is typed, in yuan or whole units; undefined: no such number. */
export function typedNumber(text: string, unit: string): number | undefined {
  const plain = text.trim().replaceAll(',', '')
  if (!/^-?\d{1,13}(\.\d{1,2})?$/.test(plain)) return undefined
  const value = Math.round(Number(plain) * (unit === 'fen' ? FEN : 1) * FEN) / FEN
  return Number.isInteger(value) ? value : undefined
}

/** As it stands in a field. */
export const fieldText = (value: number, unit: string): string => String(unit === 'fen' ? value / FEN : value)

export function useNumbers() {
  const { t, te, locale } = useI18n({ useScope: 'global' })
  const format = useFormat()
  const number = (value: number, unit: string): string => {
    if (unit === 'fen') return format.value.moneyText(value, value % (FEN * 1000) ? { yuan: true } : {})
    return te(`strategy.num_${unit}`) ? t(`strategy.num_${unit}`, { n: format.value.count(value) }, value) : format.value.count(value)
  }
  /** A number with its unit, or what it says. */
  const value = (one: FieldValue, unit: string): string => (one.number === null ? (locale.value === 'zh-CN' ? one.zh : one.en) : number(one.number, one.unit || unit))
  return computed(() => ({ number, value }))
}
