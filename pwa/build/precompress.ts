import { readdir, readFile, writeFile } from 'node:fs/promises'
import { extname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Plugin } from 'vite'

const TEXT = new Set(['.html', '.js', '.css', '.svg', '.json', '.webmanifest', '.wasm', '.txt'])
/** Below this a compressed copy saves less than its header costs. */
const SMALLEST = 512

const br = promisify(brotliCompress)
const gz = promisify(gzip)

async function files(dir: string): Promise<string[]> {
  const found: string[] = []
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) found.push(...(await files(path)))
    else found.push(path)
  }
  return found
}

/**
 * Writes `name.br` and `name.gz` beside every text file of a folder, where they come out smaller.
 * Returns the paths of the files that got copies.
 */
export async function precompressFolder(dir: string): Promise<string[]> {
  const done: string[] = []
  for (const path of await files(dir)) {
    if (!TEXT.has(extname(path))) continue
    const raw = await readFile(path)
    if (raw.byteLength < SMALLEST) continue
    const [b, g] = await Promise.all([
      br(raw, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: 11,
          [constants.BROTLI_PARAM_SIZE_HINT]: raw.byteLength,
        },
      }),
      gz(raw, { level: 9 }),
    ])
    if (b.byteLength < raw.byteLength) await writeFile(`${path}.br`, b)
    if (g.byteLength < raw.byteLength) await writeFile(`${path}.gz`, g)
    done.push(path)
  }
  return done
}

/** Runs after everything else has been written, the service worker included. */
export function precompress(): Plugin {
  let out = 'dist'
  return {
    name: 'precompress',
    apply: 'build',
    enforce: 'post',
    configResolved(config) {
      out = resolve(config.root, config.build.outDir)
    },
    closeBundle: {
      order: 'post',
      sequential: true,
      async handler() {
        await precompressFolder(out)
      },
    },
  }
}
