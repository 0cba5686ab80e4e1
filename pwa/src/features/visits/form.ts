/** The visit form as data, and the commands it becomes. Pure. */
import { build, type CommandBodies, type NewCommand, type Point } from '../../domain/commands'
import { addDays, nextByRhythm } from '../../domain/dates'
import { uuid7 } from '../../domain/ids'
import { stepsFrom, type LostReason, type Opportunity, type OpportunityStep } from '../../domain/opportunities'
import { inPlace } from '../../domain/visits'
import type { Channel, Day, PhotoClass, Id, Instant, Outcome, TaskRow } from '../../domain/rows'

export interface FormPhoto {
  hash: string
  class: PhotoClass
  taken_at: Instant
}

/** A signature or a voice note. */
export interface FormFile {
  hash: string
  class: 'signature' | 'voice'
  taken_at: Instant
  duration_ms?: number
}

/** What it came to for an opportunity of the customer; `reason` where nothing came of it. */
export interface TakenStep {
  opportunity: Id
  step: OpportunityStep
  reason: LostReason | null
}

export interface VisitForm {
  id: Id
  customer: Id | null
  /** The household in words, where no list can be read. */
  name: string
  place: string
  channel: Channel
  outcome: Outcome | null
  needs: string[]
  /** Products that were presented. */
  presented: string[]
  /** The colleague who came along. */
  companion: Id | null
  /** The meeting whose refused entry is mended. */
  meeting: Id | null
  wanted: number | null
  wantedFor: string
  note: string
  point: Point | null
  photos: FormPhoto[]
  files: FormFile[]
  /** Absent in drafts from before. */
  steps?: TakenStep[]
  next: Day | null
  /** True once the person chose the day: then a change of outcome leaves it alone. */
  nextChosen: boolean
}

export function freshVisit(customer: Id | null): VisitForm {
  return {
    id: uuid7(), customer, name: '', place: '', channel: 'onsite', outcome: null, needs: [], presented: [], companion: null, meeting: null, wanted: null, wantedFor: '', note: '', point: null, photos: [], files: [], steps: [], next: null, nextChosen: false,
  }
}

/** The form of a visit that was refused, as it was filled in. */
export function formOf(body: CommandBodies['visit.log'] | CommandBodies['visit.log_unplaced']): VisitForm {
  return {
    id: body.id,
    customer: 'customer_id' in body ? body.customer_id : null,
    name: 'name' in body ? body.name : '',
    place: 'name' in body ? body.place : '',
    channel: body.channel,
    outcome: body.outcome,
    needs: [...body.needs],
    presented: [...body.presented],
    companion: body.companion_id ?? null,
    meeting: body.meeting_id ?? null,
    wanted: body.wanted_fen ?? null,
    wantedFor: body.wanted_for ?? '',
    note: body.note ?? '',
    point: body.point ? { ...body.point } : null,
    photos: body.photos.map((p) => ({ ...p })),
    files: (body.files ?? []).map((f) => ({ ...f })),
    next: body.next_on ?? null,
    nextChosen: true,
  }
}

/** What a channel's contact can have come to: only at the door does one find the address wrong. */
export function outcomesOf(channel: Channel): Outcome[] {
  return channel === 'meeting' ? ['met'] : channel === 'onsite' ? ['met', 'absent', 'refused', 'moved', 'wrong_address', 'wrong_grid'] : ['met', 'absent', 'refused']
}

const OPEN = ['open', 'in_progress', 'returned']

/**
 * The open follow-ups of the household that this visit hands in: those that ask for a visit on site, where somebody was
 * met. A duty of contact needs nobody's approval: the bank closes it when the entry arrives.
 */
export function fulfilled(form: VisitForm, tasks: readonly TaskRow[]): TaskRow[] {
  if (form.outcome !== 'met' || form.channel !== 'onsite') return []
  return tasks.filter((t) => OPEN.includes(t.state) && t.kind === 'follow_up' && t.duty === 'visit')
}

/** The days offered for the next contact: in a week, and by the rhythm where there is one. */
export function nextDays(today: Day, rhythm: number | null): Day[] {
  const days = [addDays(today, 7), rhythm ? nextByRhythm(today, rhythm) : addDays(today, 30)]
  return [...new Set(days)]
}

/** What is still missing before it can be saved, as a key of the texts; null if nothing. */
export function missingIn(form: VisitForm, byName = false, open: readonly Opportunity[] = []): 'visits.needHousehold' | 'visits.needName' | 'visits.needOutcome' | 'opportunities.lostFirst' | null {
  if (!form.customer && !form.name.trim()) return byName ? 'visits.needName' : 'visits.needHousehold'
  if (!form.outcome) return 'visits.needOutcome'
  return stepsTaken(form, open).some(({ step, reason }) => step === 'lose' && !reason) ? 'opportunities.lostFirst' : null
}

/** A loan of any kind is spoken of where a loan is, and a loan where one of its kinds is. */
const isOf = (one: string, other: string) => one === other || one.endsWith(`_${other}`) || other.endsWith(`_${one}`)

/** The open opportunities of the household whose product the visit spoke of, asked for or shown. */
export function spokenOf(form: VisitForm, open: readonly Opportunity[]): Opportunity[] {
  if (form.outcome !== 'met') return []
  return open.filter(({ product }) => product !== null && [...form.needs, ...form.presented].some((code) => isOf(product, code)))
}

/** What was chosen for those, as far as it is a step from where each stands. */
export function stepsTaken(form: VisitForm, open: readonly Opportunity[]): TakenStep[] {
  const offered = spokenOf(form, open)
  return (form.steps ?? []).filter(({ opportunity, step }) => offered.some((one) => one.id === opportunity && stepsFrom(one.stage).includes(step)))
}

/**
 * The visit, then for each task it does the handing in with the visit as its evidence. `mends`: the refused visit in whose place this one stands, made when that one was. What handed in tasks with it waits
 * for the one in its place. `open`: the household's opportunities, stepped on as was chosen.
 */
export function commandsOf(form: VisitForm, tasks: readonly TaskRow[], mends?: Pick<NewCommand, 'id' | 'observed_at'>, open: readonly Opportunity[] = []): NewCommand[] {
  const met = form.outcome === 'met'
  const done = mends ? [] : fulfilled(form, tasks)
  const text = (s: string) => (s.trim() ? s.trim() : null)
  const said = {
    id: form.id,
    channel: form.channel,
    purpose: done[0]?.kind ?? tasks.find((t) => OPEN.includes(t.state))?.kind ?? 'follow_up',
    outcome: form.outcome as Outcome,
    needs: met ? [...form.needs] : [],
    wanted_fen: met && form.needs.includes('loan') ? form.wanted : null,
    wanted_for: met && form.needs.includes('loan') ? text(form.wantedFor) : null,
    presented: met ? [...form.presented] : [],
    ...(inPlace(form.channel) && form.companion ? { companion_id: form.companion } : {}),
    ...(form.channel === 'meeting' && form.meeting ? { meeting_id: form.meeting } : {}),
    note: text(form.note),
    point: inPlace(form.channel) && form.point ? { ...form.point } : null,
    photos: form.photos.map((p) => ({ ...p })),
    ...(form.files.length ? { files: form.files.map((f) => ({ ...f })) } : {}),
    next_on: form.next,
    next_purpose: form.next ? 'follow_up' : null,
  }
  const options = mends ? { replaces: mends.id, ...(mends.observed_at === undefined ? {} : { observed_at: mends.observed_at }) } : {}
  if (!form.customer && form.name.trim()) return [build.visitLogUnplaced({ ...said, name: form.name.trim(), place: form.place.trim() }, options)]
  const visit = build.visitLog({ ...said, customer_id: form.customer ?? '' }, options)
  const steps = mends || !form.customer ? [] : stepsTaken(form, open)
  return [
    visit,
    ...done.map((t) => build.taskSubmit({ task_id: t.id, visit_id: form.id }, { needs: [visit.id] })),
    // what came of it is so whatever becomes of the visit's entry
    ...steps.map(({ opportunity, step, reason }) =>
      build.opportunityStep({ opportunity_id: opportunity, customer_id: form.customer ?? '', step, ...(step === 'lose' ? { reason } : {}) })),
  ]
}
