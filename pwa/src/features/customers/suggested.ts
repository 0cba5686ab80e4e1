/** What a suggested edit would change, line by line: what stands now, what it would become. Pure. */
import type { CommandBodies } from '../../domain/commands'
import type { PersonValue } from '../../domain/persons'
import type { RecordRow, FieldValue, FileRow, MemberRow, SuggestionRow } from '../../domain/rows'

export type SuggestedLine =
  | { kind: 'field'; field: string; now: FieldValue; then: FieldValue }
  /** `now` null: it would be new; `then` null: it would be gone, for `reason`. */
  | { kind: 'record'; recordKind: string; now: RecordFacts | null; then: RecordFacts | null; reason: string }
  /** `name`: whom it is about; `''` where nobody knows. */
  | { kind: 'person'; name: string; field: string; now: PersonValue; then: PersonValue }
  | { kind: 'left'; name: string; reason: string }
  | { kind: 'back'; name: string }
  | { kind: 'photo' }

export interface RecordFacts {
  label: string
  value_fen: number | null
}

export function suggestedLines(row: Pick<SuggestionRow, 'type' | 'body'>, file: FileRow | null, records: readonly RecordRow[], members: readonly MemberRow[] = []): SuggestedLine[] {
  if (row.type.startsWith('member.')) {
    const body = row.body as { id: string; person_name?: string | null; reason?: string; edits?: CommandBodies['member.put']['edits'] }
    const there = members.find(({ id }) => id === body.id)
    const name = there?.name ?? body.person_name ?? ''
    const now = (there ?? {}) as unknown as Record<string, PersonValue | undefined>
    if (row.type === 'member.put') return (body.edits ?? []).map(({ field, value }) => ({ kind: 'person', name, field, now: field === 'id_number' ? there?.id_known || null : (now[field] ?? null), then: value }))
    if (row.type === 'member.remove') return [{ kind: 'left', name, reason: body.reason ?? '' }]
    if (row.type === 'member.restore') return [{ kind: 'back', name }]
  }
  if (row.type === 'photo.remove') return [{ kind: 'photo' }]
  if (row.type === 'customer.set_values') {
    const { edits } = row.body as CommandBodies['customer.set_values']
    return edits.map(({ field, value }) => ({ kind: 'field', field, now: file?.values?.[field]?.[0] ?? null, then: value }))
  }
  if (row.type === 'record.put' || row.type === 'record.remove') {
    const body = row.body as Partial<CommandBodies['record.put'] & CommandBodies['record.remove']>
    const there = records.find((record) => record.id === body.id)
    return [
      {
        kind: 'record',
        recordKind: there?.kind ?? body.kind ?? '',
        now: there ? { label: there.label, value_fen: there.value_fen } : null,
        then: row.type === 'record.put' ? { label: body.label ?? '', value_fen: body.value_fen ?? null } : null,
        reason: body.reason ?? '',
      },
    ]
  }
  return []
}
