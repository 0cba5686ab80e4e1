/** A PIN that is guessed first: one digit throughout, a run up or down, or two halves alike. */
export function weakPin(pin: string): boolean {
  const steps = [...pin].slice(1).map((d, i) => Number(d) - Number(pin[i]))
  if (steps.every((s) => s === 0) || steps.every((s) => s === 1) || steps.every((s) => s === -1)) return true
  const half = pin.length / 2
  return Number.isInteger(half) && pin.slice(0, half) === pin.slice(half)
}
