/** What codes are called on screen: from the bank's own tables where it names them, else from our texts. */
import { defineStore } from 'pinia'
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Id } from '../domain/rows'
import { useEngine } from './engine'

/** The bank's tables by id, made once for all that ask: every row of a list does. */
const useTables = defineStore('tables', () => {
  const engine = useEngine()
  const products = engine.fromRows((e) => new Map(e.products().map((p) => [p.id, p])))
  const terms = engine.fromRows((e) => new Map(e.terms().map((p) => [p.id, p])))
  const grids = engine.fromRows((e) => new Map((e.glance()?.grids ?? e.grids()).map((g) => [g.id, g])))
  return { products, terms, grids }
})

export function useNames() {
  const engine = useEngine()
  const tables = useTables()
  const { t, te, locale } = useI18n({ useScope: 'global' })
  const zh = computed(() => locale.value === 'zh-CN')
  const products = computed(() => tables.products)

  /** Text of `group.code`, or the code itself, so that a new code of the server still shows. */
  function word(group: string, code: string): string {
    return te(`${group}.${code}`) ? t(`${group}.${code}`) : code
  }
  function product(code: string): string {
    const p = tables.products.get(code)
    return p ? (zh.value ? p.zh : p.en) : code
  }
  /** The catalogue's ids carry their group: `reason:sum.income_capacity`, `tier:core`. */
  const termRow = (code: string, group?: string) => (group && tables.terms.get(`${group}:${code}`)) || tables.terms.get(code)
  /** A term of the catalogue (tags, reasons, fields). */
  function term(code: string, group?: string): string {
    const row = termRow(code, group)
    if (row) return zh.value ? row.zh : row.en
    return group ? word(group, code) : code
  }
  function termText(code: string, group: string): string {
    const row = termRow(code, group)
    return (row && (zh.value ? row.text_zh : row.text_en)) || ''
  }
  function grid(id: Id | null | undefined): string {
    return (id && tables.grids.get(id)?.name) || t('customers.noGrid')
  }
  /** A colleague's name; mine reads as 你. */
  function staff(id: Id | null | undefined): string {
    if (!id) return ''
    void engine.rowsMark
    return engine.use().staff(id)?.name ?? (id === engine.staff?.id ? engine.staff.name : t('customers.colleague'))
  }
  /** A colleague's role, as a code. */
  function role(id: Id): string {
    void engine.rowsMark
    return engine.use().staff(id)?.role ?? (id === engine.staff?.id ? engine.staff.role : '')
  }
  const join = (parts: (string | null | undefined | false)[]) => parts.filter(Boolean).join(zh.value ? '，' : ', ')
  return { word, product, products, term, termText, grid, staff, role, join }
}
