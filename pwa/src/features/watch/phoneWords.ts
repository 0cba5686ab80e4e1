/** What a phone needs somebody for, in words. */
import { useI18n } from 'vue-i18n'
import type { PhonesAnswer, PhoneState, WatchedPhone } from '../../api/watch'
import { useFormat } from '../../ui/useFormat'
import { useEngine } from '../engine'
import { useNames } from '../names'

export function usePhoneWords() {
  const { t } = useI18n({ useScope: 'global' })
  const format = useFormat()
  const engine = useEngine()
  const names = useNames()
  const when = (at: number) => format.value.moment(at, engine.use().now(), { withTime: true })

  return {
    when,
    heard: (one: WatchedPhone) => (one.last_seen_at === null ? t('watch.neverHeard') : t('watch.heard', { when: when(one.last_seen_at) })),
    /** What waits on it, as it said last; empty where nothing does. */
    waits: (one: WatchedPhone) =>
      names.join([
        one.outbox_depth > 0 && t('watch.waits', { n: one.outbox_depth }, one.outbox_depth),
        one.outbox_depth > 0 && one.outbox_oldest_at !== null && t('watch.oldest', { when: when(one.outbox_oldest_at) }),
        one.outbox_photos > 0 && t('watch.photos', { n: one.outbox_photos }, one.outbox_photos),
      ]),
    opens: (one: WatchedPhone) => one.unlock_ways.length > 0 && t('watch.opens', { ways: one.unlock_ways.map((way) => t(`watch.way_${way}`)).join(t('watch.or')) }),
    why(state: PhoneState, one: WatchedPhone, limits: PhonesAnswer['limits']): string {
      switch (state) {
        case 'lost_work':
          return one.lost === null ? t('watch.lostUnknown', { when: one.lost_at === null ? '' : when(one.lost_at) }) : t('watch.lost', { n: one.lost, when: one.lost_at === null ? '' : when(one.lost_at) }, one.lost)
        case 'stuck':
          return t('watch.stuck', { n: limits.stuck_hours })
        case 'silent':
          return t('watch.silent', { n: limits.silent_days })
        case 'old_version':
          return t('watch.old', { version: one.app_version || '?', oldest: limits.oldest_app })
        case 'withdrawn_waiting':
          return t('watch.withdrawnWaiting', { when: one.revoked_at === null ? '' : when(one.revoked_at) })
        case 'withdrawn_done':
          return t('watch.withdrawnDone', { when: one.delivered_at === null ? '' : when(one.delivered_at) })
      }
    },
    todo: (state: PhoneState) => t(`watch.todo_${state}`),
  }
}
