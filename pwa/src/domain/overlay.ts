/**
 * Lays the phone's own entries over the rows it holds, so that an entry shows at once and stays shown until the bank's
 * own row arrives. Pure: base rows are never changed, each touched row is a new object that carries a pending mark.
 */
import { dayOf } from './dates'
import type { Command, CommandBodies } from './commands'
import { observedAt } from './commandFacts'
import { handedIn, invited, reviewed } from './evaluation'
import { ACCOUNTS, CREDIT, fieldsOf } from './consents'
import { readId } from './idNumber'
import { Overlay, patch, type Laying, type OverlayContext, type OverlayEntry, type ReadRow } from './laying'
import { moveCustomer, moveMember, splitCustomer } from './movesLaid'
import { stepped } from './opportunities'
import { FILE_SECTIONS } from './questions'
import type { Given, ConsentSaid, CustomerRow, FileValue, Id, MemberRow } from './rows'
import type { VisitFile, VisitRow } from './visitRows'
import { checkVisit } from './visits'

export { Overlay, type OverlayContext, type OverlayEntry, type ReadRow }

/** Lays `entries`, in their order, over what `base` reads. */
export function layOver(entries: readonly OverlayEntry[], base: ReadRow, context: OverlayContext): Overlay {
  const overlay = new Overlay()
  const read: ReadRow = (kind, id) => {
    const over = overlay.get(kind, id)
    return over === undefined ? base(kind, id) : (over ?? undefined)
  }
  for (const { command, state } of entries) {
    apply(command, {
      overlay,
      read,
      pending: { command: command.id, state },
      day: dayOf(observedAt(command), context.timeZone),
      context,
      at: observedAt(command),
    })
  }
  return overlay
}

function apply(command: Command, laying: Laying): void {
  switch (command.type) {
    case 'visit.log':
      return logVisit(command.body, laying)
    case 'visit.log_unplaced':
      return logUnplaced(command.body, laying)
    case 'visit.supplement':
      return supplement(command.body, laying)
    case 'visit.place':
      return placeVisit(command.body, laying)
    case 'task.submit':
      return patch(laying, 'task', command.body.task_id, {
        state: 'submitted',
        submitted_at: laying.at,
        evidence_id: command.body.visit_id,
        reason: null,
      })
    case 'task.approve':
      return decide(command.body.task_id, 'approved', null, laying)
    case 'task.return':
      return decide(command.body.task_id, 'returned', command.body.reason, laying)
    case 'task.withdraw':
      return patch(laying, 'task', command.body.task_id, { state: 'in_progress', submitted_at: null })
    case 'customer.create':
      return createCustomer(command.body, laying)
    case 'customer.set_values':
      return setValues(command.body, laying)
    case 'customer.move':
      return moveCustomer(command.body, laying)
    case 'customer.split':
      return splitCustomer(command.body, laying)
    case 'question.leave':
      return patch(laying, 'file', command.body.customer_id, {
        unanswered: { ...laying.read('file', command.body.customer_id)?.unanswered, [command.body.question]: [command.body.why, laying.day, laying.context.staffId] },
      })
    case 'record.put':
      return putRecord(command.body, laying)
    case 'record.remove':
      return laying.overlay.set('record', command.body.id, null)
    case 'member.put':
      return putMember(command.body, laying)
    case 'member.remove':
    case 'member.unite':
      return removeMember(command.body, laying)
    case 'member.move':
      return moveMember(command.body, laying)
    case 'consent.give':
    case 'consent.withdraw':
      return sayConsent(command, laying)
    case 'photo.add':
      return laying.overlay.set('photo', command.body.id, {
        id: command.body.id, revision: 0, pending: laying.pending, customer_id: command.body.customer_id, hash: command.body.hash, class: command.body.file_class,
        person_id: (command.body.member_id && laying.read('member', command.body.member_id)?.person_id) || null, arrived: false, taken_on: laying.day, staff_id: laying.context.staffId,
      })
    case 'photo.remove':
      return laying.overlay.set('photo', command.body.id, null)
    case 'suggestion.accept':
      return acceptSuggestion(command.body.suggestion_id, laying)
    case 'suggestion.dismiss':
      return decideSuggestion(command.body.suggestion_id, 'dismissed', laying)
    case 'dispute.settle':
      return settleDispute(command.body, laying)
    case 'evaluation.create':
      return createEvaluation(command.body, laying)
    case 'evaluation.hand_in':
      return handIn(command.body, laying)
    case 'evaluation.invite':
      return inviteReviewer(command.body, laying)
    case 'evaluation.close':
      return closeEvaluation(command.body, laying)
    case 'evaluation.review':
      return reviewResults(command.body, laying)
    case 'opportunity.step': {
      const row = laying.read('opportunity', command.body.customer_id)
      return row && patch(laying, 'opportunity', row.id, { items: stepped(row.items, command.body, laying.context.staffId, laying.at) })
    }
    case 'inbox.read':
      for (const id of command.body.ids) {
        if (laying.read('inbox', id)?.read_at == null) patch(laying, 'inbox', id, { read_at: laying.at })
      }
  }
}

/** What was said of a visit, whether its household is known or not. */
function said(body: CommandBodies['visit.log'] | CommandBodies['visit.log_unplaced']) {
  return {
    channel: body.channel,
    purpose: body.purpose,
    outcome: body.outcome,
    needs: body.needs,
    wanted_fen: body.wanted_fen ?? null,
    wanted_for: body.wanted_for ?? null,
    note: body.note ?? null,
    lon: body.point?.lon ?? null,
    lat: body.point?.lat ?? null,
    accuracy_m: body.point?.accuracy_m ?? null,
    next_on: body.next_on ?? null,
    next_purpose: body.next_purpose ?? null,
    meeting_id: body.meeting_id ?? null,
    presented: body.presented,
  }
}

function logVisit(body: CommandBodies['visit.log'], laying: Laying): void {
  const customer = laying.read('customer', body.customer_id)
  const place = customer && customer.lon !== null && customer.lat !== null ? { lon: customer.lon, lat: customer.lat } : null
  const check = checkVisit(body.channel, body.point ?? null, place, laying.context.limits)
  const row: VisitRow = {
    id: body.id,
    revision: 0,
    pending: laying.pending,
    customer_id: body.customer_id,
    staff_id: laying.context.staffId,
    at: laying.at,
    ...said(body),
    distance_m: check.distance_m,
    flags: check.flags,
    photos: body.photos.map((photo) => [photo.hash, photo.class, false]),
    files: (body.files ?? []).map((file) => [file.hash, file.class, false, file.duration_ms ?? null]),
    companion_id: body.companion_id ?? null,
  }
  laying.overlay.set('visit', body.id, row)
}

function supplement(body: CommandBodies['visit.supplement'], laying: Laying): void {
  const visit = laying.read('visit', body.visit_id)
  if (!visit) return
  const known = new Set([...visit.photos, ...(visit.files ?? [])].map(([hash]) => hash))
  const fresh = <F extends { hash: string }>(files: F[]) => files.filter(({ hash }) => !known.has(hash))
  patch(laying, 'visit', body.visit_id, {
    photos: [...visit.photos, ...fresh(body.photos).map((photo): VisitRow['photos'][number] => [photo.hash, photo.class, false])],
    files: [...(visit.files ?? []), ...fresh(body.files ?? []).map((file): VisitFile => [file.hash, file.class, false, file.duration_ms ?? null])],
    supplements: [...(visit.supplements ?? []), [body.id, laying.context.staffId, laying.at, body.note ?? null]],
  })
}

function logUnplaced(body: CommandBodies['visit.log_unplaced'], laying: Laying): void {
  laying.overlay.set('unplaced', body.id, {
    id: body.id,
    revision: 0,
    pending: laying.pending,
    staff_id: laying.context.staffId,
    name: body.name,
    place: body.place,
    at: laying.at,
    ...said(body),
    photos: body.photos.length,
    offered: [],
  })
}

function placeVisit({ visit_id, customer_id }: CommandBodies['visit.place'], laying: Laying): void {
  const row = laying.read('unplaced', visit_id)
  if (!row) return
  const { name: _name, place: _place, offered: _offered, photos: _photos, ...said } = row
  const visit: VisitRow = {
    ...said, pending: laying.pending, customer_id, distance_m: null, flags: [], photos: [], files: [], companion_id: null,
  }
  laying.overlay.set('visit', visit_id, visit)
  laying.overlay.set('unplaced', visit_id, null)
}

function decide(taskId: Id, state: 'approved' | 'returned', reason: string | null, laying: Laying): void {
  const decision = { state, decided_at: laying.at, decided_by: laying.context.staffId, reason }
  patch(laying, 'approval', taskId, decision)
  patch(laying, 'task', taskId, decision)
}

function createCustomer(body: CommandBodies['customer.create'], laying: Laying): void {
  const row: CustomerRow = {
    id: body.id,
    revision: 0,
    pending: laying.pending,
    kind: body.kind,
    name: body.name,
    pinyin: '',
    initials: '',
    grid_id: body.grid_id,
    address: body.address,
    lon: body.point?.lon ?? null,
    lat: body.point?.lat ?? null,
    owner_id: null,
    phone: body.phone ?? null,
    members: body.members.length,
    home_book: `grid:${body.grid_id}`,
    created_on: laying.day,
    status: 'active',
  }
  laying.overlay.set('customer', body.id, row)
  laying.overlay.set('file', body.id, {
    id: body.id,
    revision: 0,
    pending: laying.pending,
    values: {},
    open_sections: [...FILE_SECTIONS], // what it has already is looked at where they are shown
    points: 0,
  })
  for (const member of body.members) {
    laying.overlay.set('member', member.id, {
      id: member.id,
      revision: 0,
      pending: laying.pending,
      customer_id: body.id,
      person_id: member.person_id,
      name: member.name,
      relation: member.relation,
      sex: member.sex ?? null,
      birth_on: member.birth_on ?? null,
      phone: member.phone ?? null,
      whereabouts: null,
      occupation: null,
      education: null,
      guardian_id: null,
      id_known: !!member.id_number,
      consents: [],
      given: [[laying.day, laying.context.staffId, []]],
    })
  }
}

/** A field that its role does not get shows nothing of what was typed, as the bank's row will not. */
function putMember(body: CommandBodies['member.put'], laying: Laying): void {
  const known = laying.read('member', body.id)
  // A member that is there has a relation to be seen. One that is not at hand is laid over once its customer is looked at.
  const joins = body.edits.some(({ field, seen }) => field === 'relation' && seen === null)
  if (!known && !joins) return
  const row: MemberRow = known ?? {
    id: body.id, revision: 0, customer_id: body.customer_id, person_id: body.person_id, name: '', relation: 'other', sex: null, birth_on: null,
    whereabouts: null, occupation: null, education: null, guardian_id: null, id_known: false, consents: [],
  }
  const said: Record<string, unknown> = {}
  for (const { field, value } of body.edits) {
    if (field !== 'id_number') said[field] = value
    // of one that is on record the bank alone knows whether it is the same
    else if (value !== null && row.id_known) said['id_entered'] = true
    else if (value !== null) Object.assign(said, { id_known: true, ...(typeof value === 'string' ? readId(value) : {}) })
  }
  const fields = body.edits.map(({ field }) => field)
  const before = (row.given ?? []).map(([day, staff, names]): Given => [day, staff, names.filter((name) => !fields.includes(name))])
  const given: Given[] = [...(before.length ? before : [[laying.day, laying.context.staffId, []] satisfies Given]), [laying.day, laying.context.staffId, fields]]
  laying.overlay.set('member', body.id, { ...row, ...said, given, pending: laying.pending })
  const customer = laying.read('customer', body.customer_id)
  if (!known && customer) laying.overlay.set('customer', customer.id, { ...customer, members: customer.members + 1 })
}

function removeMember({ id, customer_id }: { id: Id; customer_id: Id }, laying: Laying): void {
  const customer = laying.read('customer', customer_id)
  if (customer && laying.read('member', id)) laying.overlay.set('customer', customer.id, { ...customer, members: Math.max(0, customer.members - 1) })
  laying.overlay.set('member', id, null)
}

function sayConsent({ type, body }: Extract<Command, { type: 'consent.give' | 'consent.withdraw' }>, laying: Laying): void {
  const row = laying.read('member', body.member_id)
  if (!row) return
  const said: ConsentSaid = [body.purpose, type === 'consent.give', type === 'consent.give' ? body.text_number : null, laying.day, type === 'consent.give' ? body.signed_by : null]
  const closed = type === 'consent.withdraw' ? Object.fromEntries(fieldsOf(body.purpose).map((field) => [field, null])) : {}
  laying.overlay.set('member', row.id, { ...row, ...closed, consents: [...(row.consents ?? []).filter(([code]) => code !== body.purpose), said], pending: laying.pending })
  // Which part of the sums is whose, the bank alone knows: a withdrawal puts all of them away until it has said.
  if (body.purpose === ACCOUNTS) patch(laying, 'standing', body.customer_id, type === 'consent.withdraw' || laying.read('standing', body.customer_id)?.accounts === 'withdrawn' ? { accounts: 'withdrawn' } : { accounts: 'signed' })
  // Whose the province's grade is, the bank alone knows too.
  if (body.purpose === CREDIT && type === 'consent.withdraw') patch(laying, 'standing', body.customer_id, { province_grade: null, province_limit_fen: null, province_on: null })
}

function setValues(body: CommandBodies['customer.set_values'], laying: Laying): void {
  const file = laying.read('file', body.customer_id)
  if (!file) return
  const values = { ...file.values }
  for (const edit of body.edits) values[edit.field] = [edit.value, 'collected', laying.day, laying.context.staffId]
  laying.overlay.set('file', body.customer_id, { ...file, values, pending: laying.pending })
}

/** Only one that still waits: whoever decided before has decided. */
function decideSuggestion(id: Id, state: 'accepted' | 'dismissed', laying: Laying): void {
  if (laying.read('suggestion', id)?.state !== 'open') return
  patch(laying, 'suggestion', id, { state, decided_at: laying.at, decided_by: laying.context.staffId })
}

/** The suggested edit shows as its author's, of the day on which they saw it. */
function acceptSuggestion(id: Id, laying: Laying): void {
  const row = laying.read('suggestion', id)
  if (row?.state !== 'open') return
  decideSuggestion(id, 'accepted', laying)
  const theirs: Laying = { ...laying, day: dayOf(row.at, laying.context.timeZone), context: { ...laying.context, staffId: row.author_id } }
  if (row.type === 'customer.set_values') setValues(row.body as CommandBodies['customer.set_values'], theirs)
  else if (row.type === 'record.put') putRecord(row.body as CommandBodies['record.put'], theirs)
  else if (row.type === 'record.remove') laying.overlay.set('record', (row.body as CommandBodies['record.remove']).id, null)
  else if (row.type === 'member.put') putMember(row.body as CommandBodies['member.put'], theirs)
  else if (row.type === 'member.remove') removeMember(row.body as CommandBodies['member.remove'], theirs)
  else if (row.type === 'photo.remove') laying.overlay.set('photo', (row.body as CommandBodies['photo.remove']).id, null)
}

/** The thing whose worth a disputed field is about; null for a field of the file. */
export function thingIn(field: string): string | null {
  const [kind, id] = field.split(':')
  return kind === 'record' && id ? id : null
}

function settleDispute(body: CommandBodies['dispute.settle'], laying: Laying): void {
  const row = laying.read('dispute', body.dispute_id)
  if (row?.state !== 'open') return
  const { staffId, timeZone } = laying.context
  patch(laying, 'dispute', row.id, { state: 'settled', settled_at: laying.at, settled_by: staffId, value: body.value, values: [] })
  const thing = thingIn(row.field)
  if (thing) {
    if (laying.read('record', thing)) patch(laying, 'record', thing, { value_fen: typeof body.value === 'number' ? body.value : null })
    return
  }
  const file = laying.read('file', row.customer_id)
  if (!file) return
  const chosen = row.values.find(([value]) => value === body.value)
  const value: FileValue = chosen ? [body.value, chosen[1], dayOf(chosen[2], timeZone), chosen[3]] : [body.value, 'collected', laying.day, staffId]
  laying.overlay.set('file', row.customer_id, { ...file, values: { ...file.values, [row.field]: value }, pending: laying.pending })
}

function createEvaluation(body: CommandBodies['evaluation.create'], laying: Laying): void {
  laying.overlay.set('evaluation', body.id, {
    id: body.id,
    revision: 0,
    pending: laying.pending,
    grid_id: body.grid_id,
    held_on: body.held_on,
    place: body.place ?? '',
    host_id: body.host_id,
    reviewers: body.reviewers.map(({ id, name, role, customer_id }) => [id, name, role, customer_id ?? null, null, 0, null]),
    households: body.customer_ids,
    closed_at: null,
    grid_name: laying.read('grid', body.grid_id)?.name ?? '',
    created_by: laying.context.staffId,
    results: [],
  })
}

/** How many forms there are is all that can be shown of them. */
function handIn(body: CommandBodies['evaluation.hand_in'], laying: Laying): void {
  const row = laying.read('evaluation', body.session_id)
  if (row) patch(laying, 'evaluation', row.id, { reviewers: handedIn(row.reviewers, body, laying.at) })
}

function inviteReviewer(body: CommandBodies['evaluation.invite'], laying: Laying): void {
  const row = laying.read('evaluation', body.session_id)
  if (row) patch(laying, 'evaluation', row.id, { reviewers: invited(row.reviewers, body) })
}

/** The first end stands. */
function closeEvaluation(body: CommandBodies['evaluation.close'], laying: Laying): void {
  const row = laying.read('evaluation', body.session_id)
  if (row && !row.closed_at) patch(laying, 'evaluation', row.id, { closed_at: laying.at })
}

function reviewResults(body: CommandBodies['evaluation.review'], laying: Laying): void {
  const row = laying.read('evaluation', body.session_id)
  if (row?.results) patch(laying, 'evaluation', row.id, { results: reviewed(row.results, body, laying.context.staffId, laying.at) })
}

function putRecord(body: CommandBodies['record.put'], laying: Laying): void {
  laying.overlay.set('record', body.id, {
    id: body.id,
    revision: laying.read('record', body.id)?.revision ?? 0,
    pending: laying.pending,
    customer_id: body.customer_id,
    kind: body.kind,
    label: body.label,
    value_fen: body.value_fen ?? null,
    area_m2: body.area_m2 ?? null,
    quantity: body.quantity ?? null,
    observed_on: laying.day,
    source: 'collected',
    detail: body.detail,
    staff_id: laying.context.staffId,
  })
}
