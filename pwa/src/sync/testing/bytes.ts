/** Bytes as the fake bank handles them: none of the engine's own code. */
export type Bytes = Uint8Array<ArrayBuffer>

export const hex = (bytes: ArrayBuffer): string => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
export const b64 = (bytes: Bytes): string => btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
export const unb64 = (value: string): Bytes => Uint8Array.from(atob(value.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0))
export const sha = async (bytes: Bytes): Promise<string> => hex(await crypto.subtle.digest('SHA-256', bytes))

export async function gzip(bytes: Bytes): Promise<Bytes> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip') as unknown as ReadableWritablePair<Bytes, Bytes>)
  return new Uint8Array(await new Response(stream as ReadableStream<Bytes>).arrayBuffer())
}
