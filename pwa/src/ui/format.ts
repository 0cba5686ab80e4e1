/**
 * How figures read on screen, in Chinese and English. Money comes in fen, rates in basis points, lengths in metres,
 * instants as milliseconds UTC, days as `YYYY-MM-DD` of the bank's own calendar. Nothing here knows the clock: the
 * present is passed in.
 */
import { DEFAULT_TIME_ZONE as BANK_ZONE, dayOf, daysBetween, weekday } from '../domain/dates'

export type Locale = 'zh-CN' | 'en'

const WAN = 1_000_000 // fen
const YI = 10_000_000_000 // fen

/** A figure and its unit, apart because the unit is set smaller. `lead` stands before the figure (¥ in English). */
export interface Figure {
  lead: string
  num: string
  unit: string
}

export function figureText(f: Figure): string {
  // A unit never stands alone on the next line.
  return f.unit === '' || f.unit === '%' ? `${f.lead}${f.num}${f.unit}` : `${f.lead}${f.num}\u00a0${f.unit}`
}

function group(n: number): string {
  return Math.round(n).toString().replace(/\B(?=(\d{3})+$)/g, ',')
}

/** At most `digits` decimals; `fixed` keeps the zeros, for figures that add up in a column. */
function decimals(n: number, digits: number, fixed: boolean): string {
  const text = (Math.round(n * 10 ** digits) / 10 ** digits).toFixed(digits)
  return fixed ? text : text.replace(/\.?0+$/, '')
}

interface MoneyStyle {
  /** Figures that add up: one decimal always, unit 万. */
  column?: boolean
  /** Yuan whatever the size: figures that add up and are too fine for 万. */
  yuan?: boolean
  /** 万 in place of 万元. */
  tight?: boolean
  /** A change: plus shown. */
  change?: boolean
}

/** A day's year, month, day. Throws RangeError on a malformed day. */
function ymd(day: string): [number, number, number] {
  const m = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day)
  if (!m) throw new RangeError(`not a day: ${day}`)
  return [Number(m[1]), Number(m[2]), Number(m[3])]
}

const timeFormat = new Intl.DateTimeFormat('en-GB', { timeZone: BANK_ZONE, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

/** Full years between a birth date and a day. */
export function ageOn(birth: string, day: string): number {
  const [by, bm, bd] = ymd(birth)
  const [y, m, d] = ymd(day)
  return y - by - (m < bm || (m === bm && d < bd) ? 1 : 0)
}

/** Over eleven months away, a date needs its year. */
function needsYear(day: string, today: string): boolean {
  const [y, m, d] = ymd(day)
  const [ty, tm, td] = ymd(today)
  const months = Math.abs((y - ty) * 12 + (m - tm))
  return months > 11 || (months === 11 && (y > ty || (y === ty && m > tm) ? d > td : d < td))
}

export function maskPhone(phone: string): string {
  return phone.length < 8 ? phone.replace(/.(?=.{2})/g, '*') : `${phone.slice(0, 3)}****${phone.slice(-4)}`
}

/** Only the last four of an ID number. */
export function idTail(id: string): string {
  return `****${id.slice(-4)}`
}

/** 7f3a92c1 → 7F3A 92C1. */
export function receiptGroups(receipt: string, digits = receipt.length): string {
  return receipt.slice(0, digits).toUpperCase().replace(/(.{4})(?=.)/g, '$1 ')
}

export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes}\u00a0B`
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)}\u00a0KB`
  const mb = bytes / 1_000_000
  if (mb >= 1000) return `${decimals(mb / 1000, 1, false)}\u00a0GB`
  return `${mb < 10 ? decimals(mb, 1, false) : Math.round(mb)}\u00a0MB`
}

/** Monday first. */
const ZH_WEEK = ['一', '二', '三', '四', '五', '六', '日']
const EN_WEEK = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const EN_MONTH = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

export function makeFormat(locale: Locale) {
  const zh = locale === 'zh-CN'

  function money(fen: number, style: MoneyStyle = {}): Figure {
    const sign = fen < 0 ? '−' : style.change && fen > 0 ? '+' : ''
    const abs = Math.abs(fen)
    if (!zh) {
      if (abs >= YI) return { lead: `${sign}¥`, num: decimals(abs / 100_000_000_000, 2, true), unit: 'bn' }
      return { lead: `${sign}¥`, num: group(abs / 100), unit: '' }
    }
    if (style.yuan) return { lead: sign, num: group(abs / 100), unit: '元' }
    if (style.column) return { lead: sign, num: decimals(abs / WAN, 1, true), unit: '万' }
    if (abs >= YI) return { lead: sign, num: decimals(abs / YI, 2, true), unit: style.tight ? '亿' : '亿元' }
    // What rounds up to a whole 万 is written as one.
    if (abs >= WAN - 50) return { lead: sign, num: decimals(abs / WAN, 1, false), unit: style.tight ? '万' : '万元' }
    return { lead: sign, num: group(abs / 100), unit: '元' }
  }

  function distance(metres: number, style: { evidence?: boolean } = {}): Figure {
    const m = Math.round(metres)
    if (m < 1000) {
      const shown = style.evidence ? m : Math.round(m / 10) * 10
      if (shown < 1000) return { lead: '', num: String(shown), unit: zh ? '米' : 'm' }
    }
    const km = metres / 1000
    return { lead: '', num: km >= 100 ? String(Math.round(km)) : decimals(km, 1, false), unit: zh ? '公里' : 'km' }
  }

  function date(day: string, today: string, style: { week?: boolean } = {}): string {
    const [y, m, d] = ymd(day)
    const year = needsYear(day, today)
    const w = weekday(day) - 1
    if (zh) return `${year ? `${y}年` : ''}${m}月${d}日${style.week ? ` 周${ZH_WEEK[w]}` : ''}`
    return `${style.week ? `${EN_WEEK[w]} ` : ''}${d} ${EN_MONTH[m - 1]}${year ? ` ${y}` : ''}`
  }

  function time(at: number): string {
    return timeFormat.format(at)
  }

  /** 今天 and 昨天 with the time, else the date; `withTime` adds the time there as well. */
  function moment(at: number, now: number, style: { withTime?: boolean } = {}): string {
    const today = dayOf(now)
    const day = dayOf(at)
    const ago = daysBetween(day, today)
    if (ago === 0) return `${zh ? '今天' : 'today'} ${time(at)}`
    if (ago === 1) return `${zh ? '昨天' : 'yesterday'} ${time(at)}`
    return style.withTime ? `${date(day, today)} ${time(at)}` : date(day, today)
  }

  /** A length of time in days and hours, for how long the phone may stay offline. */
  function span(ms: number): string {
    const hours = Math.max(0, Math.floor(ms / 3_600_000))
    const d = Math.floor(hours / 24)
    const h = hours % 24
    if (zh) return [d ? `${d} 天` : '', h || !d ? `${h} 小时` : ''].filter(Boolean).join(' ')
    const unit = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`
    return [d ? unit(d, 'day') : '', h || !d ? unit(h, 'hour') : ''].filter(Boolean).join(' ')
  }

  /** Square metres; `mu` for fields (15 mu a hectare). */
  function area(m2: number, style: { mu?: boolean } = {}): Figure {
    if (style.mu) return { lead: '', num: decimals((m2 * 15) / 10_000, 1, false), unit: zh ? '亩' : 'mu' }
    return { lead: '', num: group(m2), unit: zh ? '平方米' : 'm²' }
  }

  return {
    locale,
    money,
    moneyText: (fen: number, style: MoneyStyle = {}) => figureText(money(fen, style)),
    /** 435 → 4.35%. */
    rate: (bp: number) => `${(bp / 100).toFixed(2)}%`,
    /** A change of a rate: +3 基点. */
    rateChange: (bp: number) => `${bp < 0 ? '−' : bp > 0 ? '+' : ''}${Math.abs(bp)} ${zh ? '基点' : 'bp'}`,
    /** Whole per cent; one or two decimals only where a gate is near. */
    share: (part: number, whole: number, digits: 0 | 1 | 2 = 0) => (whole === 0 ? '–' : `${((part / whole) * 100).toFixed(digits)}%`),
    count: (n: number) => group(n),
    distance,
    distanceText: (metres: number, style: { evidence?: boolean } = {}) => figureText(distance(metres, style)),
    date,
    time,
    moment,
    span,
    area,
    areaText: (m2: number, style: { mu?: boolean } = {}) => figureText(area(m2, style)),
  }
}

export type Format = ReturnType<typeof makeFormat>
