/** The meeting of a village as data, and the commands it becomes. Pure. */
import { build, type NewCommand, type Point } from '../../domain/commands'
import { uuid7 } from '../../domain/ids'
import type { Id } from '../../domain/rows'
import type { FormFile, FormPhoto } from './form'

/** One meeting as one entry. Its id is made with the form, so that what is saved twice is known by it. */
export interface MeetingForm {
  id: Id
  households: Id[]
  presented: string[]
  note: string
  companion: Id | null
  point: Point | null
  photos: FormPhoto[]
  files: FormFile[]
}

/** More at once would keep the phone busy for seconds; a larger meeting is entered in two parts. */
export const MOST_AT_A_MEETING = 100

export const freshMeeting = (): MeetingForm => ({ id: uuid7(), households: [], presented: [], note: '', companion: null, point: null, photos: [], files: [] })

/** One contact for each household that was there, with the same photos: they are kept and sent once. */
export function meetingOf(form: MeetingForm): NewCommand[] {
  return form.households.map((customer) =>
    build.visitLog({
      id: uuid7(),
      customer_id: customer,
      channel: 'meeting',
      meeting_id: form.id,
      purpose: 'follow_up',
      outcome: 'met',
      needs: [],
      presented: [...form.presented],
      note: form.note.trim() || null,
      point: form.point ? { ...form.point } : null,
      photos: form.photos.map((photo) => ({ ...photo })),
      ...(form.files.length ? { files: form.files.map((file) => ({ ...file })) } : {}),
      ...(form.companion ? { companion_id: form.companion } : {}),
    }),
  )
}
