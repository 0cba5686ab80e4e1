import type { Router } from 'vue-router'

/** Back to where the person came from; a page opened from outside has nothing behind it and goes to `home`. */
export function goBack(router: Router, home: string): void {
  if ((window.history.state as { back?: string | null } | null)?.back) router.back()
  else void router.replace(home)
}
