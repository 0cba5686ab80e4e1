/** MessagePack and gzip as the contract uses them. */
import { Decoder, Encoder } from '@msgpack/msgpack'
import type { Bytes } from './bytes'

// Undefined fields are left out, as JSON.stringify does: "absent" and "nil" differ on the wire.
const options = { ignoreUndefined: true, initialBufferSize: 4096 } as const

export function pack(value: unknown): Bytes {
  return new Encoder(options).encode(value)
}

/** Throws on bytes that are not MessagePack. */
export function unpack(bytes: Uint8Array): unknown {
  return new Decoder().decode(bytes)
}

async function through(bytes: Bytes, transform: GenericTransformStream): Promise<Bytes> {
  const writer = (transform.writable as WritableStream<Bytes>).getWriter()
  // A fault shows at the readable end too, where it is waited for.
  const written = Promise.all([writer.write(bytes), writer.close()]).catch(() => undefined)
  const read = new Uint8Array(await new Response(transform.readable as ReadableStream<Bytes>).arrayBuffer())
  await written
  return read
}

export const gzip = (bytes: Bytes): Promise<Bytes> => through(bytes, new CompressionStream('gzip'))

/** Throws TypeError on bytes that are not gzip. */
export const gunzip = (bytes: Bytes): Promise<Bytes> => through(bytes, new DecompressionStream('gzip'))
