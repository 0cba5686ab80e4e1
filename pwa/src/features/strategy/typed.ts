/** What was typed at a file and is not at the bank yet: kept on this device, sealed as the drafts of forms are, until it is saved. */
import { onBeforeUnmount, ref } from 'vue'
import type { Id } from '../../domain/rows'
import { useEngine } from '../engine'

export interface Typed {
  text: string
  /** Of the draft, upon which it is written. */
  revision: number
}

const PAUSE_MS = 200

export function useTyped(draft: Id, path: string) {
  const drafts = useEngine().use().drafts
  const key = `strategy:${draft}:${path}`
  const failed = ref(false)
  /** Typed and not written here yet. */
  const waits = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let next: Typed | undefined

  async function write() {
    clearTimeout(timer)
    timer = undefined
    if (!next) return
    const one = next
    next = undefined
    try {
      await drafts.put(key, one)
      failed.value = false
      waits.value = next !== undefined
    } catch {
      failed.value = true
    }
  }
  onBeforeUnmount(() => void write())

  return {
    failed,
    waits,
    kept: (): Typed | undefined => next ?? drafts.get<Typed>(key),
    keep(typed: Typed) {
      next = typed
      waits.value = true
      timer ??= setTimeout(() => void write(), PAUSE_MS)
    },
    async drop() {
      next = undefined
      clearTimeout(timer)
      timer = undefined
      await drafts.remove(key)
      failed.value = false
      waits.value = next !== undefined
    },
  }
}
