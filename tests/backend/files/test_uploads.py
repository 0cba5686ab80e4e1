"""Uploads in chunks: cut anywhere and repeated at will, a file is kept as it was sent, once."""

import errno
import os
import shutil
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from backend.embedded import Urls
from backend.files import jobs, parts
from backend.files.rules import MOST_CHUNK, MOST_PARTS
from backend.kernel.crypto import Keys
from backend.kernel.ids import uuid7
from backend.kernel.jobs import JobContext
from backend.kernel.settings import Settings
from backend.kernel.uow import Database
from tests.support.camera import Camera, Sealed, digest, kept, photo, rows, small_photo, told, unfinished
from tests.support.clock import MovingClock
from tests.support.web import Bank, Phone, application, serving


async def test_chunks_become_a_file_with_its_receipt(
    camera: Camera, settings: Settings, keys: Keys, databases: Urls
) -> None:
    content = photo(900, 700)
    file = camera.sealed(content)
    assert (await camera.ask(file)).json() == {"offset": 0}
    assert (await camera.add(file, 0, 1000)).json() == {"offset": 1000}
    assert (await camera.ask(file)).json() == {"offset": 1000}
    assert kept(settings) == []
    done = (await camera.add(file, 1000)).json()
    received = done["received"]
    assert done["offset"] == len(file.content)
    assert received["hash"] == digest(content)
    assert received["bytes"] == len(content)
    assert received["receipt"] == keys.receipt("file", digest(content), received["kept_hash"])
    assert (await camera.ask(file)).json() == done
    # the whole in one request, as phones from before send it, is the same file
    assert (await camera.send(content)).json() == received
    assert (await camera.get(content)).status_code == 200
    assert unfinished(settings) == []
    assert await rows(databases, file.name) == (1, 1)


async def test_an_answer_that_was_lost_costs_no_byte(camera: Camera, settings: Settings) -> None:
    file = camera.sealed(photo())
    await camera.add(file, 0, 500)
    again = await camera.add(file, 0, 500)
    assert told(again) == (409, "offset_mismatch")
    assert again.json()["offset"] == 500
    last = (await camera.add(file, 500)).json()
    assert (await camera.add(file, 500)).json() == last
    assert (await camera.add(file, 0, 500)).json() == last
    assert unfinished(settings) == []


@pytest.mark.parametrize("offset", [1, 400, 600, 10**6])
async def test_a_chunk_that_begins_elsewhere_changes_nothing(camera: Camera, offset: int) -> None:
    file = camera.sealed(photo())
    await camera.add(file, 0, 500)
    answer = await camera.phone.send("PATCH", f"{file.address()}&offset={offset}", b"x" * 40)
    assert (told(answer), answer.json()["offset"]) == ((409, "offset_mismatch"), 500)
    assert "received" in (await camera.add(file, 500)).json()


async def test_a_chunk_beyond_the_end_is_refused_whole(camera: Camera) -> None:
    file = camera.sealed(photo())
    await camera.add(file, 0, 500)
    more = file.content[500:] + b"x"
    answer = await camera.phone.send("PATCH", f"{file.address()}&offset=500", more)
    assert told(answer) == (422, "malformed")
    assert (await camera.ask(file)).json() == {"offset": 500}
    assert "received" in (await camera.add(file, 500)).json()


@pytest.mark.parametrize(
    "changes", [{"seal": "abc"}, {"kind": "selfie"}, {"total": 0}, {"total": -5}, {"total": "x"}]
)
async def test_what_is_announced_must_make_sense(camera: Camera, changes: dict[str, Any]) -> None:
    file = camera.sealed(photo())
    answer = await camera.phone.send("PATCH", f"{file.address(**changes)}&offset=0", file.content[:100])
    assert told(answer)[0] == 422
    for offset, chunk in ((0, b""), (-1, b"x")):
        odd = await camera.phone.send("PATCH", f"{file.address()}&offset={offset}", chunk)
        assert told(odd) == (422, "malformed")


async def test_a_file_over_the_limit_is_refused_before_its_first_byte_is_kept(
    camera: Camera, settings: Settings
) -> None:
    file = camera.sealed(photo())
    address = file.address(total=settings.max_upload_bytes + 257)
    assert told(await camera.phone.send("PATCH", f"{address}&offset=0", b"x" * 100)) == (413, "too_large")
    assert told(await camera.phone.send("GET", address)) == (413, "too_large")
    assert unfinished(settings) == []


async def test_a_chunk_has_a_largest_size(camera: Camera, settings: Settings) -> None:
    file = Sealed("0" * 64, "home", os.urandom(3 * MOST_CHUNK))
    assert told(await camera.add(file, 0, MOST_CHUNK + 1)) == (413, "too_large")
    assert (await camera.add(file, 0, MOST_CHUNK)).json() == {"offset": MOST_CHUNK}


async def test_bytes_damaged_at_the_bank_are_dropped_and_sent_anew(
    camera: Camera, settings: Settings
) -> None:
    content = photo()
    file = camera.sealed(content)
    await camera.add(file, 0, 3000)
    (path,) = unfinished(settings)
    with path.open("r+b") as damaged:
        damaged.seek(2000)
        damaged.write(bytes(200))
    answer = await camera.add(file, 3000)
    assert (told(answer), answer.json()["offset"]) == ((409, "upload_broken"), 0)
    assert (unfinished(settings), kept(settings)) == ([], [])
    await camera.add(file, 0, 3000)
    assert "received" in (await camera.add(file, 3000)).json()


@pytest.mark.parametrize(
    ("content", "kind", "expected"),
    [
        (b"not a picture", "home", (422, "not_an_image")),
        (photo()[:5000], "home", (422, "not_an_image")),
        (b"", "home", (422, "not_an_image")),
        (photo(), "voice", (422, "not_audio")),
        (b"OggS" + bytes(400), "voice", (422, "not_audio")),
    ],
)
async def test_what_can_never_be_kept_is_refused_once_and_forgotten(
    camera: Camera, settings: Settings, content: bytes, kind: str, expected: tuple[int, str]
) -> None:
    file = camera.sealed(content, kind)
    await camera.add(file, 0, 60)
    assert told(await camera.add(file, 60)) == expected
    assert (unfinished(settings), kept(settings)) == ([], [])


async def test_other_bytes_than_the_name_says_are_refused(camera: Camera, settings: Settings) -> None:
    sealed = camera.sealed(photo())
    other = Sealed(digest(b"other"), "home", sealed.content)
    assert told(await camera.add(other, 0)) == (422, "seal_broken")
    assert (unfinished(settings), kept(settings)) == ([], [])


async def test_uploads_are_private_to_their_phone(
    camera: Camera, other: Camera, settings: Settings, databases: Urls
) -> None:
    content = photo()
    mine = camera.sealed(content)
    await camera.add(mine, 0, 500)
    # the very same sealed bytes, named by somebody else
    assert (await other.ask(mine)).json() == {"offset": 0}
    assert told(await other.add(mine, 500)) == (409, "offset_mismatch")
    theirs = other.sealed(content)
    await other.add(theirs, 0, 700)
    done = (await camera.add(mine, 500)).json()
    # the other one has the bytes, or it gets no receipt
    assert (await other.ask(theirs)).json() == {"offset": 700}
    assert (await other.add(theirs, 700)).json()["received"] == done["received"]
    assert await rows(databases, mine.name) == (1, 1)
    assert unfinished(settings) == []


async def test_a_phone_keeps_few_uploads_open_and_its_newest_go_on(
    camera: Camera, settings: Settings, clock: MovingClock
) -> None:
    files = [camera.sealed(small_photo(n)) for n in range(MOST_PARTS + 2)]
    for file in files:
        clock.advance(timedelta(seconds=5))
        assert (await camera.add(file, 0, 100)).json() == {"offset": 100}
    assert len(unfinished(settings)) == MOST_PARTS
    assert (await camera.ask(files[0])).json() == {"offset": 0}
    assert "received" in (await camera.add(files[-1], 100)).json()
    assert "received" in (await camera.add(files[0], 0)).json()


async def test_sealed_anew_a_file_begins_anew(camera: Camera, settings: Settings) -> None:
    content = photo()
    await camera.add(camera.sealed(content), 0, 500)
    again = camera.sealed(content)
    assert (await camera.add(again, 0, 300)).json() == {"offset": 300}
    assert len(unfinished(settings)) == 1
    assert "received" in (await camera.add(again, 300)).json()


async def test_what_nobody_goes_on_with_is_dropped_after_a_week(
    camera: Camera, settings: Settings, clock: MovingClock, keys: Keys, worker_db: Database
) -> None:
    old, young = camera.sealed(small_photo(1)), camera.sealed(small_photo(2))
    await camera.add(old, 0, 100)
    clock.advance(timedelta(days=5))
    await camera.add(young, 0, 100)
    context = JobContext(worker_db, settings, keys, uuid7(), "files.drop_unfinished", "test")
    await jobs.drop_unfinished(context, {})
    assert len(unfinished(settings)) == 2
    clock.advance(timedelta(days=3))
    await jobs.drop_unfinished(context, {})
    assert [one.name.partition(".")[0] for one in unfinished(settings)] == [young.name]
    assert "received" in (await camera.add(old, 0)).json()


@pytest.mark.parametrize("after", [0, 1, 250])
async def test_a_full_disk_counts_nothing_half_written(
    camera: Camera, settings: Settings, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    file = camera.sealed(photo())
    await camera.add(file, 0, 1000)
    real, room = os.pwrite, [after]

    def full(descriptor: int, content: bytes, offset: int) -> int:
        fits = min(len(content), room[0])
        if fits == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        room[0] -= fits
        return real(descriptor, content[:fits], offset)

    monkeypatch.setattr(os, "pwrite", full)
    answer = await camera.add(file, 1000, 1500)
    assert told(answer) == (503, "try_again")
    assert int(answer.headers["retry-after"]) == 60
    monkeypatch.setattr(os, "pwrite", real)
    assert (await camera.ask(file)).json() == {"offset": 1000}
    assert "received" in (await camera.add(file, 1000)).json()


async def test_a_store_without_room_keeps_the_upload_for_later(
    camera: Camera, settings: Settings, monkeypatch: pytest.MonkeyPatch, databases: Urls
) -> None:
    file = camera.sealed(photo())
    real = os.fsync

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert told(await camera.add(file, 0)) == (503, "try_again")
    assert told(await camera.send(photo())) == (503, "try_again")
    monkeypatch.setattr(os, "fsync", real)
    assert kept(settings) == []
    assert await rows(databases, file.name) == (0, 0)
    # whole at the bank already: nothing needs to be sent again, only asked for
    assert (await camera.ask(file)).json() == {"offset": len(file.content)}
    assert "received" in (await camera.add(file, len(file.content))).json()


async def test_the_reserve_of_the_disk_is_not_touched(
    camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = parts.RESERVE_BYTES - 1

    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage)
    assert told(await camera.add(camera.sealed(photo()), 0, 100)) == (503, "try_again")


async def test_another_process_goes_on_where_the_first_was_killed(
    camera: Camera, settings: Settings, keys: Keys
) -> None:
    file = camera.sealed(photo())
    await camera.add(file, 0, 800)
    async with application(settings) as second, serving(second) as client:
        client.cookies = camera.phone.client.cookies
        elsewhere = Camera(Phone(client, camera.phone.installation_id, camera.phone.key), keys)
        assert (await elsewhere.ask(file)).json() == {"offset": 800}
        assert "received" in (await elsewhere.add(file, 800)).json()


async def test_the_limit_is_one_for_chunks_and_whole_files(
    settings: Settings, bank: Bank, keys: Keys
) -> None:
    content = photo(2000, 2000, quality=95)
    await bank.hire("wang", "manager")
    for limit, expected in ((len(content), 200), (len(content) - 1000, 413)):
        async with application(replace(settings, max_upload_bytes=limit)) as app, serving(app) as client:
            camera = Camera(await Phone(client).ready("wang"), keys)
            file, answer = camera.sealed(content), None
            for at in range(0, len(file.content), 200_000):
                answer = await camera.add(file, at, at + 200_000)
            assert answer is not None
            assert answer.status_code == expected
