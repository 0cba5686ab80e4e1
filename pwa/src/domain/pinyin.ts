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
