/** The code by which a reviewer answers on their own phone: made here, shown here, and kept nowhere. */
import { base64url, randomBytes, sha256, utf8, type Bytes } from '../../store/bytes'

const CODE_BYTES = 32

export interface NewCode {
  /** What the QR code says. The code stands behind the #: browsers send that to nobody. */
  link: string
  /** What the bank is told. */
  hash: Bytes
}

export async function makeCode(origin: string): Promise<NewCode> {
  const code = base64url(randomBytes(CODE_BYTES))
  return { link: `${origin}/review.html#${code}`, hash: await sha256(utf8(code)) }
}
