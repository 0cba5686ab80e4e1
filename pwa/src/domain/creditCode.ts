/** Unified social credit codes by GB 32100-2015, as the bank checks them (backend/customers/rules.py). Pure. */

/** Letters that are easily misread (I, O, S, V, Z) stand in no code. */
const CHARACTERS = '0123456789ABCDEFGHJKLMNPQRTUWXY'
const FORM = /^[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}$/

/** One spelling: capitals, without blanks. */
export const normalCode = (typed: string): string => typed.replace(/\s/g, '').toUpperCase()

/** The 18th character: MOD 31 with the weights 3^i. */
export function creditCheck(first17: string): string {
  let weight = 1
  let sum = 0
  for (const one of first17) {
    sum += CHARACTERS.indexOf(one) * weight
    weight = (weight * 3) % 31
  }
  return CHARACTERS[(31 - (sum % 31)) % 31] as string
}

/** What is wrong with a code in one spelling: `short`, `letters` or `mistyped`; null where nothing is. */
export function codeFault(code: string): 'short' | 'letters' | 'mistyped' | null {
  if (code.length < 18) return 'short'
  if (!FORM.test(code)) return 'letters'
  return creditCheck(code.slice(0, 17)) === code[17] ? null : 'mistyped'
}
