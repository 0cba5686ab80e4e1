/** What tiers are called: as the two catalogues name them. */
import { useI18n } from 'vue-i18n'
import type { SimulationResult } from '../../api/strategy'

export function useTierWord(result: () => Pick<SimulationResult, 'tiers'>): (code: string) => string {
  const { locale } = useI18n({ useScope: 'global' })
  return (code) => {
    const found = result().tiers.find((one) => one.code === code)
    return (locale.value === 'zh-CN' ? found?.zh : found?.en) ?? code
  }
}
