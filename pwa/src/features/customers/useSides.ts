/** Two households as rows of two cells: what each has, where from and how old. */
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import type { SideBySide, WholeHousehold } from '../../api/duplicates'
import { useFormat } from '../../ui/useFormat'
import { useEngine } from '../engine'
import { useNames } from '../names'
import { usePersonWords } from '../personWords'
import { useRecordWords } from '../recordWords'
import { useValueWords } from './useValueWords'

interface Cell {
  lines: string[]
  /** Source and age. */
  note?: string
}

export interface SideRow {
  label: string
  cells: [Cell, Cell]
  differs: boolean
}

export function useSides(of: () => SideBySide | undefined) {
  const { t } = useI18n({ useScope: 'global' })
  const engine = useEngine()
  const format = useFormat()
  const names = useNames()
  const people = usePersonWords()
  const records = useRecordWords()
  const values = useValueWords()
  const nothing = () => [t('duplicates.empty')]
  const on = (day: string | null) => day && format.value.date(day, engine.use().today())

  function row(label: string, cell: (one: WholeHousehold, place: 0 | 1) => Cell): SideRow {
    const [one, other] = (of() as SideBySide).households
    const cells: [Cell, Cell] = [cell(one, 0), cell(other, 1)]
    return { label, cells, differs: cells[0].lines.join() !== cells[1].lines.join() }
  }
  const lines = (label: string, say: (one: WholeHousehold) => string[]) => row(label, (one) => ({ lines: say(one).length ? say(one) : nothing() }))
  function member(one: WholeHousehold['members'][number]): string {
    return names.join([one.name, people.choice('relation', one.relation), on(one.birth_on), one.phone])
  }
  function field(name: string): SideRow {
    return row(values.fieldName(name), ({ file }) => {
      const found = file.values?.[name]
      if (!found || found[0] === null) return { lines: nothing() }
      const [value, source, seen, staff] = found
      return { lines: [values.value(name, value)], note: names.join([source && names.word('source', source), on(seen), staff && names.staff(staff)]) }
    })
  }

  return computed<SideRow[]>(() => {
    const found = of()
    if (!found) return []
    const fields = [...new Set(found.households.flatMap(({ file }) => Object.keys(file.values ?? {})))].sort()
    const summary = [found.pair.one, found.pair.other]
    const known = (one: WholeHousehold) => summary.find(({ id }) => id === one.customer.id)
    return [
      lines(t('field.address'), ({ customer }) => [customer.address].filter(Boolean)),
      lines(t('field.phone'), ({ customer }) => [customer.phone ?? ''].filter(Boolean)),
      lines(t(found.pair.business ? 'duplicates.membersShop' : 'duplicates.members'), ({ members }) => members.map(member)),
      lines(t('duplicates.since'), (one) => [on(known(one)?.created_on ?? null) ?? ''].filter(Boolean)),
      lines(t('duplicates.points'), ({ file }) => [String(file.points ?? 0)]),
      ...fields.map(field),
      lines(t('duplicates.records'), (one) => one.records.map((thing) => names.join([records.kind(thing.kind), thing.label, thing.value_fen !== null && values.money(thing.value_fen), on(thing.observed_on)]))),
      lines(t('duplicates.visits'), (one) => [t('duplicates.times', { n: one.visits })]),
      lines(t('duplicates.known'), (one) => [t(one.known_to_bank ? 'duplicates.has' : 'duplicates.empty')]),
    ]
  })
}
