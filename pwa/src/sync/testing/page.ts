/**
 * What a page in a notebook would say of a phone: what the person saved, in order, and what the screens must therefore
 * show over the rows that the phone holds. It reads the phone's disk for what is stored and the bank's history for what
 * that must mean, and works both out by itself.
 */
import { expect } from 'vitest'
import type { NewCommand } from '../../domain/commands'
import type { OutboxRecord, StaffDatabase } from '../../store/database'
import type { PartitionRecord } from '../../store/chunks'
import type { Core } from '../core'
import type { Engine } from '../types'
import { STAFF, type County, type Table } from './county'

/** One thing the person saved. */
export interface Saved {
  command: NewCommand
  /** The first command of the same save. */
  save: string
  /** Hashes of its photos. */
  photos: string[]
}

/** What lies on the phone. */
interface Disk {
  outbox: Map<string, OutboxRecord>
  partitions: PartitionRecord[]
}

/** What one customer's page must say. */
interface Shown {
  name: string
  visits: [id: string, note: string][]
  records: [id: string, label: string][]
  values: Record<string, unknown>
  tasks: [id: string, state: unknown, evidence: unknown][]
}

const WEEK_MS = 7 * 86_400_000
const HOUR_MS = 3_600_000
const bookOf = (key: string): string => key.slice(0, key.lastIndexOf('/'))
const epochOf = (gen: string): string => gen.slice(0, gen.lastIndexOf('.'))
const sorted = <T extends [string, ...unknown[]]>(rows: T[]): T[] => rows.sort((a, b) => (a[0] < b[0] ? -1 : 1))

export const databaseOf = (engine: Engine): StaffDatabase => (engine as unknown as { core: Core }).core.store

export async function readDisk(db: StaffDatabase): Promise<Disk> {
  const outbox = new Map((await db.outbox.toArray()).map((record) => [record.id, record]))
  const partitions = (await db.meta.where('key').startsWith('p:').toArray()).map(({ value }) => value as PartitionRecord)
  return { outbox, partitions }
}

export class Page {
  /** In the order they were saved; what was taken back is not here any more. */
  saved: Saved[] = []
  /** Entries that the phone dropped because a backup covers them. */
  readonly dropped = new Set<string>()
  /** Chunks that were damaged and their size since: until they are fetched anew rows may be missing. */
  readonly damage = new Map<string, number>()
  /** The phone stands in the middle of changes that came one revision at a time. */
  between = false
  /** The phone's clock at the last answer that it certainly heard. */
  heardAt = 0

  note(commands: readonly NewCommand[], photos: readonly string[] = []): void {
    const save = (commands[0] as NewCommand).id
    for (const [i, command] of commands.entries()) this.saved.push({ command, save, photos: i === 0 ? [...photos] : [] })
  }

  takeBack(ids: readonly string[]): void {
    this.saved = this.saved.filter(({ command }) => !ids.includes(command.id))
  }

  get(id: string): Saved | undefined {
    return this.saved.find(({ command }) => command.id === id)
  }

  /** Ids that another entry on the phone settles. */
  settled(disk: Disk): Set<string> {
    const settled = new Set<string>()
    for (const { command } of this.saved) {
      const old = command.type === 'command.discard' ? command.body.discards : command.replaces
      if (old !== undefined && disk.outbox.has(command.id)) settled.add(old)
    }
    return settled
  }

  /** Forgets the damage that was mended. */
  async noteMended(db: StaffDatabase): Promise<void> {
    for (const [id, size] of this.damage) if ((await db.chunks.get(id))?.data.length !== size) this.damage.delete(id)
  }

  // ---- the outbox

  /** Nothing saved is lost, changed, doubled or out of order; only what the bank answered is called received. */
  checkOutbox(county: County, disk: Disk, now: number): void {
    for (const { command } of this.saved) {
      if (disk.outbox.has(command.id)) continue
      expect(this.dropped.has(command.id) || this.mayDrop(county, command.id, now), `${command.type} ${command.id} is gone from the phone`).toBe(true)
      this.dropped.add(command.id)
    }
    const known = new Set(this.saved.map(({ command }) => command.id))
    for (const [id, record] of disk.outbox) {
      expect(known.has(id), `an entry that nobody saved: ${id}`).toBe(true)
      const given = county.given.get(id) ?? new Set()
      if (record.state === 'received') {
        expect([...given].some((result) => result !== 'rejected' && result !== 'held'), `${id} is called received`).toBe(true)
      }
      if (record.state === 'rejected') expect(given.has('rejected') || this.settled(disk).has(id) || record.receipt?.code === 'needs_discarded', `${id} is called refused`).toBe(true)
    }
    const last = new Map<string, number>()
    for (const { command } of this.saved) {
      const record = disk.outbox.get(command.id)
      if (!record) continue
      expect(record.seq, `the order of ${record.stream}`).toBeGreaterThan(last.get(record.stream) ?? 0)
      last.set(record.stream, record.seq)
    }
  }

  /** What is at the bank took effect in the order in which it was saved; what hangs on another entry may have waited for it. */
  checkOrder(county: County): void {
    const places = new Map(this.saved.map(({ command }, place) => [command.id as string, { place, hangs: command.needs.length > 0 || command.replaces !== undefined }]))
    const taken = county.bank.applied.flatMap(({ id }) => places.get(id as string) ?? []).filter(({ hangs }) => !hangs).map(({ place }) => place)
    expect(taken, 'the order of effects').toEqual([...taken].sort((a, b) => a - b))
  }

  /** A backup covers it and a week has passed: the bank has it, or nobody wants it. */
  private mayDrop(county: County, id: string, now: number): boolean {
    const receivedAt = this.receivedAt.get(id) ?? county.receivedAt(id)
    return receivedAt !== undefined && receivedAt < county.bank.durableThrough && now - receivedAt >= WEEK_MS
  }

  /** When the bank said it received an entry, as last seen on the phone. */
  readonly receivedAt = new Map<string, number>()

  noteReceipts(disk: Disk): void {
    for (const [id, { receipt }] of disk.outbox) if (receipt) this.receivedAt.set(id, receipt.receivedAt)
  }

  /** The list of the screen: each entry once, as it is stored, with what the person wrote. */
  checkList(engine: Engine, disk: Disk): void {
    const list = engine.outbox()
    const settled = this.settled(disk)
    expect(new Set(list.map(({ id }) => id)).size, 'an entry is listed twice').toBe(list.length)
    for (const entry of list) {
      const saved = this.get(entry.id)
      expect(saved, `the list shows ${entry.id}`).toBeDefined()
      expect(entry.command?.body).toEqual(saved?.command.body)
      const stored = disk.outbox.get(entry.id)?.state
      if (entry.state === 'received') expect(stored).toBe('received')
      if (entry.state === 'saved' || entry.state === 'sending') expect(stored).toBe(entry.state)
      if (stored === 'rejected' || stored === 'held') expect(entry.state).toBe('attention')
    }
    const places = new Map(this.saved.map(({ command }, place) => [command.id, place]))
    const listedAt = list.map(({ id }) => places.get(id) as number)
    expect(listedAt, 'the newest first').toEqual([...listedAt].sort((a, b) => b - a))
    const listed = new Map(list.map((entry) => [entry.id, entry]))
    for (const { command, save } of this.saved) {
      const record = disk.outbox.get(command.id)
      if (!record || settled.has(command.id) || listed.has(command.id)) continue
      // Saved in one go with what it needs, it is one record to the person, as long as it has nothing to say itself.
      const companions = this.saved.filter((one) => one.save === save && command.needs.includes(one.command.id))
      expect(companions.length, `${command.type} is not in the list`).toBeGreaterThan(0)
      expect(['rejected', 'held']).not.toContain(record.state)
    }
    const waiting = this.saved.some(({ command }) => !settled.has(command.id) && ['saved', 'sending'].includes(disk.outbox.get(command.id)?.state ?? ''))
    expect(engine.status().waiting > 0, 'something waits').toBe(waiting)
  }

  // ---- the screens

  /** The customers and their pages that the screens must show. */
  screens(county: County, disk: Disk): Map<string, Shown> {
    const tables = this.tables(county, disk)
    const customers = customersOf(tables)
    const tasks = new Map([...(tables.get(STAFF)?.values() ?? [])].flatMap(({ id, values }) => (values ? [[id, { ...values }] as const] : [])))
    const lying = this.lying(disk, tables)
    const shown = new Map<string, Shown>()
    for (const [id, { name, home }] of customers) shown.set(id, { name, ...hanging(tables, id, home), tasks: [] })
    const aliases = new Map([...disk.outbox.values()].flatMap(({ receipt }) => Object.entries(receipt?.alias ?? {})))
    for (const { command } of lying) {
      // A duplicate is shown as whom the bank knew, from its answer on.
      if (command.type === 'customer.create' && !aliases.has(command.body.id)) shown.set(command.body.id, { name: command.body.name, visits: [], records: [], values: {}, tasks: [], ...(shown.get(command.body.id) ?? {}) })
      if (command.type === 'task.submit' && tasks.has(command.body.task_id)) Object.assign(tasks.get(command.body.task_id) as object, { state: 'submitted', evidence_id: command.body.visit_id })
    }
    const pageOf = (id: string): Shown | undefined => shown.get(id) ?? shown.get(aliases.get(id) ?? id)
    for (const { command } of lying) lay(command, pageOf, shown)
    for (const [id, task] of tasks) shown.get(task['customer_id'] as string)?.tasks.push([id, task['state'], task['evidence_id']])
    for (const page of shown.values()) {
      sorted(page.visits)
      sorted(page.records)
      sorted(page.tasks)
    }
    return shown
  }

  /** The books that the phone holds, as they were at the bank at the revisions where it stands. */
  private tables(county: County, disk: Disk): Map<string, Table> {
    const tables = new Map<string, Table>()
    for (const { key, gen, revision } of [...disk.partitions].sort((a, b) => (a.key < b.key ? -1 : 1))) {
      const table = county.at(epochOf(gen), bookOf(key), revision)
      expect(table, `${key} at a revision that never was: ${revision}`).toBeDefined()
      tables.set(bookOf(key), table as Table)
    }
    return tables
  }

  /** Entries whose effect the rows on the phone do not hold yet. */
  private lying(disk: Disk, tables: Map<string, Table>): Saved[] {
    const settled = this.settled(disk)
    const epochs = new Map(disk.partitions.map(({ key, gen, revision }) => [bookOf(key), { epoch: epochOf(gen), revision }]))
    const newest = [...epochs.values()].map(({ epoch }) => epoch).sort((a, b) => Number(b.slice(6)) - Number(a.slice(6)))[0]
    return this.saved.filter(({ command }) => {
      const record = disk.outbox.get(command.id)
      if (!record || record.state === 'rejected' || settled.has(command.id)) return false
      if (record.state !== 'received') return true
      return Object.entries(record.receipt?.await ?? {}).some(([book, revision]) => {
        const held = epochs.get(book)
        return tables.has(book) && held !== undefined && (held.revision < revision || held.epoch !== (this.epoch ?? newest))
      })
    })
  }

  /** The bank's life that the phone knows of. */
  epoch: string | null = null

  async checkScreens(engine: Engine, county: County, disk: Disk): Promise<void> {
    const expected = this.screens(county, disk)
    const list = engine.customers()
    expect(list.map(({ id, name }) => [id, name]).sort()).toEqual([...expected].map(([id, { name }]) => [id, name]).sort())
    for (const [id, page] of expected) {
      const view = await engine.customer(id)
      const got: Shown = {
        name: view.customer.name,
        visits: sorted(view.visits.map((visit) => [visit.id, visit.note ?? ''])),
        records: sorted(view.records.map((record) => [record.id, record.label])),
        values: Object.fromEntries(Object.entries(view.file?.values ?? {}).map(([field, value]) => [field, value[0]])),
        tasks: sorted(view.tasks.map((task) => [task.id, task.state, task.evidence_id])),
      }
      expect(got, `the page of ${page.name}`).toEqual(page)
    }
  }

  /** Whether reading must be closed; null where a clock that was moved leaves it open. */
  mustBeClosed(now: number, jumped: boolean): boolean | null {
    if (jumped || this.heardAt === 0) return null
    return now - this.heardAt > 72 * HOUR_MS
  }
}

function customersOf(tables: Map<string, Table>): Map<string, { name: string; home: string }> {
  const found = new Map<string, { name: string; home: string }>()
  for (const [book, table] of tables) {
    for (const { kind, id, values } of table.values()) {
      if (kind !== 'customer' || !values) continue
      // In two books while a household moves: its home's word counts.
      if (!found.has(id) || values['home_book'] === book) found.set(id, { name: values['name'] as string, home: values['home_book'] as string })
    }
  }
  return found
}

function hanging(tables: Map<string, Table>, id: string, home: string): Pick<Shown, 'visits' | 'records' | 'values'> {
  const visits = new Map<string, string>()
  const records = new Map<string, string>()
  let values: Record<string, unknown> | null = null
  const books = [...tables.keys()].sort((a, b) => Number(b === home) - Number(a === home))
  for (const book of books) {
    for (const row of tables.get(book)?.values() ?? []) {
      if (!row.values) continue
      if (row.kind === 'file' && row.id === id) values ??= Object.fromEntries(Object.entries(row.values['values'] as Record<string, unknown[]>).map(([field, value]) => [field, value[0]]))
      if (row.values['customer_id'] !== id) continue
      if (row.kind === 'visit' && !visits.has(row.id)) visits.set(row.id, row.values['note'] as string)
      if (row.kind === 'record' && !records.has(row.id)) records.set(row.id, row.values['label'] as string)
    }
  }
  return { visits: [...visits], records: [...records], values: values ?? {} }
}

const upsert = (rows: [string, string][], id: string, text: string): void => {
  const known = rows.find(([one]) => one === id)
  if (known) known[1] = text
  else rows.push([id, text])
}

/** Lays one entry over the pages. */
function lay(command: NewCommand, pageOf: (id: string) => Shown | undefined, all: Map<string, Shown>): void {
  switch (command.type) {
    case 'visit.log': {
      const page = pageOf(command.body.customer_id)
      if (page) upsert(page.visits, command.body.id, command.body.note ?? '')
      return
    }
    case 'customer.set_values': {
      const page = pageOf(command.body.customer_id)
      for (const { field, value } of command.body.edits) if (page) page.values[field] = value
      return
    }
    case 'record.put': {
      const page = pageOf(command.body.customer_id)
      if (page) upsert(page.records, command.body.id, command.body.label)
      return
    }
    case 'record.remove':
      for (const page of all.values()) page.records = page.records.filter(([id]) => id !== command.body.id)
  }
}
