/** What a bench says in its last line, and sums over what it saw. */
import { loadavg } from 'node:os'

export interface Result {
  bench: string
  figure: number
  unit: string
  bar: number
  holds: boolean
  detail: Record<string, unknown>
}

/** Tells whoever waits how far it has come; the figure's line stays the last on standard output. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** The value below which `share` (0 to 1) of the values lie (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

export function rounded(value: number, digits = 1): number {
  return Number(value.toFixed(digits))
}

/** The machine's load over the last minute: a figure is only worth what else ran beside it. */
export function load(): number {
  return rounded(loadavg()[0] ?? 0, 2)
}

/** A whole number given as `--name N`. Throws on anything else under that name. */
export function option(args: readonly string[], name: string, otherwise: number): number {
  const at = args.indexOf(`--${name}`)
  if (at < 0) return otherwise
  const value = Number(args[at + 1])
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a whole number from 1 on`)
  return value
}
