/** Merges a partition's chunks of changes when the phone is idle, so that unlocking stays quick. */
import type { Id, RowGroup } from '../domain/rows'
import { CHANGES_KIND, kindOfChunk, type ChunkStore, type MergedChunk, type PartitionRecord } from './chunks'
import { LAZY_KINDS } from './memory'

/** Fewer chunks of changes than this are left alone. */
const WORTH_MERGING = 12
/** Once the changes are this share of all rows, the whole partition is packed anew. */
const PACK_ANEW_SHARE = 0.25
const ROWS_PER_CHUNK = 500

type Line = { fields: string[]; row: unknown[] | null; revision: number; movedTo: string | null }

/** The newest state of each row among groups: kind → id → line. */
function newest(chunks: readonly RowGroup[][]): Map<string, Map<Id, Line>> {
  const kinds = new Map<string, Map<Id, Line>>()
  const note = (kind: string, id: Id, line: Line): void => {
    let lines = kinds.get(kind)
    if (!lines) kinds.set(kind, (lines = new Map()))
    const known = lines.get(id)
    if (!known || known.revision <= line.revision) lines.set(id, line)
  }
  for (const group of chunks.flat()) {
    for (const row of group.rows) {
      note(group.kind, row[0] as Id, { fields: group.fields, row, revision: row[1] as number, movedTo: null })
    }
    for (const [id, revision, movedTo] of group.gone) {
      note(group.kind, id, { fields: group.fields, row: null, revision, movedTo })
    }
  }
  return kinds
}

/** Lines of one kind as groups: one for each set of fields. */
function groupsOf(kind: string, lines: Iterable<[Id, Line]>): RowGroup[] {
  const groups = new Map<string, RowGroup>()
  for (const [id, line] of lines) {
    const shape = line.fields.join()
    let group = groups.get(shape)
    if (!group) groups.set(shape, (group = { kind, fields: line.fields, rows: [], gone: [] }))
    if (line.row) group.rows.push(line.row)
    else group.gone.push([id, line.revision, line.movedTo])
  }
  return [...groups.values()]
}

/** Packs rows of one kind by customer, as the bank's own pages are. */
function pagesOf(kind: string, lines: Map<Id, Line>): MergedChunk[] {
  const customerOf = (id: Id, line: Line): Id => {
    const at = line.fields.indexOf(LAZY_KINDS[kind] ?? 'id')
    return at < 0 || !line.row ? id : (line.row[at + 2] as Id)
  }
  const kept = [...lines].filter(([, line]) => line.row !== null)
  const sorted = kept.map(([id, line]) => ({ id, line, customer: customerOf(id, line) }))
  sorted.sort((a, b) => (a.customer < b.customer ? -1 : a.customer > b.customer ? 1 : 0))
  const pages: MergedChunk[] = []
  for (let at = 0; at < sorted.length; at += ROWS_PER_CHUNK) {
    const part = sorted.slice(at, at + ROWS_PER_CHUNK).map(({ id, line }): [Id, Line] => [id, line])
    pages.push({ kind, groups: groupsOf(kind, part) })
  }
  return pages
}

/**
 * Merges the partition's changes if that is worth it. Returns true if its chunks were replaced: the caller then reads
 * the partition anew. Loses nothing if another tab writes meanwhile: then it does nothing.
 */
export async function compact(chunks: ChunkStore, record: PartitionRecord): Promise<boolean> {
  const ids = await chunks.chunkIds(record.key, record.gen)
  const changed = ids.filter((id) => kindOfChunk(id) === CHANGES_KIND)
  if (changed.length < WORTH_MERGING) return false
  const lines = newest(await chunks.load(changed))
  const count = [...lines.values()].reduce((sum, kind) => sum + kind.size, 0)
  const pages = ids.length - changed.length
  if (count < pages * ROWS_PER_CHUNK * PACK_ANEW_SHARE) {
    const groups = [...lines].flatMap(([kind, of]) => groupsOf(kind, of))
    return chunks.replaceChunks(record, changed, [{ kind: CHANGES_KIND, groups }])
  }
  const all = newest(await chunks.load(ids))
  return chunks.replaceChunks(record, ids, [...all].flatMap(([kind, of]) => pagesOf(kind, of)))
}
