"""Signatures and voice notes: decoded and written anew, limited, shown like photos."""

import io
import struct

import numpy
import numpy.typing
import pytest
import soundfile
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from backend.files import sounds
from backend.kernel.errors import Problem
from tests.support.camera import Camera, digest, photo, told


def speech(seconds: float, rate: int = 48_000, channels: int = 1) -> "numpy.typing.NDArray[numpy.float32]":
    """Something to hear."""
    t = numpy.arange(int(seconds * rate)) / rate
    wave = (0.4 * numpy.sin(2 * numpy.pi * 220 * t) * numpy.sin(2 * numpy.pi * 3 * t)).astype("float32")
    return numpy.stack([wave] * channels, axis=1)


def recorded(
    seconds: float,
    kind: tuple[str, str] = ("OGG", "OPUS"),
    rate: int = 48_000,
    channels: int = 1,
    comment: str = "",
) -> bytes:
    """A recording as a phone makes it."""
    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", rate, channels, format=kind[0], subtype=kind[1]) as sound:
        if comment:
            sound.comment = comment
            sound.artist = comment
        sound.write(speech(seconds, rate, channels))
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "rate", "channels"),
    [
        (("OGG", "OPUS"), 48_000, 1),
        (("OGG", "OPUS"), 48_000, 2),
        (("WAV", "ULAW"), 16_000, 1),
        (("WAV", "PCM_16"), 44_100, 1),
    ],
)
async def test_a_voice_note_is_kept_as_mp3_of_its_length(
    camera: Camera, kind: tuple[str, str], rate: int, channels: int
) -> None:
    content = recorded(3, kind, rate, channels)
    assert (await camera.send(content, file_class="voice")).status_code == 200
    answer = await camera.get(content)
    assert answer.headers["content-type"] == "audio/mpeg"
    assert "no-store" in answer.headers["cache-control"]
    with soundfile.SoundFile(io.BytesIO(answer.content)) as heard:
        assert (heard.format, heard.channels) == ("MP3", 1)
        assert heard.frames / heard.samplerate == pytest.approx(3, abs=0.2)
        assert numpy.abs(heard.read()).max() > 0.2
    assert sounds.voice(content).duration_ms == pytest.approx(3000, abs=30)
    # there is no smaller one
    assert (await camera.get(content, "thumb")).content == answer.content


async def test_two_minutes_of_speech_stay_small() -> None:
    kept = sounds.voice(recorded(120))
    assert kept.duration_ms == pytest.approx(120_000, abs=100)
    assert len(kept.full) < 1_000_000


async def test_what_hides_beside_the_sound_is_dropped() -> None:
    content = recorded(1, comment="SECRETPLACE") + b"SECRETTAIL"
    assert b"SECRETPLACE" in content
    assert b"SECRET" not in sounds.voice(content).full


def test_a_note_that_says_it_is_short_and_goes_on_is_refused() -> None:
    with pytest.raises(Problem) as refused:
        sounds.voice(recorded(sounds.MOST_SECONDS + 2, ("WAV", "ULAW"), 16_000))
    assert (refused.value.status, refused.value.code) == (413, "too_large")
    with pytest.raises(Problem) as large:
        sounds.voice(recorded(140, ("WAV", "PCM_16"), 16_000))
    assert (large.value.status, large.value.code) == (413, "too_large")


def _wav_claiming(frames: int) -> bytes:
    """A head that promises more than there is."""
    content = bytearray(recorded(1, ("WAV", "PCM_16"), 16_000))
    at = content.index(b"data") + 4
    content[at : at + 4] = struct.pack("<I", frames * 2)
    return bytes(content)


def test_the_length_is_counted_and_not_believed() -> None:
    kept = sounds.voice(_wav_claiming(16_000 * 100))
    assert kept.duration_ms == pytest.approx(1000, abs=10)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"OggS",
        b"OggS" + bytes(500),
        b"RIFF\x00\x00\x00\x00WAVE" + bytes(60),
        photo(),
        recorded(1, ("WAV", "PCM_24"), 16_000),
        recorded(1, ("FLAC", "PCM_16"), 16_000),
        recorded(1, ("WAV", "PCM_16"), 16_000, 3),
        recorded(1, ("WAV", "PCM_16"), 9_999),
        recorded(0, ("WAV", "PCM_16"), 16_000),
        b"\x1aE\xdf\xa3" + bytes(200),
    ],
)
async def test_what_is_no_voice_note_is_refused(camera: Camera, content: bytes) -> None:
    assert told(await camera.send(content, file_class="voice")) == (422, "not_audio")


def signed(pnginfo: PngInfo | None = None) -> bytes:
    """A signature as the pad draws it: dark strokes on nothing."""
    image = Image.new("RGBA", (1200, 400), (0, 0, 0, 0))
    ImageDraw.Draw(image).line([(50, 300), (400, 60), (700, 340), (1150, 80)], fill="black", width=9)
    out = io.BytesIO()
    image.save(out, "PNG", pnginfo=pnginfo)
    return out.getvalue()


async def test_a_signature_is_kept_small_in_grey_and_clean(camera: Camera) -> None:
    hidden = PngInfo()
    hidden.add_text("Comment", "SECRETTEXT")
    content = signed(pnginfo=hidden) + b"SECRETTAIL"
    assert (await camera.send(content, file_class="signature")).status_code == 200
    answer = await camera.get(content)
    assert answer.headers["content-type"] == "image/png"
    assert b"SECRET" not in answer.content
    assert len(answer.content) < 10_000
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.size == (1000, 333)
        shades = image.convert("L").getextrema()
        assert shades == (0, 255)


async def test_a_photo_is_no_voice_note_and_a_voice_note_no_photo(camera: Camera) -> None:
    assert told(await camera.send(photo(), file_class="voice")) == (422, "not_audio")
    assert told(await camera.send(recorded(1), file_class="home")) == (422, "not_an_image")
    assert told(await camera.send(recorded(1), file_class="signature")) == (422, "not_an_image")
    assert told(await camera.get(photo())) == (404, "not_found")
    assert digest(photo()) != digest(recorded(1))
