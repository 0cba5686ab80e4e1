/** How much of a record there is, in words: pieces, area, worth; nothing that its label says already. */
import { useI18n } from 'vue-i18n'
import type { RecordRow } from '../../domain/rows'
import { useFormat } from '../../ui/useFormat'
import { useNames } from '../names'
import { besideLabel } from './fields'

export function useRecordLine() {
  const { t } = useI18n({ useScope: 'global' })
  const format = useFormat()
  const names = useNames()
  return (one: Pick<RecordRow, 'kind' | 'label' | 'quantity' | 'area_m2' | 'value_fen'>): string =>
    names.join(
      besideLabel(one.label, one, {
        pieces: one.quantity === null ? '' : t('customers.pieces', { n: format.value.count(one.quantity) }),
        area: one.area_m2 === null ? '' : format.value.areaText(one.area_m2, { mu: one.kind === 'farmland' }),
        value: one.value_fen === null ? '' : format.value.moneyText(one.value_fen),
      }),
    )
}
