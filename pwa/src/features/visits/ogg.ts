/** A WebM recording's Opus packets in an Ogg file, as they are. Loaded with the first recording. */
import { BlobSource, BufferTarget, EncodedAudioPacketSource, EncodedPacketSink, Input, OggOutputFormat, Output, WEBM } from 'mediabunny'

/** Null where the recording holds no Opus. */
export async function asOgg(blob: Blob): Promise<Uint8Array<ArrayBuffer> | null> {
  const track = await new Input({ source: new BlobSource(blob), formats: [WEBM] }).getPrimaryAudioTrack()
  const decoderConfig = await track?.getDecoderConfig()
  if (!track || (await track.getCodec()) !== 'opus' || !decoderConfig) return null
  const target = new BufferTarget()
  const output = new Output({ format: new OggOutputFormat(), target })
  const packets = new EncodedAudioPacketSource('opus')
  output.addAudioTrack(packets)
  await output.start()
  for await (const packet of new EncodedPacketSink(track).packets()) await packets.add(packet, { decoderConfig })
  await output.finalize()
  return target.buffer ? new Uint8Array(target.buffer) : null
}
