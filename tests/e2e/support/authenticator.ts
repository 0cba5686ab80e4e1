/** Fingerprint or face of a phone: Chromium's virtual authenticator, with the PRF extension and a person who is there. */
import type { CDPSession } from 'playwright-core'
import type { Phone } from './phone'

const OPTIONS = {
  protocol: 'ctap2',
  ctap2Version: 'ctap2_1',
  transport: 'internal',
  hasResidentKey: true,
  hasUserVerification: true,
  hasPrf: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
} as const

type Credential = Awaited<ReturnType<typeof credentialsOf>>[number]

async function credentialsOf(session: CDPSession, authenticatorId: string) {
  return (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials
}

export class Authenticator {
  private constructor(
    private readonly session: CDPSession,
    private readonly id: string,
  ) {}

  /** Lives as long as the browser does; `known` are the credentials of one before it. */
  static async of(phone: Phone, known: readonly Credential[] = []): Promise<Authenticator> {
    const session = await phone.page.context().newCDPSession(phone.page)
    await session.send('WebAuthn.enable')
    const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', { options: OPTIONS })
    for (const credential of known) await session.send('WebAuthn.addCredential', { authenticatorId, credential })
    return new Authenticator(session, authenticatorId)
  }

  credentials(): Promise<Credential[]> {
    return credentialsOf(this.session, this.id)
  }

  /** Whether it knows the person who touches it. */
  async recognises(yes: boolean): Promise<void> {
    await this.session.send('WebAuthn.setUserVerified', { authenticatorId: this.id, isUserVerified: yes })
  }

  async remove(): Promise<void> {
    await this.session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: this.id })
  }
}
