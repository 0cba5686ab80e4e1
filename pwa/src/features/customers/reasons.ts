/**
 * The reasons of a limit, by the first part of their code: `sum.` lines add up to the limit exactly, `cap.` ones are
 * ceilings that did not bind, `raise.` ones say what would raise it and by how much. Pure.
 */
import type { Fen } from '../../domain/rows'

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
