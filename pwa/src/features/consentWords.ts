/** The last word of a person on a purpose, in words. */
import { useI18n } from 'vue-i18n'
import type { ConsentSaid, MemberRow } from '../domain/rows'
import { useFormat } from '../ui/useFormat'
import { useEngine } from './engine'
import { useNames } from './names'

export function useConsentWords() {
  const { t } = useI18n({ useScope: 'global' })
  const engine = useEngine()
  const format = useFormat()
  const names = useNames()

  /** Whoever signed for them is one of `members`. */
  function said(word: ConsentSaid | undefined, of: MemberRow, members: readonly MemberRow[]): string {
    if (!word) return t('consent.never')
    const [, given, text, on, signer, paper] = word
    const day = format.value.date(on, engine.use().today())
    if (!given) return t('consent.withdrawnOn', { day })
    const by = signer && signer !== of.person_id ? (members.find((one) => one.person_id === signer)?.name ?? '') : ''
    if (paper !== undefined) return names.join([t(by ? 'consent.paperBy' : 'consent.onPaper', { day, name: by, n: text ?? 1 }), paper && t('consent.paperAt', { place: paper })])
    return t(by ? 'consent.givenBy' : 'consent.givenOn', { day, name: by, n: text ?? 1 })
  }
  return { said }
}
