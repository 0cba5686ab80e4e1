/** What tiers are called, as the two catalogues name them; and bands of limits and rates. */
import { useI18n } from 'vue-i18n'
import type { Band, SimulationResult } from '../../api/strategy'
import { useFormat } from '../../ui/useFormat'

const WAN_FEN = 1_000_000

export function useTierWord(result: () => Pick<SimulationResult, 'tiers'>): (code: string) => string {
  const { locale } = useI18n({ useScope: 'global' })
  return (code) => {
    const found = result().tiers.find((one) => one.code === code)
    return (locale.value === 'zh-CN' ? found?.zh : found?.en) ?? code
  }
}

/** Limits in 10,000 yuan, rates in per cent. */
export function useBandWord(): (value: 'limit' | 'rate', band: Pick<Band, 'over' | 'up_to'>) => string {
  const { t } = useI18n({ useScope: 'global' })
  const format = useFormat()
  return (value, { over, up_to }) => {
    const edge = (at: number) => (value === 'limit' ? String(at / WAN_FEN) : format.value.rate(at))
    if (value === 'limit' && up_to === 0) return '0'
    if (up_to === null) return t('strategy.over', { n: edge(over ?? 0) })
    return over === null || (value === 'limit' && over === 0) ? t('strategy.upTo', { n: edge(up_to) }) : t('strategy.between', { a: edge(over), b: edge(up_to) })
  }
}
