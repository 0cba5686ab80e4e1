"""Photos: taken in once, re-encoded, receipted, shown to those who may see them."""

import asyncio
import io
import tracemalloc
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from msgspec.structs import replace
from PIL import Image

from backend.customers.models import Customer
from backend.embedded import Urls
from backend.grids.models import Grid
from backend.kernel.actor import Actor
from backend.kernel.crypto import Keys
from backend.kernel.ids import uuid7
from backend.kernel.settings import Settings
from backend.kernel.uow import Database
from backend.visits.models import Visit, VisitPhoto
from tests.support.camera import Camera, digest, photo, told
from tests.support.databases import connect
from tests.support.web import Bank, Phone, application, serving


def files_in(settings: Settings) -> list[Path]:
    return sorted(one for one in settings.files_dir.rglob("*") if one.is_file())


async def test_a_photo_is_kept_with_a_receipt(camera: Camera, settings: Settings, keys: Keys) -> None:
    content = photo()
    answer = await camera.send(content)
    assert answer.status_code == 200
    told_back = answer.json()
    assert told_back["hash"] == digest(content)
    assert told_back["bytes"] == len(content)
    assert told_back["receipt"] == keys.receipt("file", digest(content), told_back["kept_hash"])
    kept = (settings.files_dir / told_back["kept_hash"][:2] / told_back["kept_hash"][2:4]).glob("*")
    names = {one.name: digest(one.read_bytes()) for one in kept}
    assert set(names) == {f"{told_back['kept_hash']}.jpg", f"{told_back['kept_hash']}.thumb.jpg"}
    assert names[f"{told_back['kept_hash']}.jpg"] == told_back["kept_hash"]
    lies_there = (settings.files_dir / _place(told_back["kept_hash"])).read_bytes()
    assert (await camera.get(content)).content == lies_there


def _place(kept_hash: str) -> str:
    return f"{kept_hash[:2]}/{kept_hash[2:4]}/{kept_hash}.jpg"


async def test_what_hides_beside_the_pixels_is_dropped(camera: Camera, settings: Settings) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRETPHONE"
    exif.get_ifd(0x8825)[2] = (29.0, 33.0, 12.0)
    content = photo(exif=exif, comment=b"SECRETCOMMENT") + b"SECRETTAIL"
    await camera.send(content)
    for path in files_in(settings):
        kept = path.read_bytes()
        assert b"SECRET" not in kept
        with Image.open(io.BytesIO(kept)) as image:
            assert not image.getexif()
            assert image.format == "JPEG"


async def test_a_photo_is_kept_upright_and_no_larger_than_needed(camera: Camera) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    content = photo(4000, 1000, exif=exif)
    await camera.send(content)
    for size, expected in (("full", (512, 2048)), ("thumb", (80, 320))):
        with Image.open(io.BytesIO((await camera.get(content, size)).content)) as image:
            assert image.size == expected


@pytest.mark.parametrize("image_format", ["PNG", "WEBP"])
async def test_other_pictures_become_jpeg(camera: Camera, image_format: str) -> None:
    content = photo(image_format=image_format)
    assert (await camera.send(content)).status_code == 200
    answer = await camera.get(content)
    assert answer.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(answer.content)) as image:
        assert (image.format, image.size) == ("JPEG", (640, 480))


async def test_nothing_of_a_photo_stays_in_the_browsers_cache(camera: Camera) -> None:
    content = photo()
    await camera.send(content)
    assert "no-store" in (await camera.get(content)).headers["cache-control"]


async def test_repeating_an_upload_gives_the_same_receipt(
    camera: Camera, databases: Urls, settings: Settings
) -> None:
    content = photo()
    first = (await camera.send(content)).json()
    assert (await camera.send(content)).json() == first
    at_once = await asyncio.gather(*(camera.send(content) for _ in range(4)))
    assert [one.json() for one in at_once] == [first] * 4
    connection = await connect(databases.admin)
    counts = [
        await connection.fetchval("SELECT count(*) FROM stored_file"),
        await connection.fetchval("SELECT count(*) FROM outbox_event WHERE name = 'files.received'"),
    ]
    await connection.close()
    assert counts == [1, 1]
    assert len(files_in(settings)) == 2


async def test_uploads_at_the_same_moment_make_one_photo(
    camera: Camera, databases: Urls, settings: Settings
) -> None:
    content = photo()
    answers = await asyncio.gather(*(camera.send(content) for _ in range(5)))
    assert {one.status_code for one in answers} == {200}
    assert len({one.text for one in answers}) == 1
    connection = await connect(databases.admin)
    events = await connection.fetchval("SELECT count(*) FROM outbox_event WHERE name = 'files.received'")
    await connection.close()
    assert events == 1
    assert len(files_in(settings)) == 2


async def test_a_photo_whose_file_was_lost_is_taken_again(camera: Camera, settings: Settings) -> None:
    content = photo()
    first = (await camera.send(content)).json()
    (settings.files_dir / _place(first["kept_hash"])).unlink()
    assert told(await camera.get(content)) == (404, "not_found")
    assert (await camera.send(content)).json() == first
    assert (await camera.get(content)).status_code == 200


async def test_the_same_photo_from_a_colleague_gets_the_same_receipt(camera: Camera, other: Camera) -> None:
    content = photo()
    first = (await camera.send(content)).json()
    assert (await other.send(content)).json() == first


async def test_bytes_that_are_not_the_announced_ones_are_refused(camera: Camera, settings: Settings) -> None:
    assert told(await camera.send(photo(), name=digest(b"other"))) == (422, "hash_mismatch")
    assert files_in(settings) == []


async def test_a_seal_that_does_not_open_is_refused(camera: Camera, keys: Keys) -> None:
    content = photo()
    assert told(await camera.send(content, context=f"file:{'0' * 64}")) == (422, "seal_broken")
    plain = await camera.phone.send(
        "PUT", f"/api/v1/files/{digest(content)}", content, {"Tiange-File-Class": "home"}
    )
    assert told(plain) == (422, "seal_broken")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture at all",
        photo()[:5000],  # cut off on the way
        b"GIF89a" + bytes(100),
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
    ],
)
async def test_what_is_no_photo_is_refused(camera: Camera, settings: Settings, content: bytes) -> None:
    assert told(await camera.send(content)) == (422, "not_an_image")
    assert files_in(settings) == []


@pytest.mark.parametrize("side", [8_000, 10_000, 14_000])
async def test_a_picture_that_would_fill_the_memory_is_refused_before_decoding(
    camera: Camera, side: int
) -> None:
    out = io.BytesIO()
    Image.new("1", (side, side)).save(out, "PNG")
    assert len(out.getvalue()) < 100_000
    assert told(await camera.send(out.getvalue())) == (413, "too_large")


async def test_the_address_and_the_class_are_checked(camera: Camera) -> None:
    content = photo()
    assert told(await camera.send(content, name="abc")) == (422, "malformed")
    assert told(await camera.send(content, name=digest(content).upper())) == (422, "malformed")
    assert told(await camera.send(content, file_class="selfie")) == (422, "malformed")
    answer = await camera.phone.send("GET", f"/api/v1/files/{digest(content)}?size=huge")
    assert told(answer) == (422, "malformed")


async def test_a_photo_over_the_limit_is_refused_and_one_at_it_is_taken(
    settings: Settings, bank: Bank, keys: Keys
) -> None:
    content = photo(2000, 2000, quality=95)
    await bank.hire("wang", "manager")
    for limit, expected in ((len(content), 200), (len(content) - 1000, 413)):
        async with application(replace(settings, max_upload_bytes=limit)) as app, serving(app) as client:
            answer = await Camera(await Phone(client).ready("wang"), keys).send(content)
            assert answer.status_code == expected
    assert answer.json()["code"] == "too_large"
    assert answer.json()["limit_bytes"] > 0


@pytest.mark.parametrize("how", ["announced", "chunked"])
async def test_a_hundred_megabytes_get_a_clear_answer_and_are_never_held(camera: Camera, how: str) -> None:
    read = 0

    async def hundred() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(100):
            read += 1024 * 1024
            yield bytes(1024 * 1024)

    phone, target = camera.phone, f"/api/v1/files/{'0' * 64}"
    length = {"Content-Length": str(100 * 1024 * 1024)} if how == "announced" else {}
    tracemalloc.start()
    answer = await phone.client.put(target, content=hundred(), headers=phone.headers("PUT", target) | length)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert told(answer) == (413, "too_large")
    # to its end, or a client that listens only afterwards would never hear the answer
    assert read == 100 * 1024 * 1024
    assert peak < (8 if how == "announced" else 48) * 1024 * 1024


async def test_a_client_that_asks_first_need_not_send_at_all(camera: Camera) -> None:
    read = 0

    async def unwanted() -> AsyncIterator[bytes]:
        nonlocal read
        read += 1
        yield bytes(1024)

    phone, target = camera.phone, f"/api/v1/files/{'0' * 64}"
    asks = {"Content-Length": str(100 * 1024 * 1024), "Expect": "100-continue"}
    answer = await phone.client.put(target, content=unwanted(), headers=phone.headers("PUT", target) | asks)
    assert (told(answer), read) == ((413, "too_large"), 0)


async def test_a_photo_sent_without_a_session_is_taken_in_before_the_refusal(
    client: httpx.AsyncClient,
) -> None:
    """Else the phone would see a broken connection, and think that it had no network."""
    read = 0

    async def photo_bytes() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(3):
            read += 1
            yield bytes(1024)

    answer = await client.put(f"/api/v1/files/{'0' * 64}", content=photo_bytes())
    assert told(answer) == (401, "signed_out")
    assert read == 3


async def visit_with(database: Database, bank: Bank, staff_id: UUID, file_hash: str, file_class: str) -> UUID:
    """A visit of `staff_id` in a grid of the first branch that names the photo. Returns the grid."""
    grid_id, customer_id, visit_id = uuid7(), uuid7(), uuid7()
    now = datetime.now(UTC)
    rows = [
        Grid(
            id=grid_id,
            code=str(grid_id),
            name="一组",
            kind="village",
            branch_id=bank.branch,
            township="天城镇",
            outline_wkb=b"",
            lon=114.0,
            lat=29.5,
            area_m2=1,
            source="test",
            changed_at=now,
        ),
        Customer(
            id=customer_id,
            kind="household",
            name="测试",
            pinyin="",
            initials="",
            branch_id=bank.branch,
            grid_id=grid_id,
            address="",
            source="test",
            created_on=now.date(),
            books=[f"grid:{grid_id}"],
        ),
        Visit(
            id=visit_id,
            customer_id=customer_id,
            grid_id=grid_id,
            staff_id=staff_id,
            staff_role="manager",
            channel="onsite",
            purpose="care",
            outcome="met",
            needs=[],
            presented=[],
            flags=[],
            at=now,
            device_at=now,
            offset_minutes=480,
            clock_error_s=0,
            received_at=now,
        ),
        VisitPhoto(visit_id=visit_id, file_hash=file_hash, file_class=file_class, position=0),
    ]
    async with database.unit(Actor.system("test")) as uow:
        for row in rows:
            uow.session.add(row)
            await uow.session.flush()
    return grid_id


async def test_a_photo_is_shown_to_who_sent_it_and_to_nobody_else(camera: Camera, other: Camera) -> None:
    content = photo()
    await camera.send(content)
    assert (await camera.get(content)).status_code == 200
    assert told(await other.get(content)) == (404, "not_found")
    assert told(await other.phone.send("GET", f"/api/v1/files/{'0' * 64}")) == (404, "not_found")


@pytest.mark.parametrize("file_class", ["home", "id"])
async def test_a_visits_photo_is_shown_to_the_branchs_head_and_not_to_an_agent(
    app: Litestar,
    camera: Camera,
    other: Camera,
    bank: Bank,
    keys: Keys,
    system_db: Database,
    databases: Urls,
    file_class: str,
) -> None:
    content = photo()
    await camera.send(content, file_class=file_class)
    connection = await connect(databases.admin)
    wang = await connection.fetchval("SELECT id FROM staff WHERE login = 'wang'")
    grid_id = await visit_with(system_db, bank, wang, digest(content), file_class)
    head, agent = await bank.hire("head", "branch_head"), await bank.hire("agent", "agent")
    await connection.execute(
        "INSERT INTO grid_assignment (id, grid_id, staff_id, duty, from_on)"
        " VALUES (gen_random_uuid(), $1, $2, 'agent', '2020-01-01')",
        grid_id,
        agent,
    )
    async with serving(app) as heads, serving(app) as agents:
        seen = await Camera(await Phone(heads).ready("head"), keys).get(content)
        assert (seen.status_code, seen.headers["content-type"]) == (200, "image/jpeg")
        hidden = await Camera(await Phone(agents).ready("agent"), keys).get(content)
        assert told(hidden) == (404, "not_found")
    assert told(await other.get(content)) == (404, "not_found")
    looks = await connection.fetch("SELECT staff_id FROM audit_entry WHERE action = 'files.id_viewed'")
    await connection.close()
    # each look at a document or a face is on record
    assert [row["staff_id"] for row in looks] == ([head] if file_class == "id" else [])


async def test_a_visits_photo_is_announced_when_it_arrives(
    camera: Camera, databases: Urls, bank: Bank
) -> None:
    content = photo()
    await camera.send(content)
    connection = await connect(databases.admin)
    payload = await connection.fetchval(
        "SELECT payload->>'hash' FROM outbox_event WHERE name = 'files.received'"
    )
    await connection.close()
    assert payload == digest(content)
