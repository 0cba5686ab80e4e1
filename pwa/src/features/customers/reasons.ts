/**
 * The reasons of a limit, by the first part of their code: `sum.` lines add up to the limit exactly, `cap.` ones are
 * ceilings that did not bind, `raise.` ones say what would raise it and by how much. Pure.
 */
import type { Fen, PhotoClass } from '../../domain/rows'
import type { CustomerView } from '../../domain/views'

export type Reason = [code: string, amount: Fen]

export interface ReasonParts {
  rows: Reason[]
  caps: Reason[]
  raises: Reason[]
}

/**
 * True if all amounts are whole tenths of 万: only then do they still add up when written so. Else the column is written
 * in yuan, and so is nothing at all: 0 元, not 0.0 万.
 */
export const addsUpInWan = (amounts: readonly Fen[]) => amounts.some((fen) => fen !== 0) && amounts.every((fen) => fen % 100_000 === 0)

/** What a line that would raise the limit leads to: the camera, a form; what is done elsewhere leads nowhere. */
export const PHOTOGRAPHED: Readonly<Record<string, PhotoClass>> = { 'raise.contract': 'contract', 'raise.licence': 'licence' }
const ELSEWHERE: ReadonlySet<string> = new Set(['raise.evaluation', 'raise.deposits', 'raise.overdue'])
export const isDoneHere = (code: string) => !ELSEWHERE.has(code)

const LEADS: readonly string[] = ['head', 'owner', 'legal_person']

/** The form below the customer's page in which it is filled in. */
export function raisePath(code: string, { customer, file, members, records }: Pick<CustomerView, 'customer' | 'file' | 'members' | 'records'>): string {
  const lead = members.find(({ relation }) => LEADS.includes(relation))
  const debt = records.find(({ kind, detail }) => kind === 'debt' && detail?.['lender'] === 'elsewhere')
  switch (code) {
    case 'raise.consent':
    case 'raise.papers':
      return lead ? `member/${lead.id}/consents` : 'member'
    case 'raise.birth_date':
      return lead ? `member/${lead.id}?field=birth_on` : 'member'
    case 'raise.spending':
      return customer.kind === 'business' ? 'income?field=costs_year_fen' : 'spending'
    case 'raise.debts':
      return debt ? `record/debt/${debt.id}` : 'record/debt'
    case 'raise.fresh_income':
      return 'income'
  }
  return file?.open_sections.includes('income') ? 'income' : 'record/vehicle'
}

/** A code of an unknown sort is shown among the lines: better said twice than not at all. */
export function splitReasons(reasons: readonly Reason[]): ReasonParts {
  const parts: ReasonParts = { rows: [], caps: [], raises: [] }
  for (const reason of reasons) {
    if (reason[0].startsWith('cap.')) parts.caps.push(reason)
    else if (reason[0].startsWith('raise.')) parts.raises.push(reason)
    else parts.rows.push(reason)
  }
  parts.rows.sort(bySize)
  parts.raises.sort(bySize)
  return parts
}

/** What raises, then what lowers, the largest first, then what is without a figure of its own. */
const place = (fen: Fen) => (fen > 0 ? 0 : fen < 0 ? 1 : 2)
const bySize = ([, a]: Reason, [, b]: Reason) => place(a) - place(b) || Math.abs(b) - Math.abs(a)
