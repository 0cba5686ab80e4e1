/**
 * A form that survives. Each change is kept, encrypted, in the engine's drafts; a killed app reopens on the draft that
 * was open last; closing a form keeps its draft but no longer reopens it.
 */
import { onBeforeUnmount, reactive, ref, watch } from 'vue'
import type { Drafts } from '../sync/types'
import { useEngine } from './engine'

interface Kept<T> {
  /** The page that shows it. */
  path: string
  open: boolean
  form: T
}

const PREFIX = 'form:'
/** Changes close together are written once. */
const PAUSE_MS = 150

export function useDraft<T extends object>(key: string, path: string, fresh: () => T) {
  const drafts = useEngine().use().drafts
  const name = PREFIX + key
  const old = drafts.get<Kept<T>>(name)
  const form = reactive({ ...fresh(), ...(old?.form ?? {}) }) as T
  const kept = ref(!!old)
  const failed = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let over = false
  let open = true

  async function write() {
    clearTimeout(timer)
    timer = undefined
    if (over) return
    try {
      await drafts.put(name, { path, open, form: JSON.parse(JSON.stringify(form)) as T } satisfies Kept<T>)
      kept.value = true
      failed.value = false
    } catch {
      // The engine says storageFailed as well; the form stays on screen and says that it is not kept.
      failed.value = true
    }
  }
  watch(form, () => {
    clearTimeout(timer)
    timer = setTimeout(() => void write(), PAUSE_MS)
  }, { deep: true })
  if (old && !old.open) void write()

  /** Leaves the form; the draft stays for later. */
  async function leave() {
    if (!open) return
    open = false
    if (kept.value || timer) await write()
  }
  // However it is left, by the phone's own way back too; only a killed app does not come by here.
  onBeforeUnmount(() => void leave())

  return {
    form,
    /** True once there is something on disk. */
    kept,
    failed,
    /** The key to name in `save`, which removes the draft in the same transaction. */
    name,
    leave,
    /** The entry was saved or thrown away. */
    async drop() {
      over = true
      clearTimeout(timer)
      if (kept.value) await drafts.remove(name)
    },
    /** Stops writing: `save` has just removed it. */
    done() {
      over = true
      clearTimeout(timer)
    },
  }
}

/** The page of the form that was open when the app was last closed; undefined if there is none. */
export function openDraft(drafts: Drafts): string | undefined {
  for (const { key } of drafts.list()) {
    if (!key.startsWith(PREFIX)) continue
    const kept = drafts.get<Kept<object>>(key)
    if (kept?.open) return kept.path
  }
  return undefined
}
