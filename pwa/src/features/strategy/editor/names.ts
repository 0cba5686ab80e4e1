/** What may stand at a place of an expression, for completion: by name, or by what it is called in either language. */
import type { FunctionName, Name, Names } from '../../../api/strategy'

export interface Offer {
  /** What is written. */
  text: string
  kind: 'figure' | 'feature' | 'score' | 'choice' | 'amount' | 'column' | 'function' | 'code'
  /** Name, unit and sentence, in the reader's language. */
  called: string
  unit: string
  sentence: string
}

const MOST = 60
/** What decides most first. */
const ORDER: readonly Offer['kind'][] = ['figure', 'feature', 'amount', 'score', 'choice', 'code', 'function', 'column']

const lowered = (text: string) => text.toLowerCase()

/** 0: begins so, 1: a part begins so, 2: holds it; null: does not fit. */
function fit(typed: string, offer: Offer): number | null {
  const text = lowered(offer.text)
  if (text.startsWith(typed)) return 0
  if (text.includes(`_${typed}`)) return 1
  return text.includes(typed) || lowered(offer.called).includes(typed) ? 2 : null
}

/** Everything that a draft's expressions may name. `unit` puts a unit, or a type, into words. */
export function offersOf(names: Names, chinese: boolean, unit: (code: string) => string): Offer[] {
  const named = ({ name, kind, type, unit: in_, zh, en, explain_zh, explain_en, source }: Name): Offer => ({
    text: name,
    kind,
    called: (chinese ? zh : en) || (source ?? ''),
    unit: unit(in_ ?? type),
    sentence: chinese ? explain_zh : explain_en,
  })
  const called = ({ name, sign, zh, en }: FunctionName): Offer => ({ text: name, kind: 'function', called: sign, unit: '', sentence: chinese ? zh : en })
  const codes = new Map<string, Offer>()
  for (const { name, zh, en, codes: of } of names.names) {
    for (const code of of) if (!codes.has(code)) codes.set(code, { text: code, kind: 'code', called: (chinese ? zh : en) || name, unit: '', sentence: '' })
  }
  return [...names.names.map(named), ...names.functions.map(called), ...codes.values()]
}

/** What fits what is typed, best first. `columns`: of sources too, which only features read. */
export function fitting(offers: readonly Offer[], typed: string, columns: boolean): Offer[] {
  const wanted = lowered(typed)
  return offers
    .filter((one) => columns || one.kind !== 'column')
    .map((one) => ({ one, at: fit(wanted, one) }))
    .filter((found): found is { one: Offer; at: number } => found.at !== null)
    .sort((a, b) => a.at - b.at || ORDER.indexOf(a.one.kind) - ORDER.indexOf(b.one.kind) || a.one.text.localeCompare(b.one.text))
    .slice(0, MOST)
    .map(({ one }) => one)
}

/** The name at a line that stands in the place of the one that is meant; null where none is like it. */
export function meantAt(line: string, nearest: string): { from: number; to: number } | null {
  let best: { from: number; to: number; far: number } | null = null
  for (const match of line.matchAll(/[A-Za-z_][A-Za-z0-9_]*/g)) {
    if (match[0] === nearest) continue
    const far = distance(match[0], nearest)
    if (far <= Math.max(2, nearest.length / 2) && (!best || far < best.far)) best = { from: match.index, to: match.index + match[0].length, far }
  }
  return best && { from: best.from, to: best.to }
}

/** How many letters make one of the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) next[j] = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length] ?? 0
}
