/** What came of a simulation, as the board shows it. */
import type { Band, DiffLine, Gate, SimulationResult } from '../../api/strategy'

export interface Cell {
  before: string
  after: string
  customers: number
  kind: 'same' | 'rise' | 'fall'
  /** 0 nobody, 1 to 3 the more the darker. */
  weight: 0 | 1 | 2 | 3
}

export interface Row {
  tier: string
  cells: Cell[]
  sum: number
}

/** Rows: the tier now; columns: by the draft; both from the highest. The sums of the columns come last. */
export function matrixOf({ tiers, matrix }: Pick<SimulationResult, 'tiers' | 'matrix'>): { rows: Row[]; sums: number[]; all: number } {
  const codes = tiers.map(({ code }) => code)
  const count = new Map(matrix.map((one) => [`${one.before} ${one.after}`, one.customers]))
  const at = (before: string, after: string) => count.get(`${before} ${after}`) ?? 0
  const most = Math.max(1, ...matrix.filter((one) => one.before !== one.after).map((one) => one.customers))
  const weight = (customers: number) => (customers === 0 ? 0 : customers * 2 > most ? 3 : customers * 10 > most ? 2 : 1)
  const rows = codes.map((before, row) => {
    const cells = codes.map((after, column): Cell => {
      const customers = at(before, after)
      return { before, after, customers, kind: row === column ? 'same' : column < row ? 'rise' : 'fall', weight: row === column ? 0 : weight(customers) }
    })
    return { tier: before, cells, sum: cells.reduce((sum, cell) => sum + cell.customers, 0) }
  })
  const sums = codes.map((_, column) => rows.reduce((sum, row) => sum + (row.cells[column]?.customers ?? 0), 0))
  return { rows, sums, all: sums.reduce((sum, one) => sum + one, 0) }
}

/** Where a gate's bar ends and where its mark stands, in per cent of the bar; the mark is always on it. */
export function gateBar({ count, known, per_mille }: Gate): { done: number; mark: number } {
  const share = known ? (count / known) * 1000 : 0
  const whole = Math.max(per_mille / 0.6, share * 1.1, 1)
  return { done: (share / whole) * 100, mark: (per_mille / whole) * 100 }
}

/** Bands without those at the end that nobody is in, with heights in per cent of the largest. */
export function barsOf(bands: readonly Band[]): { band: Band; before: number; after: number }[] {
  const used = bands.filter((one) => one.before > 0 || one.after > 0)
  const most = Math.max(1, ...used.flatMap((one) => [one.before, one.after]))
  return used.map((band) => ({ band, before: (band.before / most) * 100, after: (band.after / most) * 100 }))
}

const AROUND = 1

const indent = (text: string): number => text.length - text.trimStart().length

/** The lines that changed and those beside them, as far to the left as they go; `null` stands for what is left out. */
export function shownLines(lines: readonly DiffLine[]): (DiffLine | null)[] {
  const keep = lines.map((_, at) => lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some((one) => one.sign !== ' '))
  const least = Math.min(...lines.filter((one, at) => keep[at] && one.text.trim()).map(({ text }) => indent(text)), 80)
  return lines.flatMap((one, at) => (keep[at] ? [{ ...one, text: one.text.slice(least) }] : at > 0 && keep[at - 1] ? [null] : []))
}
