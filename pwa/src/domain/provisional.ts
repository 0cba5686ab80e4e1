/**
 * What the bank's rules will probably say once it has what this phone knows: they are run over the feature row that came
 * with the result in force, with those features made anew that follow from rows on the phone. Pure.
 */
import { consents, PURPOSES } from './consents'
import type { CustomerView } from './views'
import { isThing, type Day, type FieldValue, type ProfileRow } from './rows'
import { gathered, outcome, type Outcome, type Rules, type Value, type Values } from './rules'

/** What there is of a customer on the phone, with its entries laid over the bank's rows. */
export type Known = Pick<CustomerView, 'file' | 'members' | 'records' | 'photos' | 'profile'>

/** Of a source of the catalogue the rows that the bank's views would have. */
const SOURCES: Record<string, (known: Known) => Values[]> = {
  value: ({ file }) =>
    Object.entries(file?.values ?? {})
      // nothing stands where a value was taken back
      .filter(([, [value]]) => value !== null)
      .map(([field, [value, , observedOn]]) => ({ field, ...asAmountOrChoice(value), observed_on: observedOn })),
  asset: ({ records }) =>
    records
      .filter(({ kind }) => isThing(kind))
      .map(({ kind, value_fen, area_m2, quantity }) => ({ asset_kind: kind, value_fen, area_m2, quantity })),
  record: ({ records }) =>
    records.map(({ kind, value_fen, area_m2, quantity, detail }) => ({
      record_kind: kind, tenure: (detail?.['tenure'] as string | undefined) ?? null, value_fen, area_m2, quantity,
    })),
  photo: ({ photos }) => photos.filter((photo) => photo.class !== 'id').map((photo) => ({ photo_class: photo.class })),
  debt: ({ records }) =>
    records
      .filter(({ kind }) => kind === 'debt')
      .map(({ value_fen, detail }) => ({ lender: (detail?.['lender'] as string | undefined) ?? null, balance_fen: value_fen })),
  person: ({ members }) =>
    members.map((member) => ({
      relation: member.relation,
      is_head: member.relation === 'head',
      birth_on: member.birth_on,
      whereabouts: member.whereabouts,
      sex: member.sex,
      education: member.education,
      ...Object.fromEntries(PURPOSES.map(({ code }) => [`consents_${code}`, consents(member, code)])),
    })),
}

const asAmountOrChoice = (value: FieldValue): { amount: Value; choice: Value } =>
  typeof value === 'number' ? { amount: value, choice: null } : { amount: null, choice: typeof value === 'boolean' ? (value ? 'yes' : 'no') : value }

/** The feature row that came with a result. */
export function inputsOf(rules: Rules, profile: ProfileRow): Values {
  return Object.fromEntries(rules.inputs.map((name, i) => [name, profile.inputs?.[i] ?? null]))
}

/** The features that a phone works out by itself, by name. */
export function featuresOf(rules: Rules, known: Known, asOf: Day): Values {
  const rows: Record<string, Values[]> = {}
  const out: Values = {}
  for (const [name, source, tree, otherwise] of rules.features) {
    rows[source] ??= SOURCES[source]?.(known) ?? []
    out[name] = gathered(tree, rows[source], asOf, otherwise)
  }
  return out
}

/** A result to expect, with the feature row and the day it was worked out for. */
export interface Expected extends Outcome {
  values: Values
  asOf: Day
}

const sameLines = (a: Outcome['reasons'], b: Outcome['reasons']) => a.length === b.length && a.every(([code, fen], i) => code === b[i]?.[0] && fen === b[i]?.[1])

/** Whether entries of this phone, or rows that came after the result, may have moved it. */
function isBehind({ file, members, records, photos, profile }: Known): boolean {
  const rows = [...(file ? [file] : []), ...members, ...records, ...photos]
  return rows.some((row) => row.pending !== undefined || row.revision > (profile?.revision ?? 0))
}

/**
 * The result to expect, where it is another than the one in force; null where nothing is known to move it. The rules must
 * first give the result in force from its own feature row: a phone that can't follow the bank says nothing.
 */
export function expected(rules: Rules | undefined, known: Known, today: Day): Expected | null {
  const { profile } = known
  if (!rules || !profile?.inputs || !isBehind(known)) return null
  const inputs = inputsOf(rules, profile)
  const before = outcome(rules, inputs, profile.as_of)
  if (before.limit_fen !== profile.limit_fen || before.tier !== profile.tier || before.score !== profile.score) return null
  const values = { ...inputs, ...featuresOf(rules, known, today) }
  const after = outcome(rules, values, today)
  const same =
    after.limit_fen === profile.limit_fen && after.tier === profile.tier && after.grade === profile.grade && after.rate_bp === profile.rate_bp &&
    after.score === profile.score && sameLines(after.reasons, profile.reasons)
  return same ? null : { ...after, values, asOf: today }
}
