/**
 * Search over the customers on the phone: a part of the name or address, pinyin or its initials, digits of the phone.
 *
 * Each field of all customers is one long string with line feeds between them, so that a query is a handful of native
 * `indexOf` runs and no work per customer; 5,000 customers take well under a millisecond a query.
 */
import type { CustomerEntry } from './rows'

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
    let scores: Map<number, number> | null = null
    // Pinyin may be typed with blanks between the syllables: that is one word first, several words only if it fails.
    const together = words.length > 1 && words.every((word) => /^[a-zü]+$/.test(word)) ? this.scoresOf(words.join('')) : null
    if (together && together.size > 0) scores = together
    else {
      for (const word of words) {
        const found = this.scoresOf(word)
        if (scores === null) scores = found
        else {
          for (const [entry, score] of scores) {
            const more = found.get(entry)
            if (more === undefined) scores.delete(entry)
            else scores.set(entry, score + more)
          }
        }
      }
    }
    return [...(scores as Map<number, number>)]
      .sort(([a, scoreA], [b, scoreB]) => scoreB - scoreA || a - b)
      .slice(0, limit)
      .map(([entry]) => this.entries[entry] as CustomerEntry)
  }

  private scoresOf(word: string): Map<number, number> {
    const scores = new Map<number, number>()
    const note = (entry: number, score: number): void => {
      if ((scores.get(entry) ?? 0) < score) scores.set(entry, score)
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
