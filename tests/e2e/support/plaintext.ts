/** Looks through a browser profile's files, byte by byte, for anything that could be read there. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'

/** The same thing in the forms in which a browser might write it. */
export function formsOf(secret: string | number): Buffer[] {
  if (typeof secret === 'string') return [Buffer.from(secret, 'utf8'), Buffer.from(secret, 'utf16le')]
  const [big, little] = [Buffer.alloc(8), Buffer.alloc(8)]
  big.writeDoubleBE(secret)
  little.writeDoubleLE(secret)
  return [big, little, Buffer.from(String(secret))]
}

function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesBelow(path)
    else if (entry.isFile() && statSync(path).size > 0) yield path
  }
}

/** Every gzip stream inside the bytes, and the whole as Brotli: what a cache may have kept as it came over the wire. */
function unpacked(bytes: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let at = bytes.indexOf(GZIP); at >= 0; at = bytes.indexOf(GZIP, at + 1)) {
    try {
      found.push(gunzipSync(bytes.subarray(at), { finishFlush: 2 }))
    } catch {
      continue // three bytes that only look like one
    }
  }
  try {
    found.push(brotliDecompressSync(bytes))
  } catch {
    return found
  }
  return found
}
const GZIP = Buffer.from([0x1f, 0x8b, 0x08])

/** Where each secret was found: its name and the file. */
export function findIn(folder: string, secrets: ReadonlyMap<string, readonly Buffer[]>): { files: number; found: string[] } {
  const found: string[] = []
  let files = 0
  for (const path of filesBelow(folder)) {
    files++
    const raw = readFileSync(path)
    const contents = [raw, ...unpacked(raw)]
    for (const [name, forms] of secrets) {
      if (contents.some((content) => forms.some((form) => content.includes(form)))) found.push(`${name} in ${path.slice(folder.length + 1)}`)
    }
  }
  return { files, found }
}
