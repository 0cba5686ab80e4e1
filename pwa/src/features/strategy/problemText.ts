/** What a check says of a rule, taken apart so that it can be said in the reader's language. */
export interface Understood {
  /** Of `strategy.wrong_…`. */
  key: string
  values: Record<string, string>
}

/** The bank's sentences by their form; the names of the parts are those of our texts. */
const FORMS: readonly [RegExp, string][] = [
  [/^there is no function (?<name>\S+)$/, 'function'],
  [/^there is no key (?<name>\S+) here$/, 'key'],
  [/^the key (?<name>\S+) is missing$/, 'missing'],
  [/^(?:\S+ )?(?<name>\S+) is (?:not known(?: here)?|no number known here)$/, 'unknown'],
  [/^(?<name>\S+) is none of .*$/, 'unknown'],
  [/^the expression gives (?<a>\S+), (?<b>\S+) is wanted here$/, 'gives'],
  [/^\S+ cannot compare (?<a>\S+) (?:and|with) (?<b>\S+)$/, 'compare'],
  [/^(?<name>\S+) takes (?<n>\d+) arguments, not (?<m>\d+)$/, 'arguments'],
  [/^(?<name>\S+) wants (?<a>\S+) here, not (?<b>\S+)$/, 'wants'],
  [/^this is not YAML: (?<why>.*)$/s, 'yaml'],
  [/^this is not an expression: (?<why>.*)$/s, 'expression'],
  [/^(?<name>\S+) stands here twice$/, 'twice'],
  [/^(?<name>\S+) has many rows; .*$/, 'rows'],
  [/^(?<name>\S+) is never (?<value>.+)$/, 'never'],
  [/^nothing equals NULL; .*$/, 'null'],
  [/^the example says (?<said>.*), (?<name>\S+) gives (?<given>.*)$/, 'example'],
  [/^the file is empty$/, 'empty'],
  [/^these need each other's result: (?<names>.*)$/, 'cycle'],
]

export function understood(message: string): Understood {
  for (const [form, key] of FORMS) {
    const found = form.exec(message)
    if (found) return { key, values: { ...found.groups } }
  }
  return { key: 'other', values: { why: message } }
}
