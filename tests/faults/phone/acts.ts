/** What a person does on the screens, as the commands that the app would save for it. */
import { build, type FileRef, type NewCommand } from '../../../pwa/src/domain/commands'
import { uuid7 } from '../../../pwa/src/domain/ids'
import type { DisputeRow } from '../../../pwa/src/domain/rows'
import type { Engine, NewFile } from '../../../pwa/src/sync/types'
import { picture } from './picture'
import { sound } from './sound'

/**
 * From the plan; which fields there are depends on the kind. `nth`: which of what is there is taken; `third`: what is said
 * where none of the disputed values is right; `photo`, `signature`: sides in pixels, `voice`: ms, 0 for none.
 */
export interface Act {
  kind: string
  customer: string
  mark: string
  field: string
  value: number
  record: string
  grid: string
  phone: string
  other: string
  member: string
  photo: number
  signature: number
  voice: number
  nth: number
  third: number
}

/** What a tap on save saves; no commands where there is nothing that it could be about. */
export interface Made {
  commands: NewCommand[]
  files: NewFile[]
}

/** A command that has no screen in the app yet. */
function plain(type: string, body: Record<string, unknown>): NewCommand {
  return { id: uuid7(), type, version: type === 'customer.split' ? 2 : 1, needs: [], body } as unknown as NewCommand
}

async function visit({ customer: customer_id, mark, photo, signature, voice }: Act, engine: Engine): Promise<Made & { id: string }> {
  const files: NewFile[] = []
  if (photo) {
    const bytes = picture(mark, photo)
    files.push({ hash: await engine.hashFile(bytes), class: 'home', bytes })
  }
  const photos = files.map(({ hash }) => ({ hash, class: 'home' as const, taken_at: engine.now() }))
  const more: FileRef[] = []
  const added = async (kind: FileRef['class'], bytes: Uint8Array<ArrayBuffer>, rest: Partial<FileRef> = {}): Promise<void> => {
    const hash = await engine.hashFile(bytes)
    files.push({ hash, class: kind, bytes })
    more.push({ hash, class: kind, taken_at: engine.now(), ...rest })
  }
  if (signature) await added('signature', picture(`${mark}/签`, signature))
  if (voice) await added('voice', sound(`${mark}/语`, voice), { duration_ms: voice })
  const id = uuid7()
  const logged = build.visitLog({
    id, customer_id, channel: 'onsite', purpose: 'follow_up', outcome: 'met', needs: [], presented: [], photos, note: mark,
    ...(more.length ? { files: more } : {}),
  })
  return { commands: [logged], files, id }
}

const LOOK_MS = 2000
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Those of a field that are open; a phone that knows of none looks at the bank first. */
async function disputes(engine: Engine, field: string): Promise<DisputeRow[]> {
  for (const look of [false, true]) {
    if (look) await Promise.race([engine.sync().catch(() => undefined), pause(LOOK_MS)])
    const open = []
    for (const { id } of engine.customers()) open.push(...(await engine.customer(id)).disputes.filter((one) => one.state === 'open' && one.field === field))
    if (open.length) return open
  }
  return []
}

const pick = <T>(among: readonly T[], nth = 0): T | undefined => among[nth % Math.max(among.length, 1)]

/** The commands of a tap on save. Ids that the plan does not give are made here, as phones do. */
export async function made(act: Act, engine: Engine): Promise<Made> {
  const { kind, customer: customer_id, mark, field, value, record, grid, phone, other, member, nth, third } = act
  const some = (...commands: NewCommand[]): Made => ({ commands, files: [] })
  switch (kind) {
    case 'visit':
      return visit(act, engine)
    case 'hand_in': {
      const working = ['open', 'in_progress', 'returned']
      const task = pick(engine.tasks().filter((one) => one.customer_id === customer_id && working.includes(one.state)), nth)
      const done = await visit(act, engine)
      const [logged] = done.commands
      if (task && logged) done.commands.push(build.taskSubmit({ task_id: task.id, visit_id: done.id }, { needs: [logged.id] }))
      return done
    }
    case 'withdraw': {
      const task = pick(engine.tasks().filter((one) => one.state === 'submitted'), nth)
      return task ? some(plain('task.withdraw', { task_id: task.id })) : some()
    }
    case 'decide': {
      const task = pick(engine.approvals().filter((one) => one.state === 'submitted'), nth)
      if (!task) return some()
      return some(value ? build.taskApprove({ task_id: task.id }) : build.taskReturn({ task_id: task.id, reason: mark }))
    }
    case 'weigh': {
      const open = []
      for (const { id } of engine.customers()) open.push(...(await engine.customer(id)).suggestions.filter((one) => one.state === 'open'))
      const one = pick(open, nth)
      if (!one) return some()
      return some(value ? build.suggestionAccept({ suggestion_id: one.id }) : build.suggestionDismiss({ suggestion_id: one.id }))
    }
    case 'settle': {
      const one = pick(await disputes(engine, field), nth)
      if (!one) return some()
      const seen = one.values.map(([said]) => said)
      return some(build.disputeSettle({ dispute_id: one.id, seen, value: seen[value] ?? third }))
    }
    case 'edit':
    case 'contest':
      return some(build.setValues({ customer_id, edits: [{ field, seen: null, value }] }))
    case 'record':
      return some(build.recordPut({ id: record, customer_id, kind: 'machinery', label: mark, value_fen: 100_000, detail: {} }))
    case 'drop_record':
      return some(build.recordRemove({ id: record, customer_id, reason: 'sold' }))
    case 'create': {
      const one = { id: uuid7(), person_id: uuid7(), name: mark, relation: 'head' }
      return some(build.customerCreate({ id: uuid7(), kind: 'household', name: mark, grid_id: grid, address: mark, phone, members: [one] }))
    }
    case 'move':
      return some(plain('customer.move', { customer_id, grid_id: grid, reason: mark }))
    case 'merge':
      return some(plain('customer.merge', { customer_id, into_id: other, reason: mark }))
    case 'unmerge':
      return some(plain('customer.unmerge', { customer_id, reason: mark }))
    case 'split':
      return some(plain('customer.split', { id: other, customer_id, name: mark, address: mark, member_ids: [member], head_id: member, record_ids: [] }))
    default:
      throw new TypeError(`no such act: ${kind}`)
  }
}
