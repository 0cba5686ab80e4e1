/** The worker in which the PIN is stretched, so that the screen stays alive meanwhile. */
import { argon2, type KdfRequest } from './kdf'

self.onmessage = (event: MessageEvent<KdfRequest>) => {
  argon2(event.data).then(
    (key) => self.postMessage({ key }),
    (error: unknown) => self.postMessage({ error: String(error) }),
  )
}
