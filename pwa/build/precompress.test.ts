import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { precompressFolder } from './precompress'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'precompress-'))
})
afterEach(async () => {
  await rm(dir, { recursive: true })
})

test('text files get copies that unpack to the same bytes', async () => {
  const text = 'field '.repeat(500)
  await writeFile(join(dir, 'a.js'), text)
  await precompressFolder(dir)
  expect(brotliDecompressSync(await readFile(join(dir, 'a.js.br'))).toString()).toBe(text)
  expect(gunzipSync(await readFile(join(dir, 'a.js.gz'))).toString()).toBe(text)
})

test('pictures and tiny files are left alone', async () => {
  await writeFile(join(dir, 'a.png'), Buffer.alloc(4000))
  await writeFile(join(dir, 'b.js'), 'x')
  expect(await precompressFolder(dir)).toEqual([])
  expect((await readdir(dir)).sort()).toEqual(['a.png', 'b.js'])
})
