"""The judge's look at photos: each one saved is at the bank once, with the picture that was taken.

The pictures are made of blocks of even colour (phone/picture.ts); the judge knows the colours from the words.
"""

import hashlib
from io import BytesIO
from pathlib import Path

import asyncpg
from PIL import Image

from tests.faults.case import Case, Verdict
from tests.faults.evidence import Intent

BLOCK = 16
#: what making a JPEG of it may change, of 255
MOST_OFF = 40


async def judge_files(connection: "asyncpg.Connection", case: Case, verdict: Verdict) -> None:
    """Photos of visits that took effect."""
    meant: dict[str, Intent] = {}
    for one in case.intents:
        for photo in one.body.get("photos") or ():
            meant[photo["hash"]] = one
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
            "SELECT hash, kept_hash, sent_bytes, kept_bytes FROM stored_file WHERE hash = ANY($1)",
            list(meant),
        )
    }
    applied = {
        str(row["id"])
        for row in await connection.fetch(
            "SELECT id FROM visit WHERE id::text = ANY($1)", [str(one.body["id"]) for one in meant.values()]
        )
    }
    for digest, one in meant.items():
        name = f"{one.phone}'s photo {digest[:12]} of {one.act['mark']}"
        for visit, file in named:
            if file == digest and visit != str(one.body["id"]):
                verdict.add("doubled", f"{name}: named by visit {visit} too")
        if str(one.body["id"]) not in applied:
            continue
        if named.get((str(one.body["id"]), digest)) != 1:
            verdict.add("lost", f"{name}: its visit does not name it")
        if digest not in kept:
            verdict.add("stalled", f"{name}: has not arrived")
            continue
        if wrong := _wrong(case.files, kept[digest]["kept_hash"], one):
            verdict.add("lost", f"{name}: {wrong}")
        verdict.photos += 1


def _wrong(folder: Path, digest: str, one: Intent) -> str:
    """What is wrong with the kept picture, or nothing."""
    found = [path for path in folder.rglob(f"*{digest}*.jpg") if not path.name.startswith(".")]
    whole = [path for path in found if hashlib.sha256(path.read_bytes()).hexdigest() == digest]
    if len(whole) != 1:
        return f"{len(whole)} whole files of that name are kept, {len(found)} in all"
    picture = Image.open(BytesIO(whole[0].read_bytes())).convert("RGB")
    side = int(one.act["photo"])
    if picture.size != (side, side):
        return f"it is {picture.size}, was {side}"
    for x in range(0, side - BLOCK + 1, BLOCK):
        for y in range(0, side - BLOCK + 1, BLOCK * 4):
            colour = hashlib.sha256(f"{one.act['mark']}/{x}/{y}".encode()).digest()[:3]
            pixel = picture.getpixel((x + BLOCK // 2, y + BLOCK // 2))
            assert isinstance(pixel, tuple)
            if max(abs(a - b) for a, b in zip(colour, pixel, strict=True)) > MOST_OFF:
                return f"another picture: {pixel} at {x}, {y}, was {tuple(colour)}"
    return ""
