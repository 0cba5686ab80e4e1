import type { ComputedRef, InjectionKey } from 'vue'
import type { IconName } from './icons'

export interface TabItem {
  to: string
  icon: IconName
  label: string
  /** Things that wait; 0 shows nothing. */
  count: number
}

/** The shell provides the tabs that this person has; pages that show them ask for the tab bar. */
export const TABS: InjectionKey<ComputedRef<TabItem[]>> = Symbol('tabs')

/** Who is signed in, for the foot of the side bar. */
export const WHO: InjectionKey<ComputedRef<{ name: string; unit: string }>> = Symbol('who')
