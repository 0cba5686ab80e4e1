/**
 * A few numbers kept outside the databases, so that a phone whose database was deleted knows that it had one, and what
 * was in it. Nothing here is about customers.
 */

/** What is known of a person's database from outside it. */
export interface LedgerMark {
  installation: string
  /** Chosen when the database was made: another one has another. */
  born: string
  /** The highest number given in the stream, and the hash of what got it; marks of an older app have none. */
  last: number
  hash?: string
  /** Entries without a receipt, and since when the oldest waits; entries sent by the service worker may still count. */
  unsent: number
  oldest: number | null
}

/** What a database took with it. */
export interface Loss {
  /** The stream it belonged to. */
  stream: string
  /** The highest number that was given in it, and the hash of what got it: a copy may have put something else there. */
  last: number
  hash?: string
  /** Entries that had no receipt, as far as this phone knows. */
  unsent: number
  oldest: number | null
  /** The bank's time at which it was found out. */
  at: number
  /** The bank was told. */
  told: boolean
  /** The bank was told that something was lost, not yet which places. */
  hinted?: boolean
  /** The person has read it. */
  seen: boolean
}

/** What went with the database that `mark` tells of; null where nothing was ever saved in it. */
export function lossOf({ installation: stream, last, hash, unsent, oldest }: LedgerMark, at: number): Loss | null {
  return last || unsent ? { stream, last, ...(hash ? { hash } : {}), unsent, oldest, at, told: false, seen: false } : null
}

/** Where marks are kept: the browser's localStorage, or anything like it. */
export interface LedgerPlace {
  readonly length: number
  key(index: number): string | null
  getItem(key: string): string | null
  setItem(key: string, value: string): void
}

const PREFIX = 'tiange-ledger:'

/** The browser's place; null where there is none (some private modes, workers). */
export function browserPlace(): LedgerPlace | null {
  try {
    return (globalThis as { localStorage?: LedgerPlace }).localStorage ?? null
  } catch {
    return null
  }
}

export class Ledger {
  constructor(private readonly place: LedgerPlace | null) {}

  read(staffId: string): LedgerMark | null {
    try {
      const text = this.place?.getItem(PREFIX + staffId)
      const mark = text ? (JSON.parse(text) as Partial<LedgerMark>) : null
      return mark && typeof mark.born === 'string' ? { installation: '', last: 0, unsent: 0, oldest: null, ...mark, born: mark.born } : null
    } catch {
      return null
    }
  }

  /** Whoever's mark there is: for a phone that does not even know who was signed in. */
  any(): LedgerMark | null {
    const { place } = this
    for (let i = 0; place && i < place.length; i++) {
      const key = place.key(i)
      const mark = key?.startsWith(PREFIX) ? this.read(key.slice(PREFIX.length)) : null
      if (mark) return mark
    }
    return null
  }

  /** Best effort: a place that is full must not stop anything. */
  write(staffId: string, mark: LedgerMark): void {
    try {
      this.place?.setItem(PREFIX + staffId, JSON.stringify(mark))
    } catch {
      // The databases are what counts.
    }
  }
}
