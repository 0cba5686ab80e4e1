/** A passphrase that is soon guessed: short, or of few different characters. A Chinese character counts as two. */
const LEAST = 12
const LEAST_DIFFERENT = 6

export function weakPassphrase(text: string): 'short' | 'plain' | null {
  const characters = [...text.normalize('NFKC').trim()]
  const weight = characters.reduce((sum, one) => sum + (/\p{Script=Han}/u.test(one) ? 2 : 1), 0)
  if (weight < LEAST) return 'short'
  const steps = characters.slice(1).map((one, i) => (one.codePointAt(0) ?? 0) - (characters[i]?.codePointAt(0) ?? 0))
  const run = steps.filter((step) => Math.abs(step) <= 1).length
  if (new Set(characters.map((one) => one.toLowerCase())).size < LEAST_DIFFERENT || run > characters.length / 2) return 'plain'
  return /^(password|qwerty|tiange|田格|iloveyou|admin|woaini)[\d\W]*$/iu.test(characters.join('')) ? 'plain' : null
}
