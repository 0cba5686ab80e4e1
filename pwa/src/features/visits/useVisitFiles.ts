/** Photos, signature and voice notes of a visit that is not saved yet: drafts of their own, so that a change of the form stays small. */
import { onBeforeUnmount, ref, shallowReactive } from 'vue'
import type { PhotoClass } from '../../domain/rows'
import type { NewFile } from '../../sync/types'
import { useEngine } from '../engine'
import { PhotoError, shrinkPhoto } from '../photo'
import { problemCode } from '../problems'
import type { FormFile, FormPhoto } from './form'

type Bytes = Uint8Array<ArrayBuffer>

/** `inherited`: files that lie in the outbox already, with the refused visit that this one mends. */
export function useVisitFiles(form: { photos: FormPhoto[]; files: FormFile[] }, draft: string, inherited: readonly string[] = []) {
  const engine = useEngine()
  const drafts = engine.use().drafts
  const busy = ref(false)
  const problem = ref('')
  const urls = shallowReactive(new Map<string, string>())
  const key = (hash: string) => `${draft}:photo:${hash}`

  function url(hash: string): string {
    const known = urls.get(hash)
    if (known) return known
    const bytes = drafts.get<Bytes>(key(hash))
    if (!bytes) {
      if (inherited.includes(hash)) void engine.use().fileUrl(hash, 'thumb').then((there) => there.startsWith('blob:') && urls.set(hash, there), () => undefined)
      return ''
    }
    const made = URL.createObjectURL(new Blob([bytes], { type: bytes[0] === 0xff ? 'image/jpeg' : '' }))
    urls.set(hash, made)
    return made
  }
  onBeforeUnmount(() => {
    for (const [hash, made] of urls) if (!inherited.includes(hash)) URL.revokeObjectURL(made)
    urls.clear()
  })

  /** Keeps bytes as a draft, then `name`s them in the form; what cannot be kept is said, and the form stays as it was. */
  async function keep(make: () => Promise<Bytes>, name: (hash: string) => void, unreadable: string): Promise<boolean> {
    busy.value = true
    problem.value = ''
    try {
      const bytes = await make()
      const hash = await engine.use().hashFile(bytes)
      if ([...form.photos, ...form.files].some((one) => one.hash === hash)) return true
      await drafts.put(key(hash), bytes)
      name(hash)
      return true
    } catch (error) {
      const code = problemCode(error)
      problem.value = code === 'storage_failed' || error instanceof PhotoError ? code : unreadable
      return false
    } finally {
      busy.value = false
    }
  }
  const now = () => engine.use().now()
  const add = (file: File, kind: PhotoClass) => keep(() => shrinkPhoto(file), (hash) => form.photos.push({ hash, class: kind, taken_at: now() }), 'photo_unreadable')
  const addVoice = (bytes: Bytes, durationMs: number) =>
    keep(() => Promise.resolve(bytes), (hash) => form.files.push({ hash, class: 'voice', taken_at: now(), duration_ms: durationMs }), 'voice_unreadable')
  async function setSignature(bytes: Bytes): Promise<boolean> {
    const before = form.files.filter((one) => one.class === 'signature')
    const kept = await keep(() => Promise.resolve(bytes), (hash) => form.files.push({ hash, class: 'signature', taken_at: now() }), 'photo_unreadable')
    if (kept) for (const one of before) await remove(one.hash)
    return kept
  }
  function setKind(hash: string, kind: PhotoClass) {
    const photo = form.photos.find((p) => p.hash === hash)
    if (photo) photo.class = kind
  }
  async function remove(hash: string) {
    form.photos = form.photos.filter((p) => p.hash !== hash)
    form.files = form.files.filter((p) => p.hash !== hash)
    await drafts.remove(key(hash))
  }
  /** What `save` takes along. A file whose draft is gone is left out of the form too. */
  async function files(): Promise<NewFile[]> {
    const found: NewFile[] = []
    for (const one of [...form.photos, ...form.files]) {
      const bytes = drafts.get<Bytes>(key(one.hash))
      if (bytes) found.push({ hash: one.hash, class: one.class, bytes })
      else if (!inherited.includes(one.hash)) await remove(one.hash)
    }
    return found
  }
  async function clear() {
    for (const { key: name } of drafts.list()) if (name.startsWith(`${draft}:photo:`)) await drafts.remove(name)
  }
  return { url, add, addVoice, setSignature, setKind, remove, files, clear, busy, problem }
}
