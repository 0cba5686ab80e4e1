/** What belongs to the installation: its id, its signing key, and who is signed in. */
import { EngineError } from '../domain/errors'
import { uuid7 } from '../domain/ids'
import { DeviceDatabase, staffDatabaseName, withStore } from './database'

export const DEVICE_DATABASE = 'tiange-device'

/** Who is signed in on this phone, as the bank said at the last login. Nothing here is about customers. */
export interface CurrentStaff<S = unknown> {
  staff: S
  staffId: string
  offlineHours: number
  testMode: boolean
  demoMode: boolean
  /** The bank insists on fingerprint or face. */
  prfOnly?: boolean
  signedIn: boolean
  /** A sign-out that still has to reach the bank. */
  pendingLogout: 'here' | 'everywhere' | null
}

/**
 * An installation: one person on one phone. Two people sharing a phone are two installations, each with its own key,
 * stream and database.
 */
export interface DeviceIdentity {
  installationId: string
  /** ES256; its private half can't be exported. */
  keys: CryptoKeyPair
  /** The staff member's database; stays when the installation is renewed. */
  database: string
}

export class Device {
  private constructor(private readonly db: DeviceDatabase) {}

  /** Throws EngineError `storage_failed`. */
  static async open(name: string = DEVICE_DATABASE): Promise<Device> {
    const db = new DeviceDatabase(name)
    await withStore(db, async () => void (await db.open()))
    return new Device(db)
  }

  /** The staff member's installation on this phone, or null before its first use. */
  async identity(staffId: string): Promise<DeviceIdentity | null> {
    return (await this.get<DeviceIdentity>(`identity:${staffId}`)) ?? null
  }

  /** As `identity`, made at the first call. */
  async ensureIdentity(staffId: string): Promise<DeviceIdentity> {
    return (await this.identity(staffId)) ?? this.renewIdentity(staffId)
  }

  /**
   * A new id and key: at first use, and for a phone whose stream was copied or lost. `announce` is told of both ids
   * before the new one counts: whatever is saved from then on comes after what the former one has.
   */
  async renewIdentity(staffId: string, announce?: (former: string, next: string) => Promise<void>): Promise<DeviceIdentity> {
    const known = await this.identity(staffId)
    const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
    const installationId = uuid7()
    const database = known?.database ?? (await staffDatabaseName(installationId, staffId))
    const identity: DeviceIdentity = { installationId, keys, database }
    await announce?.(known?.installationId ?? '', installationId)
    try {
      await this.put(`identity:${staffId}`, identity)
    } catch (cause) {
      // Some private modes can't store keys: without a device key there is no offline mode.
      if ((cause as Error)?.name === 'DataCloneError') throw new EngineError('unsupported_browser', 'keys cannot be kept', { cause })
      throw cause
    }
    return identity
  }

  async current<S>(): Promise<CurrentStaff<S> | null> {
    return (await this.get<CurrentStaff<S>>('current')) ?? null
  }

  async setCurrent(current: CurrentStaff | null): Promise<void> {
    await this.put('current', current)
  }

  async get<T>(key: string): Promise<T | undefined> {
    return withStore(this.db, async () => (await this.db.values.get(key))?.value as T | undefined)
  }

  async put(key: string, value: unknown): Promise<void> {
    await withStore(this.db, async () => void (await this.db.values.put({ key, value })))
  }

  close(): void {
    this.db.close()
  }
}
