/** What a condition says, as one would say it. */
import { computed, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Ground } from '../../api/audience'
import { isMany, type Row } from '../../domain/audience'
import { useFormat } from '../../ui/useFormat'
import { useNames } from '../names'

/** More values of a row than these are counted. */
const NAMED = 3

export function useAudienceWords(ground: Ref<Ground | undefined>) {
  const { t, locale } = useI18n({ useScope: 'global' })
  const format = useFormat()
  const names = useNames()
  const places = computed(() => {
    const { grids = [], branches = [], owners = [] } = ground.value ?? {}
    return new Map([...grids, ...branches, ...owners].map((one) => [one.id, one.name]))
  })
  const or = computed(() => (locale.value === 'zh-CN' ? '或' : ' or '))

  function value(by: Row['by'], code: string): string {
    if (by === 'tags') return names.term(`tag:${code}`)
    if (by === 'kind') return t(`audience.kind_${code}`)
    if (by === 'tier' || by === 'stage' || by === 'grade') return names.term(code, by)
    return places.value.get(code) ?? t('audience.elsewhere')
  }
  const figure = (by: Row['by'], n: number): string => (by === 'limit_fen' ? format.value.moneyText(n) : by === 'rate_bp' ? format.value.rate(n) : String(n))

  /** One condition; `not` is said before it. */
  function said(row: Row): string {
    const what = t(`audience.by_${row.by}`)
    if (isMany(row)) {
      const shown = row.of.length > NAMED ? [...row.of.slice(0, NAMED - 1).map((code) => value(row.by, code)), t('audience.others', { n: row.of.length - NAMED + 1 })] : row.of.map((code) => value(row.by, code))
      const values = shown.join(or.value)
      if (row.by === 'tags') return t(row.not ? 'audience.tags_not' : 'audience.tags_in', { values })
      return t(row.not ? 'audience.not_in' : 'audience.is_in', { what, values })
    }
    if (row.by === 'visited') return t(row.not ? 'audience.notVisited' : 'audience.visited', { n: row.days }, row.days)
    if (row.by === 'named') return t(row.not ? 'audience.notNamed' : 'audience.named', { text: row.text.trim() })
    const [least, most] = [row.least === null ? '' : figure(row.by, row.least), row.most === null ? '' : figure(row.by, row.most)]
    const range = least && most ? t('audience.between', { least, most }) : least ? t('audience.atLeast', { least }) : t('audience.atMost', { most })
    return t(row.not ? 'audience.not_range' : 'audience.is_range', { what, range })
  }
  return { value, said }
}
