"""Re-encodes voice notes: decoded to samples and written anew, so that nothing else in the file survives.

Decision 0015 says why they come as Ogg or WAV and are kept as MP3.
"""

import io
from typing import TYPE_CHECKING

from backend.files import errors
from backend.files.kept import Kept, digest

if TYPE_CHECKING:
    import soundfile

#: a phone stops at two minutes; its clock and ours may count a little differently
MOST_SECONDS = 130
#: two minutes of the least compact form that phones send
MOST_VOICE_BYTES = 4 * 1024 * 1024
#: kinds that are opened: libsndfile knows thirty more, each a door less
KINDS = frozenset({("OGG", "OPUS"), ("OGG", "VORBIS"), ("WAV", "ULAW"), ("WAV", "PCM_16")})
#: samples a second that MP3 has
RATES = frozenset({8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000})
#: libsndfile's scale from 0 (best) to 1; about 32 kbit/s of speech at 48 kHz, 24 at 16 kHz
COMPRESSION = 0.9
_BLOCK = 65_536


def voice(content: bytes) -> Kept:
    """The sound in `content` as MP3 of one channel. Raises Problem `not_audio`, `too_large`."""
    if len(content) > MOST_VOICE_BYTES:
        raise errors.voice_too_large(MOST_VOICE_BYTES)
    if not (content.startswith(b"OggS") or (content.startswith(b"RIFF") and content[8:12] == b"WAVE")):
        raise errors.not_audio()
    # the library comes with the first voice note, not with the process
    import soundfile

    out = io.BytesIO()
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as sound:
            frames, rate = _copied(sound, out), sound.samplerate
    except (soundfile.LibsndfileError, RuntimeError, OSError, ValueError) as error:
        raise errors.not_audio() from error
    if frames == 0:
        raise errors.not_audio()
    kept = out.getvalue()
    return Kept("audio/mpeg", kept, digest(kept), duration_ms=round(1000 * frames / rate))


def _copied(sound: "soundfile.SoundFile", out: io.BytesIO) -> int:
    """Writes the sound to `out`; returns its length in samples. What the head says of it is not believed."""
    import soundfile

    if (sound.format, sound.subtype) not in KINDS or sound.samplerate not in RATES or sound.channels > 2:
        raise errors.not_audio()
    most, frames = MOST_SECONDS * sound.samplerate, 0
    with soundfile.SoundFile(
        out,
        "w",
        sound.samplerate,
        1,
        format="MP3",
        subtype="MPEG_LAYER_III",
        compression_level=COMPRESSION,
        bitrate_mode="CONSTANT",
    ) as written:
        while len(block := sound.read(_BLOCK, dtype="float32", always_2d=True)):
            frames += len(block)
            if frames > most:
                raise errors.voice_too_long(MOST_SECONDS)
            written.write(block.mean(axis=1))
    return frames
