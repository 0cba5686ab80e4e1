/** What kinds of records, their fields and their choices are called, in the language of the screen. */
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { RECORD_KINDS } from '../domain/records'
import type { RecordKind } from '../domain/rows'

export function useRecordWords() {
  const { locale } = useI18n({ useScope: 'global' })
  const zh = computed(() => locale.value === 'zh-CN')
  /** What is declared with words in both languages; empty for nothing. */
  const said = (one: { zh: string; en: string } | undefined): string => (one ? (zh.value ? one.zh : one.en) : '')

  /** A kind that this app does not know yet is shown by its code. */
  const kind = (code: string): string => said(RECORD_KINDS[code as RecordKind]) || code

  /** A field as commands name it (`value_fen`, `detail.crop`), by whichever kind has it; empty for none. */
  function field(name: string): string {
    const plain = name.replace(/^detail\./, '')
    for (const spec of Object.values(RECORD_KINDS)) {
      const found = spec.fields.find((one) => one.name === plain)
      if (found) return said(found)
    }
    return ''
  }
  return { said, kind, field }
}
