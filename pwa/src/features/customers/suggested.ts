/** What a suggested edit would change, line by line: what stands now, what it would become. Pure. */
import type { CommandBodies } from '../../domain/commands'
import type { AssetRow, FieldValue, FileRow, SuggestionRow } from '../../domain/rows'

export type SuggestedLine =
  | { kind: 'field'; field: string; now: FieldValue; then: FieldValue }
  /** `now` null: it would be new; `then` null: it would be gone, for `reason`. */
  | { kind: 'asset'; assetKind: string; now: AssetFacts | null; then: AssetFacts | null; reason: string }

export interface AssetFacts {
  label: string
  value_fen: number | null
}

export function suggestedLines(row: Pick<SuggestionRow, 'type' | 'body'>, file: FileRow | null, assets: readonly AssetRow[]): SuggestedLine[] {
  if (row.type === 'customer.set_values') {
    const { edits } = row.body as CommandBodies['customer.set_values']
    return edits.map(({ field, value }) => ({ kind: 'field', field, now: file?.values?.[field]?.[0] ?? null, then: value }))
  }
  if (row.type === 'asset.put' || row.type === 'asset.remove') {
    const body = row.body as Partial<CommandBodies['asset.put'] & CommandBodies['asset.remove']>
    const there = assets.find((asset) => asset.id === body.id)
    return [
      {
        kind: 'asset',
        assetKind: there?.kind ?? body.kind ?? '',
        now: there ? { label: there.label, value_fen: there.value_fen } : null,
        then: row.type === 'asset.put' ? { label: body.label ?? '', value_fen: body.value_fen ?? null } : null,
        reason: body.reason ?? '',
      },
    ]
  }
  return []
}
