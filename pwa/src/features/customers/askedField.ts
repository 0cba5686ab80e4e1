/** The field for which a form was opened (`?field=`): in sight, marked, and ready to be filled in. */
import { nextTick, watch } from 'vue'
import { useRoute } from 'vue-router'

export function useAskedField(ready: () => boolean): void {
  const field = useRoute().query['field']
  if (typeof field !== 'string') return
  const stop = watch(
    ready,
    async (now) => {
      if (!now) return
      await nextTick()
      stop()
      const place = document.querySelector<HTMLElement>(`[data-field="${CSS.escape(field)}"]`)
      if (!place) return
      place.dataset['asked'] = ''
      place.scrollIntoView({ block: 'center' })
      // of an amount the figure, of several chips the first
      const input = place.querySelector<HTMLElement>('input, textarea') ?? place.querySelector<HTMLElement>('[data-figure]') ?? place.querySelector<HTMLElement>('button')
      input?.focus({ preventScroll: true })
    },
    { immediate: true, flush: 'post' },
  )
}
