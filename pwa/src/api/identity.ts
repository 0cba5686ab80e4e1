/** Sign-in, devices and the escrowed key. */
import type { StaffRole } from '../domain/rows'
import { json, type HttpOptions } from './http'

export interface StaffAnswer {
  id: string
  name: string
  role: StaffRole
  unit_id: string | null
  unit_name: string | null
  branch_id: string | null
  branch_name: string | null
}

export interface SignedIn {
  staff: StaffAnswer
  /** How long the bank lets this person read without contact. */
  offline_hours: number
  test_mode: boolean
  demo_mode: boolean
  /** The phone must be opened by fingerprint or face. */
  unlock_requires_prf?: boolean
}

export const signIn = (http: HttpOptions, login: string, password: string): Promise<SignedIn> =>
  json(http, 'POST', '/api/v1/auth/login', { login, password })

export const whoAmI = (http: HttpOptions): Promise<SignedIn> => json(http, 'GET', '/api/v1/auth/me')

export const signOut = (http: HttpOptions, everywhere: boolean): Promise<void> =>
  json(http, 'POST', '/api/v1/auth/logout', { everywhere })

export interface NewDevice {
  installation_id: string
  public_key: JsonWebKey
  label: string
  platform: string
  app_version: string
}

export interface EnrolledDevice {
  installation_id: string
  /** Key id in hex (8 bytes), public key base64url of the uncompressed point. */
  seal: { key_id: string; public_key: string }
  escrow: { key_id: string; public_key: string }
}

export const enrolDevice = (http: HttpOptions, device: NewDevice): Promise<EnrolledDevice> =>
  json(http, 'POST', '/api/v1/devices', device)
