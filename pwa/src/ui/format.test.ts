import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ageOn, bytesText, idTail, makeFormat, maskPhone, receiptGroups } from './format'

const zh = makeFormat('zh-CN')
const en = makeFormat('en')
/** A unit stands behind a space that no line breaks at; here it is written as a plain one. */
const plain = (text: string) => text.replace(/\u00a0/g, ' ')
const yuan = (n: number) => n * 100
const at = (iso: string) => Date.parse(iso)

describe('money', () => {
  test.each([
    [yuan(0), '0 元', '¥0'],
    [yuan(3200), '3,200 元', '¥3,200'],
    [yuan(9999.4), '9,999 元', '¥9,999'],
    [yuan(9999.5), '1 万元', '¥10,000'],
    [yuan(150_000), '15 万元', '¥150,000'],
    [yuan(142_000), '14.2 万元', '¥142,000'],
    [yuan(-26_000), '−2.6 万元', '−¥26,000'],
    [yuan(4_310_000_000), '43.10 亿元', '¥4.31 bn'],
  ])('%i fen', (fen, z, e) => {
    expect(plain(zh.moneyText(fen))).toBe(z)
    expect(plain(en.moneyText(fen))).toBe(e)
  })
  test('in a column figures keep one decimal, and a change shows its plus', () => {
    expect(plain(zh.moneyText(yuan(150_000), { column: true }))).toBe('15.0 万')
    expect(plain(zh.moneyText(yuan(176_000), { column: true, change: true }))).toBe('+17.6 万')
    expect(plain(zh.moneyText(yuan(-26_000), { column: true, change: true }))).toBe('−2.6 万')
    expect(plain(zh.moneyText(yuan(10_000), { tight: true, change: true }))).toBe('+1 万')
    expect(plain(en.moneyText(yuan(10_000), { change: true }))).toBe('+¥10,000')
  })
  test('a unit never stands alone on the next line', () => {
    expect(zh.moneyText(yuan(1170))).toBe('1,170\u00a0元')
  })
  test('a minus is a real minus, never a hyphen', () => {
    fc.assert(fc.property(fc.integer({ min: -1e13, max: 1e13 }), (fen) => !zh.moneyText(fen).includes('-') && !en.moneyText(fen).includes('-')))
  })
})

test('rates and shares', () => {
  expect(zh.rate(435)).toBe('4.35%')
  expect(zh.rateChange(-3)).toBe('−3 基点')
  expect(en.rateChange(5)).toBe('+5 bp')
  expect(zh.share(71, 100)).toBe('71%')
  expect(zh.share(2894, 128_640, 2)).toBe('2.25%')
  expect(zh.share(1, 0)).toBe('–')
})

describe('dates', () => {
  test('day, weekday, and the year only over eleven months away', () => {
    expect(zh.date('2026-11-19', '2026-11-20', { week: true })).toBe('11月19日 周四')
    expect(en.date('2026-11-19', '2026-11-20', { week: true })).toBe('Thu 19 Nov')
    expect(zh.date('2027-01-18', '2026-11-19', { week: true })).toBe('1月18日 周一')
    expect(zh.date('2025-12-19', '2026-11-19')).toBe('12月19日')
    expect(zh.date('2025-12-18', '2026-11-19')).toBe('2025年12月18日')
    expect(zh.date('2027-10-20', '2026-11-19')).toBe('2027年10月20日')
    expect(en.date('2024-03-05', '2026-11-19')).toBe('5 Mar 2024')
  })
  test('today and yesterday by the bank’s calendar, with the time', () => {
    const now = at('2026-11-19T16:30:00Z') // 00:30 on the 20th in China
    expect(zh.moment(at('2026-11-19T16:06:00Z'), now)).toBe('今天 00:06')
    expect(zh.moment(at('2026-11-19T09:42:00Z'), now)).toBe('昨天 17:42')
    expect(zh.moment(at('2026-11-03T09:42:00Z'), now)).toBe('11月3日')
    expect(en.moment(at('2026-11-03T09:42:00Z'), now, { withTime: true })).toBe('3 Nov 17:42')
  })
  test('a malformed day is refused', () => {
    expect(() => zh.date('19.11.2026', '2026-11-19')).toThrow(RangeError)
  })
  test('age in full years', () => {
    expect(ageOn('1974-11-20', '2026-11-19')).toBe(51)
    expect(ageOn('1974-11-19', '2026-11-19')).toBe(52)
  })
  test('how long the phone may stay offline', () => {
    expect(zh.span(66 * 3_600_000)).toBe('2 天 18 小时')
    expect(en.span(25 * 3_600_000)).toBe('1 day 1 hour')
    expect(zh.span(0)).toBe('0 小时')
  })
})

test('distance: to 10 m in lists, to 1 m in evidence, km above', () => {
  expect(plain(zh.distanceText(38, { evidence: true }))).toBe('38 米')
  expect(plain(zh.distanceText(324))).toBe('320 米')
  expect(plain(zh.distanceText(997))).toBe('1 公里')
  expect(plain(zh.distanceText(997, { evidence: true }))).toBe('997 米')
  expect(plain(zh.distanceText(3240))).toBe('3.2 公里')
  expect(plain(en.distanceText(1200, { evidence: true }))).toBe('1.2 km')
})

test('areas', () => {
  expect(plain(zh.areaText(180))).toBe('180 平方米')
  expect(plain(zh.areaText(57_333, { mu: true }))).toBe('86 亩')
})

test('masks, receipts, sizes', () => {
  expect(maskPhone('13800002260')).toBe('138****2260')
  expect(maskPhone('2260')).toBe('**60')
  expect(idTail('990101197411190013')).toBe('****0013')
  expect(receiptGroups('7f3a92c1')).toBe('7F3A 92C1')
  expect(receiptGroups('7f3a92c151d0b6e8', 8)).toBe('7F3A 92C1')
  expect(plain(bytesText(2_400_000))).toBe('2.4 MB')
  expect(plain(bytesText(38_200_000))).toBe('38 MB')
  expect(plain(bytesText(812))).toBe('812 B')
  expect(plain(bytesText(10_737_418_240))).toBe('10.7 GB')
})
