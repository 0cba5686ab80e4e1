import { ref, shallowReactive, watch } from 'vue'
import { useEngine } from './engine'

/** The small pictures of files, as far as they can be shown, and one of them enlarged. `wanted`: hash and whether it can be had. */
export function usePictures(wanted: () => readonly (readonly [hash: string, there: boolean])[]) {
  const engine = useEngine()
  /** hash → address of its small picture; '' where it has not arrived or needs the network. */
  const pictures = shallowReactive(new Map<string, string>())
  const large = ref('')
  const showing = ref(false)
  const url = (hash: string, size: 'thumb' | 'full') => engine.use().fileUrl(hash, size)
  watch(
    wanted,
    async (files) => {
      for (const [hash, there] of files) {
        if (pictures.get(hash) || !there) continue
        try {
          pictures.set(hash, await url(hash, 'thumb'))
        } catch {
          pictures.set(hash, '')
        }
      }
    },
    { immediate: true },
  )
  async function enlarge(hash: string) {
    try {
      large.value = await url(hash, 'full')
    } catch {
      large.value = pictures.get(hash) ?? ''
    }
    showing.value = !!large.value
  }
  return { pictures, large, showing, url, enlarge }
}
