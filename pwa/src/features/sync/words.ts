/** Lines of the outbox in words. */
import { useI18n } from 'vue-i18n'
import type { OutboxEntry, OutboxFile } from '../../sync/types'
import type { IconName } from '../../ui/icons'
import { bytesText } from '../../ui/format'
import { useFormat } from '../../ui/useFormat'
import { useEngine } from '../engine'
import { useNames } from '../names'
import { usePersonWords } from '../personWords'
import { useRecordWords } from '../recordWords'

const ICONS: Record<string, IconName> = {
  'visit.log': 'pencil', 'visit.log_unplaced': 'pencil', 'visit.place': 'home', 'visit.supplement': 'pencil', 'customer.create': 'userPlus', 'customer.set_values': 'file', 'customer.move': 'map', 'customer.split': 'home', 'question.leave': 'file', 'record.put': 'file', 'record.remove': 'trash', 'member.put': 'userPlus', 'member.remove': 'trash', 'member.restore': 'returned', 'member.move': 'home', 'consent.give': 'signature', 'consent.withdraw': 'returned', 'photo.add': 'camera', 'photo.remove': 'trash', 'duplicate.decline': 'user', 'duplicate.decline_business': 'home', 'customer.merge': 'home', 'customer.unmerge': 'returned', 'member.unite': 'user', 'member.part': 'returned', 'task.submit': 'check',
  'task.approve': 'stamp', 'suggestion.accept': 'check', 'suggestion.dismiss': 'returned', 'dispute.settle': 'check', 'task.return': 'returned', 'task.withdraw': 'returned', 'evaluation.create': 'userPlus', 'evaluation.hand_in': 'lock', 'evaluation.review': 'stamp', 'evaluation.invite': 'phone', 'evaluation.close': 'check', 'opportunity.step': 'target', 'opportunity.review': 'stamp', 'inbox.read': 'inbox', 'command.discard': 'trash',
}

/** More fields than these are one change of the file. */
const MOST_NAMED = 2

/** Where whoever was first has decided. */
const DECISIONS = ['visit.place', 'suggestion.accept', 'suggestion.dismiss', 'dispute.settle']

/** What the bank says in both languages, one line each (CONTRACT.md, receipts), in the screen's; null where it does not. */
export function saidIn(reason: string | null, locale: string): string | null {
  const lines = reason?.split('\n') ?? []
  return lines.length === 2 ? (lines[locale === 'zh-CN' ? 0 : 1] ?? null) : null
}

/** Somebody else's decision stands: the same again changes nothing. */
export const decidedBefore = (e: OutboxEntry): boolean => e.code === 'conflict_state' && DECISIONS.includes(e.type ?? '')

export function useOutboxWords() {
  const { t, te } = useI18n({ useScope: 'global' })
  const format = useFormat()
  const names = useNames()
  const records = useRecordWords()
  const people = usePersonWords()
  const engine = useEngine()

  function what(e: OutboxEntry): string {
    if (e.command?.type === 'visit.log' && e.command.body.channel !== 'onsite') return t('sync.contact', { channel: names.word('channel', e.command.body.channel) })
    if (e.command?.type === 'customer.set_values' && e.command.body.edits.length <= MOST_NAMED) {
      return t('sync.edited', { fields: e.command.body.edits.map(({ field }) => names.word('field', field)).join(t('visits.and')) })
    }
    const key = e.type?.replace('.', '_') ?? 'unknown'
    return te(`command.${key}`) ? t(`command.${key}`) : t('command.unknown')
  }
  /** What became of edits that were handed on: the bank tells their author by the inbox. */
  const outcomes = engine.fromRows((e) => new Map(e.inbox().map((row) => [row.params['suggestion_id'], row.kind])))
  function handedOn(e: OutboxEntry): string | false {
    if (e.result !== 'suggested') return false
    const told = outcomes.value.get(e.id)
    return t(told === 'suggestion_accepted' ? 'sync.suggestedTaken' : told === 'suggestion_dismissed' ? 'sync.suggestedLeft' : 'sync.suggested')
  }
  const when = (at: number) => {
    const text = format.value.moment(at, engine.use().now(), { withTime: true })
    return text
  }
  /** What goes with an entry, counted by kind. */
  function fileCount(e: OutboxEntry): string {
    const count = (of: (file: OutboxFile) => boolean) => e.photos.filter(of).length
    const voices = count((f) => f.class === 'voice')
    const photos = count((f) => f.class !== 'voice' && f.class !== 'signature')
    return names.join([
      photos > 0 && t('visits.photoCount', { n: photos }, photos),
      count((f) => f.class === 'signature') > 0 && t('photo.signature'),
      voices > 0 && t('visits.voiceCount', { n: voices }, voices),
    ])
  }
  /** How it stands with a file. */
  function fileState(f: OutboxFile): string {
    if (f.refused) return te(`problem.${f.refused}`) ? t(`problem.${f.refused}`) : t('problem.unexpected')
    if (f.sent) return t('sync.fileReceived', { when: f.receivedAt === null ? '' : when(f.receivedAt) })
    if (f.progress !== null) return t('sync.fileSending', { percent: Math.floor(100 * f.progress) })
    return t('sync.fileWaiting')
  }
  return {
    fileCount,
    fileState,
    fileName: (f: OutboxFile) => t(`photo.${f.class}`),
    fileIcon: (f: OutboxFile): IconName => (f.class === 'voice' ? 'microphone' : f.class === 'signature' ? 'signature' : 'camera'),
    icon: (e: OutboxEntry): IconName => ICONS[e.type ?? ''] ?? 'file',
    title: (e: OutboxEntry) => names.join([e.customerName, what(e)]),
    fileLine: (e: OutboxEntry, f: OutboxFile) => names.join([e.customerName, what(e), bytesText(f.bytes)]),
    waitingLine: (e: OutboxEntry) => names.join([when(e.savedAt), fileCount(e), bytesText(e.bytes)]),
    receivedLine: (e: OutboxEntry) =>
      names.join([t('sync.writtenReceived', { written: when(e.savedAt), received: e.receivedAt === null ? '' : when(e.receivedAt) }), handedOn(e)]),
    /** Why an entry needs the person. */
    why(e: OutboxEntry): string {
      if (e.result === 'merged' && e.lost.includes('id_contested')) return t('sync.numberWaits')
      if (e.result === 'merged' && e.lost.every((f) => f === 'id_again')) return t('sync.numberAgain')
      if (e.result === 'merged' && e.lost.every((f) => f === 'id_number')) return t(e.type === 'customer.create' ? 'sync.numberKnown' : 'sync.numberElsewhere')
      if (e.result === 'merged') return t(e.type === 'customer.create' ? 'sync.knownHousehold' : 'sync.merged', { fields: e.lost.map((f) => (te(`field.${f}`) ? t(`field.${f}`) : records.field(f) || people.field(f) || f)).join(t('visits.and')) })
      if (decidedBefore(e)) return t('sync.decidedBefore')
      const fault = e.code === 'bad_value' ? saidIn(e.reason, format.value.locale) : null
      if (fault) return t('sync.badValue', { fault })
      if (e.code && te(`problem.${e.code}`)) return t(`problem.${e.code}`)
      return e.reason ?? t('problem.unexpected')
    },
    when,
  }
}
