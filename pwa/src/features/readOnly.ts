/** A page that only shows says so to its cards: they offer no way to change anything. */
import { inject, provide, ref, type InjectionKey, type Ref } from 'vue'

const READ_ONLY: InjectionKey<Readonly<Ref<boolean>>> = Symbol('read only')

export const provideReadOnly = (on: Readonly<Ref<boolean>>): void => provide(READ_ONLY, on)
export const useReadOnly = (): Readonly<Ref<boolean>> => inject(READ_ONLY, ref(false))
