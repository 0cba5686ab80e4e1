/** Why two people may be one, and where their households are, in words. */
import { useI18n } from 'vue-i18n'
import type { DuplicateHouseholds, DuplicatePeople, Household } from '../../api/duplicates'
import { useNames } from '../names'

/** From here on it is very likely, not only perhaps. */
const LIKELY_PER_MILLE = 980

export function useDuplicateWords() {
  const { t } = useI18n({ useScope: 'global' })
  const names = useNames()
  const why = ({ reasons }: Pick<DuplicatePeople, 'reasons'>) => names.join(reasons.map((one) => names.word('duplicates', `because_${one}`)))
  const people = (two: DuplicatePeople) => t('duplicates.people', { one: two.name, other: two.other_name, why: why(two) })
  const where = (one: Household) => names.join([one.grid_name, one.address])
  const likely = (found: readonly Pick<DuplicatePeople, 'per_mille'>[]) => t(found.some((two) => two.per_mille >= LIKELY_PER_MILLE) ? 'duplicates.likely' : 'duplicates.perhaps')
  /** Of businesses, what agrees; of people who they are too. */
  const lines = (found: DuplicateHouseholds) => (found.business ? [why(found.business)] : found.people.map(people))
  const likelyOf = ({ people: found, business }: DuplicateHouseholds) => likely(business ? [business] : found)
  return { lines, likelyOf, where, likely, why }
}
