/** Values of a file that cannot stand beside each other, as the bank judges them (backend/customers/contradictions.py). Pure. */
import type { Day, FieldValue } from './rows'

/** By the second character of a credit code that the market regulator (9) gave. */
const KINDS: Record<string, string> = { 1: 'firm', 2: 'self_employed', 3: 'cooperative' }
export type Fault = 'over' | 'under' | 'future' | 'before' | 'both' | 'kind'

/** What the known ones of a year's four quarters come to, in fen; null where none is. */
export function quartersOf(values: (field: string) => FieldValue, what: string): number | null {
  const known = [1, 2, 3, 4].map((n) => values(`${what}_q${n}_fen`)).filter((one) => typeof one === 'number')
  return known.length ? known.reduce((a, b) => a + b, 0) : null
}

/** [field, what is wrong with it beside the others], for what is said of a business. */
export function contradictions(values: (field: string) => FieldValue, today: Day): [field: string, fault: Fault][] {
  const found: [string, Fault][] = []
  for (const what of ['turnover', 'costs']) {
    const year = values(`${what}_year_fen`)
    const quarters = quartersOf(values, what)
    if (typeof year !== 'number' || quarters === null) continue
    const all = [1, 2, 3, 4].every((n) => typeof values(`${what}_q${n}_fen`) === 'number')
    if (quarters > year) found.push([`${what}_year_fen`, 'over'])
    else if (all && quarters < year) found.push([`${what}_year_fen`, 'under'])
  }
  const since = values('licence_from')
  const until = values('licence_until')
  if (typeof since === 'string' && since > today) found.push(['licence_from', 'future'])
  if (typeof since === 'string' && typeof until === 'string' && until < since) found.push(['licence_until', 'before'])
  if (until !== null && values('licence_term') !== null) found.push(['licence_until', 'both'])
  const code = String(values('credit_code') ?? '')
  const said = code.startsWith('9') ? KINDS[code[1] ?? ''] : undefined
  const kind = values('business_kind')
  if (said && Object.values(KINDS).includes(String(kind)) && kind !== said) found.push(['credit_code', 'kind'])
  return found
}
