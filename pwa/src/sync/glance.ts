/** Keeps the day at a glance up to date while nothing else is to be done, and opens it at the unlock. */
import { addDays, dayOf } from '../domain/dates'
import { countsNow, countsOf, isOpen, ownContacts, withOwnContacts, type Column, type Counts } from '../domain/duties'
import type { Day, GridRow, TaskRow } from '../domain/rows'
import { branchOn } from '../domain/team'
import type { CustomerEntry } from '../domain/views'
import { openGlance, putGlance, rowsStamp, soundStamp, type Ahead } from '../store/glance'
import type { Vault } from '../store/vault'
import type { Core } from './core'
import type { Engine, Glance } from './types'

/** For how many days from the present one it is made: whoever stays away longer waits for the rows. */
const DAYS = 7
/** After the last change: several follow each other, and the screens come first. */
const QUIET_MS = 2_000

interface Kept extends Omit<Glance, 'columns' | 'branch'> {
  /** What it was made from. */
  stamp: string
  days: Record<Day, Record<Column, Counts>>
  /** Missing in what an app from before it has kept. */
  branch?: Record<Day, Counts | null>
}

/** All that decides what the Today screen shows, but for the day. */
function stampOf(core: Core, rows: string): string {
  const outbox = core.outbox.all().map(({ header: { id, state, acknowledged, settles, receipt } }) => [id, state, acknowledged, settles, receipt?.result, receipt?.await])
  return JSON.stringify([core.options.appVersion, core.current?.staffId, core.current?.staff.role, rows, outbox])
}

/** What was kept, if it is still what the Today screen would show now; else null. */
export async function glanceNow(core: Core, vault: Vault, { glance, partitions }: Ahead): Promise<Glance | null> {
  const rows = soundStamp(partitions)
  if (!glance || rows === null) return null
  const kept = (await openGlance(vault, glance)) as Kept | null
  if (!kept || kept.stamp !== stampOf(core, rows)) return null
  const today = dayOf(core.now(), kept.zone)
  const columns = kept.days[today]
  return columns ? { ...kept, columns, branch: kept.branch?.[today] ?? null } : null
}

type Screens = Pick<Engine, 'approvals' | 'customers' | 'grids' | 'inbox' | 'outbox' | 'tasks' | 'team' | 'today' | 'unplaced'>

export class Glances {
  /** What the record on the phone was made from, and on which day; null: not known. */
  private kept: string | null = null
  private timer: ReturnType<typeof setTimeout> | null = null
  private off: (() => void)[] = []

  constructor(
    private readonly core: Core,
    private readonly screens: Screens,
  ) {}

  start(): void {
    this.off.push(this.core.subscribe((what) => what !== 'status' && this.soon()))
    if (typeof document === 'undefined') return
    const hidden = (): void => {
      // The app may not come back.
      if (document.visibilityState === 'hidden') void this.keep()
    }
    document.addEventListener('visibilitychange', hidden)
    this.off.push(() => document.removeEventListener('visibilitychange', hidden))
  }

  private soon(): void {
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      this.timer = null
      if (this.core.syncing) return this.soon()
      if (typeof requestIdleCallback === 'function') requestIdleCallback(() => void this.keep(), { timeout: QUIET_MS })
      else void this.keep()
    }, QUIET_MS)
  }

  /** Writes it anew if it is old. What it says is taken at once, so that it may be asked for just before a lock. Never throws. */
  async keep(): Promise<void> {
    const { core } = this
    const { unlocked } = core
    if (!unlocked || core.readLocked() || core.storageFailed || core.damaged.size || !core.db) return
    const held = [...unlocked.rows.partitions.values()]
    if (held.length === 0 || held.some(({ damaged, whole, revision }) => damaged || whole !== revision)) return
    const rows = rowsStamp(held)
    const stamp = stampOf(core, rows)
    const today = this.screens.today()
    const mark = `${today} ${stamp}`
    if (this.kept === mark) return
    const { db } = core
    try {
      if (await putGlance(db, unlocked.vault, rows, this.made(stamp, today))) this.kept = mark
    } catch (error) {
      core.noteStorage(error)
    }
  }

  private made(stamp: string, today: Day): Kept {
    const { screens } = this
    const tasks = withOwnContacts(screens.tasks(), ownContacts(screens.outbox()))
    const days = Array.from({ length: DAYS }, (_, i) => addDays(today, i))
    // The day after the last one too: the screen of a day without work says what the next one brings.
    const last = addDays(today, DAYS)
    const due = tasks.filter((task) => isOpen(task) && countsNow(task, last))
    const wanted = new Set(due.map((task) => task.customer_id))
    return {
      stamp,
      zone: this.core.timeZone(),
      days: Object.fromEntries(days.map((day) => [day, countsOf(tasks, day)])),
      branch: Object.fromEntries(days.map((day) => [day, branchOn(screens.team().people, day)])),
      tasks: due as TaskRow[],
      customers: screens.customers().filter(({ id }) => wanted.has(id)) as CustomerEntry[],
      grids: [...screens.grids()] as GridRow[],
      unplaced: screens.unplaced().length,
      unread: screens.inbox().filter((one) => one.read_at === null).length,
      toApprove: screens.approvals().filter((one) => one.state === 'submitted').length,
    }
  }

  close(): void {
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
    for (const off of this.off.splice(0)) off()
  }
}
