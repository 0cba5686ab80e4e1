import 'fake-indexeddb/auto'
import { decode } from '@msgpack/msgpack'
import { mkdir, writeFile } from 'node:fs/promises'
import { expect, test, vi } from 'vitest'
import { build } from '../domain/commands'
import { uuid7 } from '../domain/ids'
import { sha256Hex, utf8 } from '../store/bytes'
import { FakeBank } from './testing/bank'
import { GRID, GRID_KEY, household, readyPhone, visitOf } from './testing/phone'

// Two busy cores must not fail a test that is merely slow.
vi.setConfig({ testTimeout: 60_000 })

const MAGIC = 'TIANGE-OUTBOX-1\n'
const xie = household('谢金枝', '13812342260')

interface Exported {
  installation: string
  clock_ahead_ms: number
  commands: { stream: string; id: string; seq: number; hash: string; sealed: Uint8Array<ArrayBuffer> }[]
  files: { hash: string; class: string; command: string; sealed: Uint8Array<ArrayBuffer> }[]
}

const opened = (bytes: Uint8Array): Exported => {
  expect(new TextDecoder().decode(bytes.subarray(0, MAGIC.length))).toBe(MAGIC)
  return decode(bytes.subarray(MAGIC.length)) as Exported
}

test('the waiting outbox leaves the phone sealed, locked or not, and the bank can read it whole', async () => {
  const bank = await FakeBank.open()
  bank.change(GRID_KEY, [xie])
  const { engine, clock } = await readyPhone(bank, uuid7())
  const received = visitOf(xie.id)
  await engine.save([received])
  clock.now += 90_000
  bank.now += 30_000
  await engine.sync()
  const picture = utf8('a photo of 谢金枝')
  const hash = await sha256Hex(picture)
  const visit = visitOf(xie.id, { note: '想买拖拉机', photos: [{ hash, class: 'home', taken_at: 1 }] })
  const created = build.customerCreate({ id: uuid7(), kind: 'household', name: '廖腊英', grid_id: GRID, address: '三组', members: [] })
  await engine.save([visit], [{ hash, class: 'home', bytes: picture }])
  await engine.save([created])
  engine.lock()
  const file = await engine.exportOutbox()
  expect(file).toMatchObject({ commands: 2, files: 1 })
  expect(file.name).toMatch(/^tiange-[0-9a-f]{8}-2026-11-21\.outbox$/)
  for (const secret of ['谢金枝', '廖腊英', '拖拉机', '三组', xie.id, '13812342260']) {
    expect(Buffer.from(file.bytes).includes(Buffer.from(secret)), secret).toBe(false)
  }
  const document = opened(file.bytes)
  expect(document.clock_ahead_ms).toBe(60_000)
  expect(document.commands.map(({ id, seq }) => [id, seq])).toEqual([[visit.id, 2], [created.id, 3]])
  for (const { id, seq, hash: digest, sealed, stream } of document.commands) {
    expect(stream).toBe(document.installation)
    const plain = await bank.open(`command:${id}`, sealed)
    expect(await sha256Hex(plain)).toBe(digest)
    expect(decode(plain)).toMatchObject({ id, seq })
  }
  expect(document.files).toMatchObject([{ hash, class: 'home', command: visit.id }])
  expect(await bank.open(`file:${hash}`, document.files[0]!.sealed)).toEqual(picture)
  // What was exported still goes by itself once the network is back.
  await engine.unlock('135790')
  await engine.sync()
  expect(bank.applied).toHaveLength(3)
  expect((await engine.exportOutbox()).commands).toBe(0)
  // Made anew on request, for the bank's own test: TIANGE_WRITE_FIXTURES names the folder.
  const folder = process.env['TIANGE_WRITE_FIXTURES']
  if (folder) {
    await mkdir(folder, { recursive: true })
    await writeFile(`${folder}/outbox-1.outbox`, file.bytes)
    await writeFile(`${folder}/outbox-1.seal.json`, JSON.stringify(await bank.sealKey()))
  }
  await engine.close()
})
