/**
 * What a notification says, by the kind of the inbox item. Neutral and without names: it shows on a locked screen, and
 * the push carries ids only. The phone's own language is used, as nobody is signed in to a service worker.
 */
interface Notice {
  zh: string
  en: string
  /** Where a tap leads. */
  path: string
}

const NOTICES: Record<string, Notice> = {
  approval_waiting: { zh: '有新的待审', en: 'Something waits for your approval', path: '/approvals' },
  task_approved: { zh: '有一件已通过', en: 'One was approved', path: '/inbox' },
  task_returned: { zh: '有一件退回，看看原因', en: 'One was returned, see why', path: '/inbox' },
  tier_fell: { zh: '有客户的层级降了，去看看', en: 'A customer\'s tier fell, have a look', path: '/inbox' },
  opportunity: { zh: '有一户商机归你办', en: 'An opportunity is yours', path: '/inbox' },
  digest: { zh: '今天要办的已列好', en: 'Your list for today is ready', path: '/today' },
}
const OTHER: Notice = { zh: '有新消息', en: 'New message', path: '/inbox' }

export interface PushPayload {
  v: 1
  inbox: string
  kind: string
}

/** Reads a push payload; null for anything that is not one of ours. */
export function readPayload(data: unknown): PushPayload | null {
  if (typeof data !== 'object' || data === null) return null
  const { v, inbox, kind } = data as Record<string, unknown>
  return v === 1 && typeof inbox === 'string' && typeof kind === 'string' ? { v, inbox, kind } : null
}

/** The text and the way for a kind, in Chinese unless the phone speaks English. */
export function noticeFor(kind: string, language: string): { title: string; body: string; path: string } {
  const english = language.toLowerCase().startsWith('en')
  const notice = NOTICES[kind] ?? OTHER
  return { title: english ? 'Tiange' : '田格', body: english ? notice.en : notice.zh, path: notice.path }
}
