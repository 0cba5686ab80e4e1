/** All people on the phone, briefly, so that a form can say who may be known already. Read when such a form opens. */
import type { KnownPeople, Someone } from '../domain/alike'
import { Sounds } from '../domain/pinyin'
import type { Id, MemberRow } from '../domain/rows'
import { DamagedChunk } from '../store/chunks'
import type { Core, Unlocked } from './core'
import type { Reader } from './reads'

/** What is kept of a member: names and dates, nothing else of the row. */
type Brief = Omit<Someone, 'business'>

export class People {
  private kept: { unlocked: Unlocked; version: number; members: Promise<Map<Id, Brief>> } | null = null
  private readonly sounds = new Sounds()

  constructor(
    private readonly core: Core,
    private readonly reader: Reader,
  ) {}

  /** `pause` is awaited between chunks. Throws EngineError `locked`. */
  async known(pause: () => Promise<void>): Promise<KnownPeople> {
    const unlocked = this.core.open
    const { rows } = unlocked
    if (this.kept?.unlocked !== unlocked || this.kept.version !== rows.version) {
      const members = this.members(unlocked, pause)
      this.kept = { unlocked, version: rows.version, members }
      members.catch(() => (this.kept = null))
    }
    const members = new Map(await this.kept.members)
    for (const [id, row] of this.reader.laid('member')) {
      if (row) members.set(id, brief(row))
      else members.delete(id)
    }
    const customers = new Map(this.reader.customers().map((one) => [one.id, one]))
    const people: Someone[] = []
    const peopled = new Set<Id>()
    for (const one of members.values()) {
      const at = customers.get(one.customer_id)
      if (!at) continue
      peopled.add(at.id)
      people.push({ ...one, business: false })
    }
    for (const at of customers.values()) {
      if (at.kind === 'household' && peopled.has(at.id)) continue
      people.push({ person_id: null, business: at.kind === 'business', customer_id: at.id, name: at.name, relation: at.kind === 'business' ? 'owner' : 'head', sex: null, birth_on: null, phone: at.phone })
    }
    await this.sounds.learn(people.map(({ name }) => name))
    return { people, sounds: this.sounds }
  }

  /** Forgets everybody: the phone is locked. */
  forget(): void {
    this.kept = null
  }

  private async members(unlocked: Unlocked, pause: () => Promise<void>): Promise<Map<Id, Brief>> {
    const found = new Map<Id, Brief>()
    for (const partition of unlocked.rows.partitions.values()) {
      try {
        await unlocked.lazy.each(partition, 'member', (row) => found.set(row.id, brief(row)), pause)
      } catch (error) {
        // a chunk that can't be read is mended elsewhere; who is in it is not offered meanwhile
        if (!(error instanceof DamagedChunk)) throw error
      }
    }
    return found
  }
}

const brief = (row: MemberRow): Brief => ({
  person_id: row.person_id, customer_id: row.customer_id, name: row.name, relation: row.relation,
  sex: row.sex === 'm' || row.sex === 'f' ? row.sex : null, birth_on: row.birth_on ?? null, phone: row.phone ?? null,
})
