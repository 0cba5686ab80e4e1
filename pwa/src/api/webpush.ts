/** Web Push: the bank's public key and this browser's subscription. */
import { json, type HttpOptions } from './http'

export interface Subscription {
  endpoint: string
  keys: { p256dh: string; auth: string }
}

/** The VAPID public key, base64url. */
export const pushKey = (http: HttpOptions): Promise<{ public_key: string }> => json(http, 'GET', '/api/v1/push/key')

export const putSubscription = (http: HttpOptions, subscription: Subscription): Promise<void> =>
  json(http, 'POST', '/api/v1/push/subscriptions', subscription)

/** Ends the reminders on this phone. */
export const dropSubscription = (http: HttpOptions): Promise<void> => json(http, 'DELETE', '/api/v1/push/subscriptions')
