/**
 * The one door from the screens to the offline engine: its status as a ref, and marks that move when rows or the
 * outbox change, so that what is computed from them is computed again.
 */
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { StaffRole } from '../domain/rows'
import type { Engine } from '../sync/types'

const HEADS: readonly StaffRole[] = ['branch_head', 'deputy_head']
/** Who looks after phones and what was refused: heads for their branch, administrators for the bank. */
const WATCHES: readonly StaffRole[] = ['branch_head', 'deputy_head', 'admin']
/** Who looks at customers of the whole bank, each time for a purpose. */
const OVERSEES: readonly StaffRole[] = ['hq_lead', 'auditor']
/** Who chooses customers by tags and figures: those who see them. */
const CHOOSES: readonly StaffRole[] = ['manager', 'deputy_head', 'branch_head', 'hq_business']
/** Who reads the strategy; what each may do with a draft the bank says with it. */
const STRATEGISTS: readonly StaffRole[] = ['hq_business', 'risk_officer', 'hq_lead', 'auditor']
const FIELD: readonly StaffRole[] = ['agent', 'manager', 'deputy_head', 'branch_head']

export const useEngine = defineStore('engine', () => {
  const engine = shallowRef<Engine>()
  const status = shallowRef<ReturnType<Engine['status']>>()
  const rowsMark = shallowRef(0)
  const outboxMark = shallowRef(0)
  /** A page was asked for before the rows it needs were there. */
  const opening = shallowRef(false)

  /** Called once at start, before anything is shown. */
  function attach(opened: Engine) {
    engine.value = opened
    status.value = opened.status()
    opened.subscribe((what) => {
      status.value = opened.status()
      if (what === 'rows') rowsMark.value++
      if (what === 'outbox') {
        // An entry lies over the rows, so they look different too.
        outboxMark.value++
        rowsMark.value++
      }
    })
  }

  /** The engine; throws before `attach`. */
  function use(): Engine {
    if (!engine.value) throw new Error('the engine is not open yet')
    return engine.value
  }

  /** Waits for the rows after an unlock, and shows meanwhile that something is waited for. */
  async function whole() {
    if (!use().glance()) return
    opening.value = true
    await use().whole()
    opening.value = false
  }

  /** A value read from the rows, read again whenever they change. */
  function fromRows<T>(read: (e: Engine) => T) {
    return computed(() => {
      void rowsMark.value
      return read(use())
    })
  }

  /** A value read from the outbox, read again whenever it changes. */
  function fromOutbox<T>(read: (e: Engine) => T) {
    return computed(() => {
      void outboxMark.value
      return read(use())
    })
  }

  const now = computed(() => {
    const s = status.value
    if (!s) throw new Error('the engine is not open yet')
    return s
  })
  const staff = computed(() => now.value.staff)
  const isHead = computed(() => !!staff.value && HEADS.includes(staff.value.role))
  const isAgent = computed(() => staff.value?.role === 'agent')
  /** Those who visit customers. */
  const isField = computed(() => !!staff.value && FIELD.includes(staff.value.role))

  const watches = computed(() => !!staff.value && WATCHES.includes(staff.value.role))

  const oversees = computed(() => !!staff.value && OVERSEES.includes(staff.value.role))
  const chooses = computed(() => !!staff.value && CHOOSES.includes(staff.value.role))
  const strategist = computed(() => !!staff.value && STRATEGISTS.includes(staff.value.role))
  /** Those to whom the bank shows customers whom their phone does not hold. */
  const looks = computed(() => isHead.value || oversees.value)

  return { attach, use, whole, opening, fromRows, fromOutbox, status: now, rowsMark, outboxMark, staff, isHead, isAgent, isField, watches, oversees, strategist, looks, chooses }
})
