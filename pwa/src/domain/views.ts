/** What a screen reads in one go, made of several rows. */
import type { Id, CustomerKind, Tier, Pending, CustomerRow, FileRow, MemberRow, RecordRow, PhotoRow, StandingRow, ProfileRow, TaskRow, SuggestionRow, DisputeRow, EvaluationRow, Instant } from './rows'
import type { OpportunityRow } from './opportunities'
import type { Expected } from './provisional'
import type { VisitRow } from './visitRows'

/** One line of the customer list and of the search. */
export interface CustomerEntry {
  id: Id
  kind: CustomerKind
  name: string
  pinyin: string
  initials: string
  phone: string | null
  address: string
  grid_id: Id | null
  owner_id: Id | null
  lon: number | null
  lat: number | null
  /** Absent for agents, who never see a tier. */
  tier?: Tier
  pending?: Pending
}

/** All that a phone knows of one customer, its own entries laid over it. */
export interface CustomerView {
  customer: CustomerRow
  file: FileRow | null
  members: MemberRow[]
  records: RecordRow[]
  /** Newest first. */
  photos: PhotoRow[]
  standing: StandingRow | null
  profile: ProfileRow | null
  /** What the bank will probably say once it has what stands here, where that is another result. */
  expected: Expected | null
  /** Newest first. */
  visits: VisitRow[]
  /** By due day. */
  tasks: TaskRow[]
  /** Open ones and those decided of late, oldest first. */
  suggestions: SuggestionRow[]
  disputes: DisputeRow[]
  opportunities: OpportunityRow | null
  /** Only of a customer whom the phone does not hold: when the bank showed them, and the evaluations with a result of them. */
  online?: { at: Instant; evaluations: EvaluationRow[] }
}

/** True if the catalogue's tag at `bit` is set in a profile's words. */
export function hasTag(words: readonly Uint8Array[], bit: number): boolean {
  const word = words[Math.floor(bit / 64)]
  if (!word) return false
  const inWord = bit % 64
  const byte = word[7 - Math.floor(inWord / 8)]
  return byte !== undefined && (byte & (1 << (inWord % 8))) !== 0
}
