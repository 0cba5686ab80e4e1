"""The judge's look at photos, signatures, voice notes: each one saved is at the bank once, as it was taken.

Pictures are made of blocks of even colour (phone/picture.ts), voice notes are one tone (phone/sound.ts); the
judge knows colours and tone from the words.
"""

import hashlib
from io import BytesIO
from pathlib import Path

import asyncpg
import numpy
import soundfile
from PIL import Image

from tests.faults.case import Case, Verdict
from tests.faults.evidence import Intent

BLOCK = 16
#: what making a JPEG, or sixteen shades of grey, of it may change, of 255: a shade stands for a sixteenth of
#: the picture, and so for 42 of 255 where few blocks are light (seen once in about a thousand signatures)
MOST_OFF, SHADES_OFF = 40, 64
#: the tone of a voice note: lowest in Hz, Hz a step; how far off it may be, and the length in ms
LOWEST, STEP, HZ_OFF, MS_OFF = 300, 4, 12, 250
GREY = (0.299, 0.587, 0.114)
ENDINGS = {"signature": "png", "voice": "mp3"}


async def judge_files(connection: "asyncpg.Connection", case: Case, verdict: Verdict) -> None:
    """Files of visits that took effect."""
    meant: dict[str, tuple[str, Intent]] = {}
    for one in case.intents:
        for file in (*(one.body.get("photos") or ()), *(one.body.get("files") or ())):
            meant[file["hash"]] = (file["class"], one)
    if not meant:
        return
    named = {
        (str(row["visit_id"]), row["file_hash"]): row["n"]
        for row in await connection.fetch(
            "SELECT visit_id, file_hash, count(*) AS n FROM visit_photo WHERE file_hash = ANY($1) "
            "GROUP BY visit_id, file_hash",
            list(meant),
        )
    }
    kept = {
        row["hash"]: row
        for row in await connection.fetch(
            "SELECT hash, kept_hash, file_class FROM stored_file WHERE hash = ANY($1)",
            list(meant),
        )
    }
    applied = {
        str(row["id"])
        for row in await connection.fetch(
            "SELECT id FROM visit WHERE id::text = ANY($1)",
            [str(one.body["id"]) for _, one in meant.values()],
        )
    }
    for digest, (kind, one) in meant.items():
        name = f"{one.phone}'s {kind} {digest[:12]} of {one.act['mark']}"
        for visit, file in named:
            if file == digest and visit != str(one.body["id"]):
                verdict.add("doubled", f"{name}: named by visit {visit} too")
        if str(one.body["id"]) not in applied:
            continue
        if named.get((str(one.body["id"]), digest)) != 1:
            verdict.add("lost", f"{name}: its visit does not name it")
        if digest not in kept:
            # a deleted database takes with it what had not been sent; its visit shows that it is missing
            if not one.gone:
                verdict.add("stalled", f"{name}: has not arrived")
            continue
        if kept[digest]["file_class"] != kind:
            verdict.add("lost", f"{name}: kept as {kept[digest]['file_class']}")
        elif wrong := _wrong(case.files, kept[digest]["kept_hash"], kind, one):
            verdict.add("lost", f"{name}: {wrong}")
        verdict.photos += 1


def _wrong(folder: Path, digest: str, kind: str, one: Intent) -> str:
    """What is wrong with the kept file, or nothing."""
    ending = ENDINGS.get(kind, "jpg")
    found = [path for path in folder.rglob(f"*{digest}*.{ending}") if not path.name.startswith(".")]
    whole = [path for path in found if hashlib.sha256(path.read_bytes()).hexdigest() == digest]
    if len(whole) != 1:
        return f"{len(whole)} whole files of that name are kept, {len(found)} in all"
    content = whole[0].read_bytes()
    if kind == "voice":
        return wrong_sound(content, f"{one.act['mark']}/语", int(one.act["voice"]))
    if kind == "signature":
        return wrong_picture(content, f"{one.act['mark']}/签", int(one.act["signature"]), grey=True)
    return wrong_picture(content, one.act["mark"], int(one.act["photo"]))


def wrong_picture(content: bytes, words: str, side: int, *, grey: bool = False) -> str:
    """What is wrong with a picture of `words`, or nothing."""
    picture = Image.open(BytesIO(content)).convert("RGB")
    if picture.size != (side, side):
        return f"it is {picture.size}, was {side}"
    for x in range(0, side - BLOCK + 1, BLOCK):
        for y in range(0, side - BLOCK + 1, BLOCK * 4):
            colour = tuple(hashlib.sha256(f"{words}/{x}/{y}".encode()).digest()[:3])
            if grey:
                colour = (round(sum(a * b for a, b in zip(colour, GREY, strict=True))),) * 3
            pixel = picture.getpixel((x + BLOCK // 2, y + BLOCK // 2))
            assert isinstance(pixel, tuple)
            off = max(abs(a - b) for a, b in zip(colour, pixel, strict=True))
            if off > (SHADES_OFF if grey else MOST_OFF):
                return f"another picture: {pixel} at {x}, {y}, was {colour}"
    return ""


def wrong_sound(content: bytes, words: str, ms: int) -> str:
    """What is wrong with a voice note of `words`, or nothing."""
    samples, rate = soundfile.read(BytesIO(content))
    if abs(1000 * len(samples) / rate - ms) > MS_OFF:
        return f"it lasts {1000 * len(samples) / rate:.0f} ms, was {ms}"
    tone = LOWEST + STEP * hashlib.sha256(words.encode()).digest()[0]
    heard = float(numpy.argmax(numpy.abs(numpy.fft.rfft(samples)))) * rate / len(samples)
    return "" if abs(heard - tone) <= HZ_OFF else f"another sound: {heard:.0f} Hz, was {tone}"
