/** All that is known of a person, a record or a part of the file, in words, for a page that only shows. */
import { useI18n } from 'vue-i18n'
import { PERSON_FIELDS, personValues } from '../../domain/persons'
import { asTyped, RECORD_KINDS, valuesOf, type RecordField, type RecordValue } from '../../domain/records'
import type { CustomerKind, FileRow, MemberRow, RecordRow } from '../../domain/rows'
import { sectionFields, type Section } from '../../domain/sections'
import { useFormat } from '../../ui/useFormat'
import { useConsentWords } from '../consentWords'
import { useEngine } from '../engine'
import { useNames } from '../names'
import { usePersonWords } from '../personWords'
import { useRecordWords } from '../recordWords'
import { useSourceWords } from './useSourceWords'
import { useValueWords } from './useValueWords'

export interface Facts {
  title: string
  lines: { label: string; value: string; note?: string }[]
  note?: string
}

export function useFacts() {
  const { t } = useI18n({ useScope: 'global' })
  const engine = useEngine()
  const format = useFormat()
  const names = useNames()
  const people = usePersonWords()
  const consents = useConsentWords()
  const records = useRecordWords()
  const values = useValueWords()
  const sources = useSourceWords()

  function person(one: MemberRow, members: readonly MemberRow[]): Facts {
    const known = { ...personValues(one), id_number: one.id_known ? true : null }
    const said = PERSON_FIELDS.map(({ name, unit }) => {
      const value = known[name as keyof typeof known] ?? null
      const day = unit === 'day' && typeof value === 'string'
      return { label: people.field(name), value: day ? format.value.date(value, engine.use().today()) : people.value(name, value, members), note: sources.given(name, one.given) }
    })
    const signed = (one.consents ?? []).map((word) => ({ label: people.purpose(word[0]), value: t(word[1] ? 'consent.yes' : 'consent.no'), note: consents.said(word, one, members) }))
    return { title: one.name, lines: [...said.filter(({ value }) => value), ...signed] }
  }

  function inUnit(field: RecordField, value: RecordValue): string {
    if (value === null || value === '') return ''
    if (typeof value === 'boolean') return t(value ? 'file.yes' : 'file.no')
    if (field.unit === 'choice') return records.said(field.choices.find(({ code }) => code === value)) || String(value)
    if (field.unit === 'day') return format.value.date(String(value), engine.use().today())
    if (field.unit === 'customer') return engine.use().customers().find(({ id }) => id === value)?.name ?? t('look.ofTheBank')
    if (typeof value !== 'number') return value
    if (field.unit === 'fen') return values.money(value)
    if (field.unit === 'm2' || field.unit === 'mu') return format.value.areaText(value, { mu: field.unit === 'mu' })
    const number = field.unit === 'year' ? String(value) : format.value.count(asTyped(field.unit, value))
    return ['percent', 'months', 'years', 'kwh'].includes(field.unit) ? `${number} ${t(`file.unit_${field.unit}`)}` : number
  }
  function record(one: RecordRow): Facts {
    const known = valuesOf(one)
    const lines = (RECORD_KINDS[one.kind]?.fields ?? []).map((field) => ({ label: records.said(field), value: inUnit(field, known[field.name] ?? null) }))
    return { title: names.join([records.kind(one.kind), one.label]), lines: lines.filter(({ value }) => value), note: sources.said(one.source, one.observed_on, one.staff_id) }
  }

  function section(title: string, kind: CustomerKind, part: Section, file: FileRow | null): Facts {
    const lines = sectionFields(kind, part).flatMap((field) => {
      const found = file?.values?.[field]
      return found && found[0] !== null ? [{ label: values.fieldName(field), value: values.value(field, found[0]), note: sources.of(found) }] : []
    })
    return { title, lines }
  }
  return { person, record, section }
}
