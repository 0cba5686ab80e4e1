/** Bodies of the commands about a file: its values and records, and what was asked in vain. */
import type { Day, FieldValue, Id, RecordDetail, RecordKind } from './rows'

/** Why a question was not answered: nobody knew, or nobody would say. */
export type LeftWhy = 'unknown' | 'refused'
/** [why, day, who asked]: the last one null where that is not told. */
export type Left = [why: LeftWhy, on: Day, staffId: Id | null]

export interface FileBodies {
  'customer.set_values': { customer_id: Id; edits: { field: string; seen: FieldValue; value: FieldValue }[] }
  /** `question`: a section of the file, or what does not fit together. */
  'question.leave': { customer_id: Id; question: string; why: LeftWhy }
  'record.put': {
    id: Id
    customer_id: Id
    kind: RecordKind
    label: string
    value_fen?: number | null
    area_m2?: number | null
    quantity?: number | null
    detail: RecordDetail
    seen_revision?: number | null
    /** What was shown before the change, so that another's change of something else stays. */
    seen?: { kind: RecordKind; label: string; value_fen: number | null; area_m2: number | null; quantity: number | null; detail: RecordDetail } | null
  }
  'record.remove': { id: Id; customer_id: Id; reason: string }
}
