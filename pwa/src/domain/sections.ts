/**
 * The sections of a file whose fields hold one value each: which fields their forms ask for, in order, and what may be said,
 * as the bank declares it (backend/customers/file_fields.yaml). Pure.
 */
import declared from './file-fields.json'
import type { RecordField } from './records'
import type { CustomerKind } from './rows'
import type { Usual } from './unusual'

export const SECTIONS = ['income', 'spending', 'home', 'register'] as const
export type Section = (typeof SECTIONS)[number]

interface FileField {
  name: string
  /** The part of the file that a value makes complete; null where it completes none. */
  section: string | null
  /** Where it is asked for, and of whom; null where no form does. */
  form: Section | null
  of: CustomerKind | null
  /** Amounts that are asked and added up for themselves. */
  group: 'turnover' | 'costs' | 'expected' | null
  unit: 'fen' | 'count' | 'kwh' | 'years' | 'choice' | 'day' | 'code'
  /** The largest number as it is stored; null for what is no number. */
  most: number | null
  /** From this number on, as it is stored, the form asks once whether it is meant. */
  unusual: number | null
  choices: string[]
}
export const FILE_FIELDS = declared as readonly FileField[]

const asked = (of: CustomerKind, form: Section): readonly string[] => FILE_FIELDS.filter((one) => one.of === of && one.form === form).map(({ name }) => name)
const formsOf = (of: CustomerKind): Record<Section, readonly string[]> => ({ income: asked(of, 'income'), spending: asked(of, 'spending'), home: asked(of, 'home'), register: asked(of, 'register') })
const FORMS: Record<CustomerKind, Record<Section, readonly string[]>> = { household: formsOf('household'), business: formsOf('business') }

/** The fields of a section's form. A business has its costs beside its turnover, and a registration but no home. */
export const sectionFields = (kind: CustomerKind | undefined, section: Section): readonly string[] => FORMS[kind ?? 'household'][section]

/** The form that asks for all of these fields; null where none does. */
export function sectionOf(fields: readonly string[]): Section | null {
  const kinds = Object.values(FORMS)
  return SECTIONS.find((section) => kinds.some((form) => fields.every((field) => form[section].includes(field)))) ?? null
}

const fieldOf = (name: string) => FILE_FIELDS.find((one) => one.name === name)

/** What a field's usual figures are, and its unit. */
export const usualOf = (name: string): Usual => fieldOf(name) ?? { unit: 'fen' }

/** Whether a field is an amount that its form adds up with the others, and in which group of them. */
export const summed = (name: string): boolean => fieldOf(name)?.unit === 'fen' && fieldOf(name)?.form !== 'register'
export const groupOf = (name: string): string | null => fieldOf(name)?.group ?? null

/** A field for the form, with its words; null for an amount that is added up. */
export function plainField(name: string, word: (key: string) => string): RecordField | null {
  const known = fieldOf(name)
  if (!known || summed(name)) return null
  const label = word(`field.${name}`)
  const choices = known.choices.map((code) => ({ code, zh: word(`choice.${name}.${code}`), en: word(`choice.${name}.${code}`) }))
  return { name, unit: known.unit, most: known.most, unusual: known.unusual, zh: label, en: label, choices }
}

/** The amounts of a year that are asked for: a household's kinds of income, a business's turnover and costs. */
export const yearFields = (kind: CustomerKind | undefined): readonly string[] => sectionFields(kind, 'income').filter((name) => summed(name) && !groupOf(name))
