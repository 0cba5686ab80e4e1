/** Where a value comes from, how old it is and who gave it, in one quiet line. */
import type { Day, FileValue, Given, Id } from '../../domain/rows'
import { useFormat } from '../../ui/useFormat'
import { useEngine } from '../engine'
import { useNames } from '../names'

export function useSourceWords() {
  const engine = useEngine()
  const names = useNames()
  const format = useFormat()
  const today = engine.fromRows((e) => e.today())
  function said(source: string, day: Day | null, staff: Id | null | undefined): string {
    return names.join([names.word('source', source), day && format.value.date(day, today.value), staff && names.staff(staff)])
  }
  return {
    said,
    /** Of a field of a person. */
    given(field: string, groups: readonly Given[] | undefined): string {
      const [day, staff] = groups?.find(([, , fields]) => fields.includes(field)) ?? groups?.[0] ?? []
      if (!day) return ''
      // by whom is not told to everybody, and a register names nobody
      return staff ? said('collected', day, staff) : format.value.date(day, today.value)
    },
    /** Empty where nothing was ever said. */
    of: (value: FileValue | undefined): string => (value?.[2] ? said(value[1], value[2], value[3]) : ''),
  }
}
