/**
 * What a person can do on the phone: the commands of the synchronisation contract, section 8, and builders that
 * refuse what the bank would refuse for its shape.
 */
import { CommandInvalid, day, id, ids, LARGEST, LONGEST, phone, text, whole } from './checks'
import { COMMAND_VERSIONS } from './commandVersions'
import type { DuplicateBodies } from './duplicates'
import { MOST_REVIEWERS, type EvaluationBodies } from './evaluation'
import type { FileBodies } from './fileBodies'
import { normalId, readId } from './idNumber'
import { uuid7 } from './ids'
import type { MoveBodies } from './moves'
import { checkedStep, type OpportunityBodies } from './opportunities'
import type { Channel, CustomerKind, Day, Id, Instant, Outcome, PhotoClass } from './rows'

export { CommandInvalid, LARGEST, LONGEST } from './checks'

export interface Point {
  lon: number
  lat: number
  accuracy_m: number
  at: Instant
}

export interface PhotoRef {
  hash: string
  class: PhotoClass
  taken_at: Instant
}

/** A signature or a voice note; the length in ms of the latter. */
export interface FileRef {
  hash: string
  class: 'signature' | 'voice'
  taken_at: Instant
  duration_ms?: number
}

export interface NewMember {
  id: Id
  person_id: Id
  name: string
  relation: string
  sex?: 'm' | 'f' | null
  birth_on?: Day | null
  phone?: string | null
  /** Goes up sealed like all of the command, and never comes down. */
  id_number?: string | null
}

/** What is said of a contact, whoever it was with. */
interface Contact {
  id: Id
  channel: Channel
  purpose: string
  outcome: Outcome
  needs: string[]
  wanted_fen?: number | null
  wanted_for?: string | null
  presented: string[]
  note?: string | null
  point?: Point | null
  /** The colleague who came along. */
  companion_id?: Id | null
  /** The same for all households of one village meeting, and only there. */
  meeting_id?: Id | null
  photos: PhotoRef[]
  files?: FileRef[]
  next_on?: Day | null
  next_purpose?: string | null
}

export interface CommandBodies extends EvaluationBodies, FileBodies, MoveBodies, DuplicateBodies, OpportunityBodies {
  'visit.log': Contact & { customer_id: Id }
  /** Past the offline limit: the household as the person typed it. */
  'visit.log_unplaced': Contact & { name: string; place: string }
  /** What is added later to a visit, which itself is never edited. */
  'visit.supplement': { id: Id; visit_id: Id; customer_id: Id; note?: string | null; photos: PhotoRef[]; files?: FileRef[] }
  'visit.place': { visit_id: Id; customer_id: Id }
  'task.submit': { task_id: Id; visit_id: Id }
  'task.approve': { task_id: Id }
  'task.return': { task_id: Id; reason: string }
  /** The assignee takes back what nobody has decided. */
  'task.withdraw': { task_id: Id }
  'customer.create': {
    id: Id
    kind: CustomerKind
    name: string
    phone?: string | null
    grid_id: Id
    address: string
    point?: Point | null
    members: NewMember[]
  }
  'member.put': { id: Id; customer_id: Id; person_id: Id; edits: { field: string; seen: string | boolean | null; value: string | boolean | null }[] }
  /** `on`: the day, today where it is left out. */
  'member.remove': { id: Id; customer_id: Id; reason: string; on?: Day }
  'consent.give': { id: Id; customer_id: Id; member_id: Id; purpose: string; text_number: number; signed_by: Id; signature: { hash: string; taken_at: Instant } }
  'consent.withdraw': { id: Id; customer_id: Id; member_id: Id; purpose: string; reason: string }
  /** `member_id`: whose papers it shows. */
  'photo.add': { id: Id; customer_id: Id; hash: string; file_class: PhotoClass; taken_at: Instant; member_id?: Id }
  'photo.remove': { id: Id; customer_id: Id; reason: string }
  'suggestion.accept': { suggestion_id: Id }
  'suggestion.dismiss': { suggestion_id: Id }
  'dispute.settle': { dispute_id: Id; seen: (number | string | null)[]; value: number | string | null }
  'inbox.read': { ids: Id[] }
  'command.discard': { discards: Id; reason: string }
}

export type CommandType = keyof CommandBodies

interface NewCommandOf<T extends CommandType> {
  id: Id
  type: T
  version: number
  /** When it was seen, if not just now. */
  observed_at?: Instant
  /** Commands that must be at the bank before this one. */
  needs: Id[]
  /** The refused command in whose place this one stands. */
  replaces?: Id
  body: CommandBodies[T]
}

/** A command before it is saved: the engine gives it its place in the stream and its time. */
export type NewCommand = { [T in CommandType]: NewCommandOf<T> }[CommandType]

/** A saved command: what the sealed bytes hold. */
export type Command = {
  [T in CommandType]: NewCommandOf<T> & {
    seq: number
    at: Instant
    /** Minutes that local time was ahead of UTC. */
    offset_minutes: number
    observed_at: Instant
    /** By the bank's clock: when it was last heard before the save; absent before the first contact. */
    heard_at?: Instant
    /** By the bank's clock: when it was saved, as the phone reckoned. */
    reckoned_at?: Instant
  }
}[CommandType]

const CHANNELS: readonly string[] = ['onsite', 'phone', 'wechat', 'branch', 'meeting']
const OUTCOMES: readonly string[] = ['met', 'absent', 'refused', 'moved', 'wrong_address', 'wrong_grid']
const MOST_PHOTOS = 20
const MOST_FILES = 5
const LEAST_ACCURATE_M = 1_000_000

/** Checks a fix; its accuracy is given to the bank in whole metres. */
function point<T extends { point?: Point | null }>(body: T): T {
  const value = body.point
  if (value == null) return body
  if (!(Math.abs(value.lon) <= 180 && Math.abs(value.lat) <= 90)) throw new CommandInvalid('point', 'out_of_range')
  if (!(value.accuracy_m >= 0)) throw new CommandInvalid('point', 'out_of_range')
  return { ...body, point: { ...value, accuracy_m: Math.min(LEAST_ACCURATE_M, Math.round(value.accuracy_m)), at: Math.round(value.at) } }
}

export interface CommandOptions {
  observed_at?: Instant
  needs?: Id[]
  replaces?: Id
}

function make<T extends CommandType>(type: T, body: CommandBodies[T], options: CommandOptions = {}): NewCommandOf<T> {
  const command: NewCommandOf<T> = { id: uuid7(), type, version: COMMAND_VERSIONS[type], needs: options.needs ?? [], body }
  if (options.observed_at !== undefined) command.observed_at = options.observed_at
  if (options.replaces !== undefined) command.replaces = options.replaces
  return command
}

function contact(body: Contact): void {
  id('id', body.id)
  if (!CHANNELS.includes(body.channel)) throw new CommandInvalid('channel', body.channel ? 'unknown' : 'required')
  if (!OUTCOMES.includes(body.outcome)) throw new CommandInvalid('outcome', body.outcome ? 'unknown' : 'required')
  text('purpose', body.purpose, LONGEST.code, true)
  text('next_purpose', body.next_purpose, LONGEST.code)
  if ((body.channel === 'meeting') !== !!body.meeting_id) throw new CommandInvalid('channel', 'unknown')
  attached(body)
  text('wanted_for', body.wanted_for, LONGEST.use)
  whole('wanted_fen', body.wanted_fen, LARGEST.fen)
  day('next_on', body.next_on)
}

function attached(body: { note?: string | null; photos: PhotoRef[]; files?: FileRef[] }): void {
  if (body.photos.length > MOST_PHOTOS) throw new CommandInvalid('photos', 'too_long')
  if ((body.files?.length ?? 0) > MOST_FILES) throw new CommandInvalid('files', 'too_long')
  text('note', body.note, LONGEST.note)
}

/** Builders, one for each command. All throw CommandInvalid. */
export const build = {
  visitLog(body: CommandBodies['visit.log'], options?: CommandOptions) {
    id('customer_id', body.customer_id)
    contact(body)
    return make('visit.log', point(body), options)
  },
  visitLogUnplaced(body: CommandBodies['visit.log_unplaced'], options?: CommandOptions) {
    text('name', body.name, LONGEST.name, true)
    text('place', body.place, LONGEST.address)
    contact(body)
    return make('visit.log_unplaced', point(body), options)
  },
  visitSupplement(body: CommandBodies['visit.supplement'], options?: CommandOptions) {
    ids(body, 'id', 'visit_id', 'customer_id')
    attached(body)
    text('note', body.note, LONGEST.note, !body.photos.length && !body.files?.length)
    return make('visit.supplement', body, options)
  },
  visitPlace(body: CommandBodies['visit.place'], options?: CommandOptions) {
    ids(body, 'visit_id', 'customer_id')
    return make('visit.place', body, options)
  },
  taskSubmit(body: CommandBodies['task.submit'], options?: CommandOptions) {
    ids(body, 'task_id', 'visit_id')
    return make('task.submit', body, options)
  },
  taskApprove(body: CommandBodies['task.approve'], options?: CommandOptions) {
    id('task_id', body.task_id)
    return make('task.approve', body, options)
  },
  taskReturn(body: CommandBodies['task.return'], options?: CommandOptions) {
    id('task_id', body.task_id)
    text('reason', body.reason, LONGEST.reason, true)
    return make('task.return', body, options)
  },
  taskWithdraw(body: CommandBodies['task.withdraw'], options?: CommandOptions) {
    id('task_id', body.task_id)
    return make('task.withdraw', body, options)
  },
  customerCreate(body: CommandBodies['customer.create'], options?: CommandOptions) {
    ids(body, 'id', 'grid_id')
    text('name', body.name, LONGEST.name, true)
    text('address', body.address, LONGEST.address, true)
    phone('phone', body.phone)
    for (const member of body.members) {
      id('members.id', member.id)
      id('members.person_id', member.person_id)
      text('members.name', member.name, LONGEST.name, true)
      text('members.relation', member.relation, LONGEST.label, true)
      day('members.birth_on', member.birth_on)
      phone('members.phone', member.phone)
      if (member.id_number && !readId(member.id_number)) throw new CommandInvalid('members.id_number', 'not_an_id')
    }
    const members = body.members.map((one) => (one.id_number ? { ...one, id_number: normalId(one.id_number) } : one))
    return make('customer.create', point({ ...body, members }), options)
  },
  setValues(body: CommandBodies['customer.set_values'], options?: CommandOptions) {
    id('customer_id', body.customer_id)
    if (body.edits.length === 0) throw new CommandInvalid('edits', 'required')
    for (const edit of body.edits) {
      text('edits.field', edit.field, LONGEST.label, true)
      if (typeof edit.value === 'number') whole(edit.field, edit.value, LARGEST.fen)
      if (typeof edit.value === 'boolean') throw new CommandInvalid(edit.field, 'unknown')
      if (typeof edit.value === 'string') text(edit.field, edit.value, LONGEST.label)
    }
    return make('customer.set_values', body, options)
  },
  questionLeave(body: CommandBodies['question.leave'], options?: CommandOptions) {
    id('customer_id', body.customer_id)
    text('question', body.question, LONGEST.label, true)
    return make('question.leave', body, options)
  },
  recordPut(body: CommandBodies['record.put'], options?: CommandOptions) {
    ids(body, 'id', 'customer_id')
    text('label', body.label, LONGEST.label, true)
    whole('value_fen', body.value_fen, LARGEST.fen)
    whole('area_m2', body.area_m2, LARGEST.area_m2)
    whole('quantity', body.quantity, LARGEST.quantity)
    return make('record.put', body, options)
  },
  recordRemove(body: CommandBodies['record.remove'], options?: CommandOptions) {
    ids(body, 'id', 'customer_id')
    text('reason', body.reason, LONGEST.removal, true)
    return make('record.remove', body, options)
  },
  memberPut(body: CommandBodies['member.put'], options?: CommandOptions) {
    ids(body, 'id', 'customer_id', 'person_id')
    if (body.edits.length === 0) throw new CommandInvalid('edits', 'required')
    for (const { field, value } of body.edits) {
      if (field === 'name') text('name', value as string | null, LONGEST.name, true)
      if (field === 'phone') phone('phone', value as string | null)
      if (field === 'birth_on') day('birth_on', value as string | null)
      if (field === 'id_number' && value !== null && !readId(String(value))) throw new CommandInvalid('id_number', 'not_an_id')
    }
    return make('member.put', body, options)
  },
  memberRemove(body: CommandBodies['member.remove'], options?: CommandOptions) {
    ids(body, 'id', 'customer_id')
    text('reason', body.reason, LONGEST.code, true)
    day('on', body.on)
    return make('member.remove', body, options)
  },
  memberRestore(body: CommandBodies['member.restore'], options?: CommandOptions) {
    ids(body, 'id', 'customer_id')
    return make('member.restore', body, options)
  },
  memberMove(body: CommandBodies['member.move'], options?: CommandOptions) {
    ids(body, 'id', 'customer_id', 'into_id')
    text('relation', body.relation, LONGEST.code, true)
    return make('member.move', body, options)
  },
  customerMove(body: CommandBodies['customer.move'], options?: CommandOptions) {
    ids(body, 'customer_id', 'grid_id')
    text('reason', body.reason, LONGEST.removal, true)
    text('address', body.address, LONGEST.address)
    return make('customer.move', point(body), options)
  },
  customerSplit(body: CommandBodies['customer.split'], options?: CommandOptions) {
    id('customer_id', body.customer_id)
    text('name', body.name, LONGEST.name, true)
    text('address', body.address, LONGEST.address, true)
    if (body.member_ids.length === 0) throw new CommandInvalid('member_ids', 'required')
    if (!body.member_ids.includes(body.head_id)) throw new CommandInvalid('head_id', 'required')
    return make('customer.split', body, options)
  },
  consentGive(body: CommandBodies['consent.give'], options?: CommandOptions) {
    ids(body, 'member_id', 'signed_by')
    text('signature', body.signature.hash, 64, true)
    return make('consent.give', body, options)
  },
  consentWithdraw(body: CommandBodies['consent.withdraw'], options?: CommandOptions) {
    id('member_id', body.member_id)
    text('reason', body.reason, LONGEST.removal, true)
    return make('consent.withdraw', body, options)
  },
  photoAdd(body: CommandBodies['photo.add'], options?: CommandOptions) {
    id('customer_id', body.customer_id)
    if ((body.file_class === 'id') !== (body.member_id !== undefined)) throw new CommandInvalid('member_id', 'required')
    return make('photo.add', body, options)
  },
  photoRemove(body: CommandBodies['photo.remove'], options?: CommandOptions) {
    id('id', body.id)
    text('reason', body.reason, LONGEST.code, true)
    return make('photo.remove', body, options)
  },
  duplicateDecline(body: CommandBodies['duplicate.decline'], options?: CommandOptions) {
    ids(body, 'person_id', 'other_id')
    return make('duplicate.decline', body, options)
  },
  duplicateDeclineBusiness(body: CommandBodies['duplicate.decline_business'], options?: CommandOptions) {
    ids(body, 'customer_id', 'other_id')
    return make('duplicate.decline_business', body, options)
  },
  customerMerge(body: CommandBodies['customer.merge'], options?: CommandOptions) {
    ids(body, 'customer_id', 'into_id')
    text('reason', body.reason, LONGEST.removal, true)
    const into = body.same.map((one) => one.into_member_id)
    if (new Set(into).size < into.length) throw new CommandInvalid('same', 'unknown')
    return make('customer.merge', body, options)
  },
  customerUnmerge(body: CommandBodies['customer.unmerge'], options?: CommandOptions) {
    id('customer_id', body.customer_id)
    text('reason', body.reason, LONGEST.removal, true)
    return make('customer.unmerge', body, options)
  },
  memberUnite(body: CommandBodies['member.unite'], options?: CommandOptions) {
    ids(body, 'id', 'customer_id', 'into_member_id', 'into_id')
    return make('member.unite', body, options)
  },
  memberPart(body: CommandBodies['member.part'], options?: CommandOptions) {
    ids(body, 'id', 'customer_id')
    text('reason', body.reason, LONGEST.removal, true)
    return make('member.part', body, options)
  },
  suggestionAccept(body: CommandBodies['suggestion.accept'], options?: CommandOptions) {
    id('suggestion_id', body.suggestion_id)
    return make('suggestion.accept', body, options)
  },
  suggestionDismiss(body: CommandBodies['suggestion.dismiss'], options?: CommandOptions) {
    id('suggestion_id', body.suggestion_id)
    return make('suggestion.dismiss', body, options)
  },
  disputeSettle(body: CommandBodies['dispute.settle'], options?: CommandOptions) {
    id('dispute_id', body.dispute_id)
    if (body.seen.length === 0) throw new CommandInvalid('seen', 'required')
    if (typeof body.value === 'number') whole('value', body.value, LARGEST.fen)
    return make('dispute.settle', body, options)
  },
  evaluationCreate(body: CommandBodies['evaluation.create'], options?: CommandOptions) {
    ids(body, 'id', 'grid_id', 'host_id')
    day('held_on', body.held_on)
    text('place', body.place, LONGEST.address)
    for (const field of ['reviewers', 'customer_ids'] as const) if (body[field].length === 0) throw new CommandInvalid(field, 'required')
    if (body.reviewers.length > MOST_REVIEWERS) throw new CommandInvalid('reviewers', 'too_long')
    for (const reviewer of body.reviewers) text('reviewers.name', reviewer.name, LONGEST.name, true)
    return make('evaluation.create', body, options)
  },
  evaluationHandIn(body: CommandBodies['evaluation.hand_in'], options?: CommandOptions) {
    ids(body, 'session_id', 'reviewer_id')
    if (body.forms.length === 0) throw new CommandInvalid('forms', 'required')
    return make('evaluation.hand_in', body, options)
  },
  evaluationInvite(body: CommandBodies['evaluation.invite'], options?: CommandOptions) {
    ids(body, 'session_id', 'reviewer_id')
    return make('evaluation.invite', body, options)
  },
  evaluationClose(body: CommandBodies['evaluation.close'], options?: CommandOptions) {
    id('session_id', body.session_id)
    return make('evaluation.close', body, options)
  },
  evaluationReview(body: CommandBodies['evaluation.review'], options?: CommandOptions) {
    id('session_id', body.session_id)
    if (body.items.length === 0) throw new CommandInvalid('items', 'required')
    body.items.forEach(({ percent }) => whole('percent', percent, 100))
    body.items.forEach(({ reason }) => text('reason', reason, LONGEST.reason))
    return make('evaluation.review', body, options)
  },
  opportunityStep: (body: CommandBodies['opportunity.step'], options?: CommandOptions) => make('opportunity.step', checkedStep(body), options),
  opportunityReview: (body: CommandBodies['opportunity.review'], options?: CommandOptions) => make('opportunity.review', body, options),
  inboxRead(body: CommandBodies['inbox.read'], options?: CommandOptions) {
    if (body.ids.length === 0) throw new CommandInvalid('ids', 'required')
    body.ids.forEach((item) => id('ids', item))
    return make('inbox.read', body, options)
  },
  discard(body: CommandBodies['command.discard'], options?: CommandOptions) {
    id('discards', body.discards)
    text('reason', body.reason, LONGEST.reason)
    return make('command.discard', body, options)
  },
}
