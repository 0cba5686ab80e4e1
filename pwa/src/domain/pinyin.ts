/** Pinyin of a name typed on the phone, until the bank's own row brings it. The dictionary loads only when needed. */

export interface Reading {
  /** Syllables without tones, joined. */
  pinyin: string
  initials: string
}

/** Reads a Chinese name; surnames take their surname reading. */
export async function readName(name: string): Promise<Reading> {
  const { pinyin } = await import('pinyin-pro')
  const syllables = pinyin(name, { toneType: 'none', type: 'array', nonZh: 'consecutive', surname: 'head' })
  return {
    pinyin: syllables.join('').toLowerCase().replace(/\s+/g, ''),
    initials: syllables.map((syllable) => syllable.slice(0, 1)).join('').toLowerCase(),
  }
}

/** Which characters sound alike, tones and the slips of local speech aside (zh/z, ch/c, sh/s, n/l, -ng/-n). */
export class Sounds {
  private readonly readings = new Map<string, readonly string[]>()

  /** Learns how the characters of these texts are read, in all the ways there are. Each character is learned once. */
  async learn(texts: Iterable<string>): Promise<void> {
    const fresh = new Set<string>()
    for (const text of texts) for (const char of text) if (!this.readings.has(char)) fresh.add(char)
    if (fresh.size === 0) return
    const { polyphonic } = await import('pinyin-pro')
    for (const char of fresh) {
      const [read = ''] = polyphonic(char, { toneType: 'none', type: 'array', nonZh: 'removed' }) as unknown as string[] | string[][]
      const ways = Array.isArray(read) ? read : read.split(' ')
      this.readings.set(char, [...new Set(ways.filter(Boolean).map(folded))])
    }
  }

  alike = (one: string, other: string): boolean => {
    if (one === other) return true
    const ways = this.readings.get(other)
    return !!ways && (this.readings.get(one)?.some((way) => ways.includes(way)) ?? false)
  }
}

const folded = (syllable: string): string => syllable.toLowerCase().replace(/^([zcs])h/, '$1').replace(/ng$/, 'n').replace(/^n(?=[aeiouüv])/, 'l')
