/** The sections of a file whose fields hold one value each: which fields their forms ask for, in order. Pure. */
import type { RecordField } from './records'
import type { CustomerKind } from './rows'

export const INCOME_FIELDS = [
  'income_planting_fen',
  'income_breeding_fen',
  'income_trade_fen',
  'income_wages_fen',
  'income_migrant_fen',
  'income_transfers_fen',
] as const
/** What a business earns and what that costs it. */
export const TRADE_FIELDS = ['turnover_year_fen', 'costs_year_fen'] as const
export type YearField = (typeof INCOME_FIELDS)[number] | (typeof TRADE_FIELDS)[number]

export const SECTIONS = ['income', 'spending', 'home'] as const
export type Section = (typeof SECTIONS)[number]

/** The fields of a section's form. A business has its costs beside its turnover, and no home. */
const FORMS: Record<CustomerKind, Record<Section, readonly string[]>> = {
  household: {
    income: INCOME_FIELDS,
    spending: ['spending_living_fen', 'spending_gifts_fen', 'spending_tuition_fen', 'spending_medical_fen'],
    home: ['home_type', 'hukou', 'residence_years', 'harmony'],
  },
  business: { income: [...TRADE_FIELDS, 'staff_count'], spending: [], home: [] },
}
export const sectionFields = (kind: CustomerKind | undefined, section: Section): readonly string[] => FORMS[kind ?? 'household'][section]

/** The form that asks for all of these fields; null where none does. */
export function sectionOf(fields: readonly string[]): Section | null {
  const kinds = Object.values(FORMS)
  return SECTIONS.find((section) => kinds.some((form) => fields.every((field) => form[section].includes(field)))) ?? null
}

/** What may be said in fields that hold no amount. */
const PLAIN: Record<string, Pick<RecordField, 'unit' | 'most'> & { codes: readonly string[] }> = {
  home_type: { unit: 'choice', most: null, codes: ['homestead', 'flat', 'rented'] },
  hukou: { unit: 'choice', most: null, codes: ['local', 'other'] },
  harmony: { unit: 'choice', most: null, codes: ['good', 'fair', 'poor'] },
  residence_years: { unit: 'years', most: 120, codes: [] },
  staff_count: { unit: 'count', most: 100_000, codes: [] },
}

/** A field for the form, with its words; null for an amount. */
export function plainField(name: string, word: (key: string) => string): RecordField | null {
  const known = PLAIN[name]
  if (!known) return null
  const label = word(`field.${name}`)
  const choices = known.codes.map((code) => ({ code, zh: word(`choice.${name}.${code}`), en: word(`choice.${name}.${code}`) }))
  return { name, unit: known.unit, most: known.most, zh: label, en: label, choices }
}

/** The amounts of a year that are asked for: a household's kinds of income, a business's turnover and costs. */
export const yearFields = (kind: CustomerKind | undefined): readonly YearField[] => (kind === 'business' ? TRADE_FIELDS : INCOME_FIELDS)
