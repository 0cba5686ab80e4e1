/** The photos of a visit that is not saved yet: kept as drafts of their own, so that a change of the form stays small. */
import { onBeforeUnmount, ref, shallowReactive } from 'vue'
import type { PhotoClass } from '../../domain/rows'
import type { NewFile } from '../../sync/types'
import { useEngine } from '../engine'
import { problemCode } from '../problems'
import { shrinkPhoto } from './photo'
import type { VisitForm } from './form'

/** `inherited`: photos that lie in the outbox already, with the refused visit that this one mends. */
export function useVisitPhotos(form: VisitForm, draft: string, inherited: readonly string[] = []) {
  const engine = useEngine()
  const drafts = engine.use().drafts
  const busy = ref(false)
  const problem = ref('')
  const urls = shallowReactive(new Map<string, string>())
  const key = (hash: string) => `${draft}:photo:${hash}`

  function url(hash: string): string {
    const known = urls.get(hash)
    if (known) return known
    const bytes = drafts.get<Uint8Array<ArrayBuffer>>(key(hash))
    if (!bytes) {
      if (inherited.includes(hash)) void engine.use().fileUrl(hash, 'thumb').then((there) => there.startsWith('blob:') && urls.set(hash, there), () => undefined)
      return ''
    }
    const made = URL.createObjectURL(new Blob([bytes], { type: 'image/jpeg' }))
    urls.set(hash, made)
    return made
  }
  onBeforeUnmount(() => {
    for (const [hash, made] of urls) if (!inherited.includes(hash)) URL.revokeObjectURL(made)
    urls.clear()
  })

  async function add(file: File, kind: PhotoClass) {
    busy.value = true
    problem.value = ''
    try {
      const bytes = await shrinkPhoto(file)
      const hash = await engine.use().hashFile(bytes)
      if (form.photos.some((p) => p.hash === hash)) return
      await drafts.put(key(hash), bytes)
      form.photos.push({ hash, class: kind, taken_at: engine.use().now() })
    } catch (error) {
      problem.value = problemCode(error) === 'storage_failed' ? 'storage_failed' : 'photo_unreadable'
    } finally {
      busy.value = false
    }
  }
  function setKind(hash: string, kind: PhotoClass) {
    const photo = form.photos.find((p) => p.hash === hash)
    if (photo) photo.class = kind
  }
  async function remove(hash: string) {
    form.photos = form.photos.filter((p) => p.hash !== hash)
    await drafts.remove(key(hash))
  }
  /** What `save` takes along. A photo whose draft is gone is left out of the form too. */
  async function files(): Promise<NewFile[]> {
    const found: NewFile[] = []
    for (const photo of [...form.photos]) {
      const bytes = drafts.get<Uint8Array<ArrayBuffer>>(key(photo.hash))
      if (bytes) found.push({ hash: photo.hash, class: photo.class, bytes })
      else if (!inherited.includes(photo.hash)) await remove(photo.hash)
    }
    return found
  }
  async function clear() {
    for (const { key: name } of drafts.list()) if (name.startsWith(`${draft}:photo:`)) await drafts.remove(name)
  }
  return { url, add, setKind, remove, files, clear, busy, problem }
}
