/**
 * Voice notes: recorded as the browser can, and brought into a form that the bank opens (Ogg with Opus; WAV where the
 * browser has no Opus). What does it is fetched with the first recording.
 */
export const MOST_MS = 120_000
const LEAST_MS = 500
const BITS_PER_SECOND = 24_000
/** The first that the browser can write. */
const KINDS = ['audio/ogg;codecs=opus', 'audio/webm;codecs=opus', 'audio/mp4']
const WAV_RATE = 16_000

export interface VoiceNote {
  bytes: Uint8Array<ArrayBuffer>
  durationMs: number
}

/** `denied`: the person or the phone does not allow it; `none`: there is no microphone, or no way to record. */
export class MicrophoneError extends Error {
  constructor(readonly reason: 'denied' | 'none') {
    super(reason)
  }
}

export function canRecord(): boolean {
  return typeof MediaRecorder !== 'undefined' && !!navigator.mediaDevices?.getUserMedia
}

export class Recording {
  private readonly chunks: Blob[] = []
  private readonly begun = performance.now()
  private readonly ended: Promise<number>
  private readonly limit: ReturnType<typeof setTimeout>

  private constructor(
    private readonly stream: MediaStream,
    private readonly recorder: MediaRecorder,
  ) {
    recorder.ondataavailable = ({ data }) => void (data.size && this.chunks.push(data))
    this.ended = new Promise((resolve) => {
      recorder.onstop = () => {
        this.close()
        resolve(performance.now() - this.begun)
      }
    })
    // A call takes the microphone away: what was said so far is kept.
    for (const track of stream.getTracks()) track.onended = () => this.halt()
    this.limit = setTimeout(() => this.halt(), MOST_MS)
    recorder.start(1_000)
  }

  /** Begins to record. Throws MicrophoneError. */
  static async start(): Promise<Recording> {
    if (!canRecord()) throw new MicrophoneError('none')
    let stream: MediaStream
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: false, noiseSuppression: true } })
    } catch (error) {
      const name = error instanceof DOMException ? error.name : ''
      throw new MicrophoneError(name === 'NotAllowedError' || name === 'SecurityError' ? 'denied' : 'none')
    }
    const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind))
    return new Recording(stream, new MediaRecorder(stream, { audioBitsPerSecond: BITS_PER_SECOND, ...(mimeType ? { mimeType } : {}) }))
  }

  get elapsedMs(): number {
    return Math.min(MOST_MS, performance.now() - this.begun)
  }

  private halt(): void {
    if (this.recorder.state !== 'inactive') this.recorder.stop()
  }

  private close(): void {
    clearTimeout(this.limit)
    for (const track of this.stream.getTracks()) {
      track.onended = null
      track.stop()
    }
  }

  /** Resolves when it ends: stopped, two minutes long, or cut by the phone. Null if it is too short to hold anything. */
  async note(): Promise<VoiceNote | null> {
    const took = await this.ended
    if (took < LEAST_MS || this.chunks.length === 0) return null
    const bytes = await portable(new Blob(this.chunks, { type: this.recorder.mimeType }))
    return { bytes, durationMs: Math.round(Math.min(MOST_MS, took)) }
  }

  stop(): void {
    this.halt()
  }
}

/** The recording in a form that the bank takes. Throws if the browser cannot read what it wrote. */
async function portable(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  if (blob.type.includes('ogg')) return new Uint8Array(await blob.arrayBuffer())
  const packets = blob.type.includes('webm') ? await import('./ogg').then(({ asOgg }) => asOgg(blob)).catch(() => null) : null
  return packets ?? asWav(blob)
}

/** Decoded by the browser and kept as telephone exchanges do, eight bits a sample: larger, but any bank can open it. */
async function asWav(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  const context = new OfflineAudioContext(1, 1, WAV_RATE)
  const sound = await context.decodeAudioData(await blob.arrayBuffer())
  return wavOf(sound.getChannelData(0))
}

/** A WAV of µ-law samples (ITU-T G.711) at 16 kHz; `samples` from −1 to 1. */
export function wavOf(samples: Float32Array): Uint8Array<ArrayBuffer> {
  const head = 58
  const bytes = new Uint8Array(head + samples.length)
  const view = new DataView(bytes.buffer)
  const text = (at: number, word: string): void => [...word].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)))
  text(0, 'RIFF')
  view.setUint32(4, bytes.length - 8, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 18, true)
  view.setUint16(20, 7, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, WAV_RATE, true)
  view.setUint32(28, WAV_RATE, true)
  view.setUint16(32, 1, true)
  view.setUint16(34, 8, true)
  text(38, 'fact')
  view.setUint32(42, 4, true)
  view.setUint32(46, samples.length, true)
  text(50, 'data')
  view.setUint32(54, samples.length, true)
  for (let i = 0; i < samples.length; i++) bytes[head + i] = muLaw(samples[i] as number)
  return bytes
}

function muLaw(sample: number): number {
  const value = Math.round(Math.max(-1, Math.min(1, sample)) * 32_635)
  const sign = value < 0 ? 0x80 : 0
  const magnitude = Math.abs(value) + 132
  const exponent = Math.max(0, Math.floor(Math.log2(magnitude)) - 7)
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f
  return ~(sign | (exponent << 4) | mantissa) & 0xff
}
