/**
 * Search over the customers on the phone: a part of the name or address, pinyin or its initials, digits of the phone.
 *
 * Each field of all customers is one long string with line feeds between them, so that a query is a handful of native
 * `indexOf` runs and no work per customer; 5,000 customers take well under a millisecond a query.
 */
import type { CustomerEntry } from './views'

const SEPARATOR = '\n'

/** One field of all customers, in the order of the entries. */
class Column {
  private readonly text: string
  private readonly starts: Uint32Array

  constructor(values: readonly string[]) {
    this.starts = new Uint32Array(values.length)
    let at = 1
    values.forEach((value, i) => {
      this.starts[i] = at
      at += value.length + 1
    })
    this.text = SEPARATOR + values.join(SEPARATOR) + SEPARATOR
  }

  /** Calls `hit(entry, atStart)` once for each entry whose field contains `needle`. */
  find(needle: string, hit: (entry: number, atStart: boolean) => void): void {
    const { text, starts } = this
    let from = text.indexOf(needle)
    let entry = 0
    while (from !== -1) {
      entry = this.entryAt(from, entry)
      hit(entry, starts[entry] === from)
      // Further hits in the same entry tell nothing new.
      const next = starts[entry + 1]
      if (next === undefined) return
      from = text.indexOf(needle, next)
    }
  }

  /** The entry that the text position lies in, searched from `low` on. */
  private entryAt(position: number, low: number): number {
    let left = low
    let right = this.starts.length - 1
    while (left < right) {
      const middle = (left + right + 1) >> 1
      if ((this.starts[middle] as number) <= position) left = middle
      else right = middle - 1
    }
    return left
  }
}

/** Ranks of a hit: the higher, the earlier in the list. */
const RANK = { nameStart: 60, name: 50, initialsStart: 45, pinyinStart: 40, initials: 30, phone: 30, pinyin: 20, address: 10 } as const

const squeeze = (text: string): string => text.toLowerCase().replace(/[\s']+/g, '')

export class SearchIndex {
  private readonly names: Column
  private readonly initials: Column
  private readonly pinyin: Column
  private readonly phones: Column
  private readonly addresses: Column

  constructor(private readonly entries: readonly CustomerEntry[]) {
    this.names = new Column(entries.map((entry) => squeeze(entry.name)))
    this.initials = new Column(entries.map((entry) => squeeze(entry.initials)))
    this.pinyin = new Column(entries.map((entry) => squeeze(entry.pinyin)))
    this.phones = new Column(entries.map((entry) => (entry.phone ?? '').replace(/\D/g, '')))
    this.addresses = new Column(entries.map((entry) => squeeze(entry.address)))
  }

  /**
   * The customers that match every word of `text`, best first, then in the order of the list. An empty text gives the
   * start of the list.
   */
  search(text: string, limit = 50): CustomerEntry[] {
    const words = text
      .slice(0, 100)
      .split(/\s+/)
      .map(squeeze)
      .filter((word) => word !== '')
    if (words.length === 0) return this.entries.slice(0, limit)
    // Pinyin may be typed with blanks between the syllables: that is one word first, several words only if it fails.
    if (words.length > 1 && words.every((word) => /^[a-zü]+$/.test(word))) {
      const together = this.best(this.scoresOf(words.join('')), limit)
      if (together.length > 0) return together
    }
    const scores = this.scoresOf(words[0] as string)
    for (const word of words.slice(1)) {
      const more = this.scoresOf(word)
      for (let i = 0; i < scores.length; i++) {
        const [one, other] = [scores[i] as number, more[i] as number]
        scores[i] = one && other ? one + other : 0
      }
    }
    return this.best(scores, limit)
  }

  /** The entries with the highest scores; a score of 0 is no hit. No sorting: there are few different scores. */
  private best(scores: Uint16Array, limit: number): CustomerEntry[] {
    const byScore = new Map<number, number[]>()
    for (let i = 0; i < scores.length; i++) {
      const score = scores[i] as number
      if (score === 0) continue
      const list = byScore.get(score)
      if (!list) byScore.set(score, [i])
      else if (list.length < limit) list.push(i)
    }
    return [...byScore.keys()]
      .sort((a, b) => b - a)
      .flatMap((score) => byScore.get(score) as number[])
      .slice(0, limit)
      .map((entry) => this.entries[entry] as CustomerEntry)
  }

  /** How well each entry fits a word. */
  private scoresOf(word: string): Uint16Array {
    const scores = new Uint16Array(this.entries.length)
    const note = (entry: number, score: number): void => {
      if ((scores[entry] as number) < score) scores[entry] = score
    }
    this.names.find(word, (entry, start) => note(entry, start ? RANK.nameStart : RANK.name))
    if (/^[a-zü]+$/.test(word)) {
      this.initials.find(word, (entry, start) => note(entry, start ? RANK.initialsStart : RANK.initials))
      this.pinyin.find(word, (entry, start) => note(entry, start ? RANK.pinyinStart : RANK.pinyin))
    }
    if (/^[\d+-]+$/.test(word)) {
      const digits = word.replace(/\D/g, '')
      if (digits.length >= 2) this.phones.find(digits, (entry) => note(entry, RANK.phone))
    }
    this.addresses.find(word, (entry) => note(entry, RANK.address))
    return scores
  }
}
