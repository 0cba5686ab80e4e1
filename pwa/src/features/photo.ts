/** A shot made small enough for the outbox: a JPEG of at most 1600 pixels, without what the camera wrote into it. */
const LONGEST_PX = 1600
const QUALITY = 0.82
/** More than this takes a quarter of a gigabyte to decode, for which a cheap phone ends the page. */
const MOST_PIXELS = 65_000_000
/** How far into a file its size is looked for: cameras write previews and colour tables in front of it. */
const HEAD_BYTES = 1 << 20

/** A picture that this phone cannot make smaller: it is none, or too large to open (`code`: text `problem.…`). */
export class PhotoError extends Error {
  constructor(
    readonly code: 'photo_unreadable' | 'photo_too_large',
    options?: ErrorOptions,
  ) {
    super(code, options)
  }
}

/** How many pixels the head of a file says it has; null where that cannot be told. Nothing is decoded. */
export async function pixelsOf(file: Blob): Promise<number | null> {
  try {
    const { imageSize } = await import('image-size')
    const { width, height } = imageSize(new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()))
    return width * height
  } catch {
    return null
  }
}

/** Throws PhotoError. */
export async function shrinkPhoto(file: Blob): Promise<Uint8Array<ArrayBuffer>> {
  if (((await pixelsOf(file)) ?? 0) > MOST_PIXELS) throw new PhotoError('photo_too_large')
  try {
    return await shrunk(file)
  } catch (error) {
    throw new PhotoError('photo_unreadable', { cause: error })
  }
}

async function shrunk(file: Blob): Promise<Uint8Array<ArrayBuffer>> {
  const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' })
  const scale = Math.min(1, LONGEST_PX / Math.max(bitmap.width, bitmap.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(bitmap.width * scale))
  canvas.height = Math.max(1, Math.round(bitmap.height * scale))
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  bitmap.close()
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', QUALITY))
  if (!blob) throw new Error('the picture could not be made smaller')
  return new Uint8Array(await blob.arrayBuffer())
}
