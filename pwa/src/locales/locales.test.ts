import { expect, test } from 'vitest'
import { FILE_FIELDS } from '../domain/sections'
import { makeI18n } from './index'
import en from './en'
import zh from './zh-CN'

function flat(texts: object, path = ''): [string, string][] {
  return Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'string' ? ([[`${path}${key}`, value]] as [string, string][]) : flat(value as object, `${path}${key}.`),
  )
}
const zhTexts = flat(zh)
const enTexts = flat(en)

test('both languages have the same keys', () => {
  expect(enTexts.map(([k]) => k).sort()).toEqual(zhTexts.map(([k]) => k).sort())
})

test('both languages name the same values in each text', () => {
  const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).filter((n, i, a) => a.indexOf(n) === i).sort()
  const english = new Map(enTexts)
  for (const [key, text] of zhTexts) expect([key, names(english.get(key) ?? '')]).toEqual([key, names(text)])
})

test('Chinese says nothing the house does not say', () => {
  const banned = ['成功', '已提交', '已上传', '请您', '！', '!', '同步失败', '数据异常', '您']
  for (const [key, text] of zhTexts) for (const word of banned) expect([key, text.includes(word)]).toEqual([key, false])
})

test('English does not shout', () => {
  for (const [key, text] of enTexts) expect([key, /!|successfully/i.test(text)]).toEqual([key, false])
})

/** Figures of a policy, never one, or words that stay. */
const NEVER_ONE = ['visits.rhythm', 'visits.rhythmTier', 'watch.stuck', 'watch.silent', 'duty.visit', 'duty.contact', 'duplicates.mergeUndo', 'person.wrong_many']
test('English counts one and several', () => {
  const several = enTexts.filter(([key, text]) => !text.includes(' | ') && /\{n\} (?:\w+ )?(?:\w{2,}s|people)\b/.test(text) && !NEVER_ONE.includes(key))
  expect(several).toEqual([])
})

test('English has straight quotes: a Chinese font draws the others as wide as a character', () => {
  for (const [key, text] of enTexts) expect([key, /[’‘“”]/.test(text)]).toEqual([key, false])
})

test('every declared field of a file and each of its choices has its words', () => {
  const known = new Set(zhTexts.map(([key]) => key))
  const wanted = FILE_FIELDS.flatMap(({ name, choices }) => [`field.${name}`, ...choices.map((code) => `choice.${name}.${code}`)])
  expect(wanted.filter((key) => !known.has(key))).toEqual([])
})

test('every text compiles', () => {
  const i18n = makeI18n('zh-CN')
  const values = new Proxy({}, { get: () => '1', has: () => true })
  for (const [key, text] of zhTexts) {
    const shown = i18n.global.t(key, values as Record<string, unknown>)
    expect([key, shown.length > 0, shown.includes('{')]).toEqual([key, text.length > 0, false])
  }
})
