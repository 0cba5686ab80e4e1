/** A visit in words: the line under a name, the entry in the history. */
import { useI18n } from 'vue-i18n'
import type { Visit } from '../domain/visitRows'
import { useFormat } from '../ui/useFormat'
import { useEngine } from './engine'
import { useNames } from './names'

export function useVisitWords() {
  const { t } = useI18n({ useScope: 'global' })
  const names = useNames()
  const format = useFormat()
  const engine = useEngine()

  /** What was heard: needs, amount, use, else the outcome. */
  function heard(v: Visit): string {
    // an amount says that a loan is wanted
    const wants = v.needs.filter((n) => n !== 'loan' || !v.wanted_fen).map((n) => names.product(n))
    const amount = v.wanted_fen ? t('visits.wants', { amount: format.value.moneyText(v.wanted_fen) }) : ''
    return names.join([wants.length ? t('visits.asked', { what: wants.join(t('visits.and')) }) : '', amount, v.wanted_for, v.note]) || names.word('outcome', v.outcome)
  }
  const day = (v: Visit) => format.value.moment(v.at, engine.use().now())

  /** What the visit names beside words, and how much of it has not arrived at the bank; '' if it names nothing. */
  function files(v: Pick<Visit, 'photos' | 'files'>): string {
    const more = v.files ?? []
    const voices = more.filter(([, kind]) => kind === 'voice').length
    const kinds = names.join([
      v.photos.length > 0 && t('visits.photoCount', { n: v.photos.length }, v.photos.length),
      more.some(([, kind]) => kind === 'signature') && t('photo.signature'),
      voices > 0 && t('visits.voiceCount', { n: voices }, voices),
    ])
    return names.join([kinds, arrivedLine(v)])
  }
  /** How many of them have arrived; '' if all have. */
  function arrivedLine(v: Pick<Visit, 'photos' | 'files'>): string {
    const all = [...v.photos, ...(v.files ?? [])]
    const there = all.filter(([, , arrived]) => arrived).length
    return there < all.length ? t('visits.arrived', { there, all: all.length }) : ''
  }

  /** What is odd, against the rule. */
  function flag(flag: string, v: Pick<Visit, 'distance_m' | 'accuracy_m'> | null): { what: string; rule: string } {
    const policy = (key: string, otherwise: number) => {
      const value = engine.use().policy(key)
      return typeof value === 'number' ? value : otherwise
    }
    switch (flag) {
      case 'far':
        return {
          what: t('flag.far', { distance: format.value.distanceText(v?.distance_m ?? 0, { evidence: true }) }),
          rule: t('flag.farRule', { distance: format.value.distanceText(policy('visit_distance_limit_m', 500), { evidence: true }) }),
        }
      case 'inaccurate':
        return {
          what: t('flag.inaccurate', { distance: format.value.distanceText(v?.accuracy_m ?? 0, { evidence: true }) }),
          rule: t('flag.inaccurateRule', { distance: format.value.distanceText(policy('visit_accuracy_limit_m', 100), { evidence: true }) }),
        }
      case 'fast':
        return {
          what: t('flag.fast', { minutes: policy('visit_burst_minutes', 10), n: policy('visit_burst_count', 4) }),
          rule: '',
        }
      default:
        return { what: names.word('flag', flag), rule: '' }
    }
  }

  return {
    heard,
    files,
    arrivedLine,
    lastLine: (v: Visit) => t('visits.last', { when: day(v), channel: names.word('channel', v.channel), what: heard(v) }),
    title: (v: Visit) => `${day(v)} ${names.join([names.word('channel', v.channel), [names.staff(v.staff_id), names.staff(v.companion_id)].filter(Boolean).join(t('visits.and'))])}`,
    text(v: Visit): string {
      const facts = names.join([
        names.word('outcome', v.outcome),
        v.distance_m !== null && t('visits.fromHome', { distance: format.value.distanceText(v.distance_m, { evidence: true }) }),
        !!v.presented?.length && t('visits.showed', { what: v.presented.map((code) => names.product(code)).join(t('visits.and')) }),
        files(v),
      ])
      const more = v.needs.length || v.wanted_fen || v.note ? heard(v) : ''
      return names.join([facts, more])
    },
    /** What somebody added later. */
    added: (staff: string, at: number, note: string | null) => t('visits.addedLine', { when: format.value.moment(at, engine.use().now(), { withTime: true }), who: names.staff(staff), what: note ?? t('visits.addedFiles') }),
    flag,
    /** The odd things of one's own visit, and what can be done about them. */
    flagsLine: (v: Visit) => t('visits.flagged', { what: names.join(v.flags.map((one) => flag(one, v).what)) }),
  }
}
