/**
 * The service worker: the shell offline, updates when agreed to, push, and sending the outbox in the background. It
 * never caches anything of the API; household data lives encrypted in the store.
 */
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute, type PrecacheEntry } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'
import { flushOutbox, OUTBOX_SYNC_TAG } from '../sync/background'
import { noticeFor, readPayload } from './notices'

declare const __APP_VERSION__: string
declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: (PrecacheEntry | string)[] }

/** Not in TypeScript's library: Background Sync (Chromium) and the badge in workers. */
interface SyncEvent extends ExtendableEvent {
  readonly tag: string
  readonly lastChance: boolean
}
type Badging = { setAppBadge?: (n?: number) => Promise<void> }

cleanupOutdatedCaches()
precacheAndRoute(self.__WB_MANIFEST)
registerRoute(new NavigationRoute(createHandlerBoundToURL('/index.html'), { denylist: [/^\/api\//, /^\/healthz$/, /^\/readyz$/, /^\/metrics$/, /^\/review\.html/] }))

// The window in which the app was set up too: it needs no network from then on, and an update reaches it.
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

self.addEventListener('message', (event) => {
  if ((event.data as { type?: string } | null)?.type === 'SKIP_WAITING') void self.skipWaiting()
})

async function onPush(event: PushEvent): Promise<void> {
  let data: unknown = null
  try {
    data = event.data?.json()
  } catch {
    data = null
  }
  const payload = readPayload(data)
  const notice = noticeFor(payload?.kind ?? '', self.navigator.language)
  // Browsers take the subscription away from those who stay silent, so a notification is shown in any case.
  await self.registration.showNotification(notice.title, {
    body: notice.body,
    icon: '/icons/icon-192.png',
    badge: '/icons/badge-96.png',
    lang: self.navigator.language.startsWith('en') ? 'en' : 'zh-CN',
    tag: payload?.inbox ?? 'tiange',
    data: { path: notice.path, inbox: payload?.inbox ?? null },
  })
  const shown = await self.registration.getNotifications()
  await (self.navigator as Badging).setAppBadge?.(shown.length).catch(() => undefined)
  for (const client of await self.clients.matchAll({ type: 'window' })) {
    client.postMessage({ type: 'PUSHED', inbox: payload?.inbox ?? null, kind: payload?.kind ?? null })
  }
}

self.addEventListener('push', (event) => event.waitUntil(onPush(event)))

async function onTap(notification: Notification): Promise<void> {
  notification.close()
  const path = (notification.data as { path?: string } | null)?.path ?? '/inbox'
  const [open] = (await self.clients.matchAll({ type: 'window', includeUncontrolled: true })) as WindowClient[]
  if (!open) {
    await self.clients.openWindow(path)
    return
  }
  await open.focus().catch(() => undefined)
  open.postMessage({ type: 'OPEN', path })
}

self.addEventListener('notificationclick', (event) => event.waitUntil(onTap(event.notification)))

// What was saved goes up even if the app is closed; a failure makes the browser try again later.
self.addEventListener('sync', (event) => {
  const { tag } = event as SyncEvent
  if (tag === OUTBOX_SYNC_TAG) (event as SyncEvent).waitUntil(flushOutbox({ appVersion: __APP_VERSION__ }))
})
