"""Backup and restore, end to end: phones converge afterwards, and nothing that cannot be right is taken."""

import asyncio
import hashlib
import io
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image

from backend.app.backup import backup
from backend.app.backup_parts import BackupRefused, backups_in, find, is_place, read_manifest, verify
from backend.app.backup_restore import accept, restore
from backend.app.backup_schedule import drop_old, keep_making
from backend.app.life import FILE_NAME, WrongLife
from backend.app.prepare import prepare
from backend.embedded import Urls
from backend.files.rules import ENDINGS
from backend.kernel.crypto import PAIRS, SECRETS, Keys
from backend.kernel.settings import Settings
from backend.kernel.uow import Database
from tests.support.bodies import new_household, visit
from tests.support.clock import MovingClock
from tests.support.databases import connect
from tests.support.field_phone import FieldPhone, seal
from tests.support.web import application, serving
from tests.support.world import PASSWORD, World


@pytest.fixture
def bank(settings: Settings, databases: Urls, tmp_path: Path) -> Settings:
    """An installation with keys of its own, on a PostgreSQL of the bank's own."""
    keys = tmp_path / "own-keys"
    shutil.copytree(settings.keys_dir, keys)
    return msgspec.structs.replace(settings, keys_dir=keys, database_url_backup=databases.admin)


async def made(bank: Settings, **changes: Any) -> Path:
    to = bank.home / "backups"
    given: dict[str, Any] = {"with_keys": False, "say": lambda _: None} | changes
    return await asyncio.to_thread(lambda: backup(bank, to, **given))


async def restored(bank: Settings, folder: Path, *, over: bool = True) -> str:
    return await asyncio.to_thread(lambda: restore(bank, folder, over=over, say=lambda _: None))


@asynccontextmanager
async def reached(bank: Settings, *phones: FieldPhone) -> AsyncIterator[Any]:
    """The web application, started as its server does it, and the phones' way to it."""
    async with application(bank) as app, app.lifespan(), serving(app) as client:
        for phone in phones:
            client.cookies.update(phone.phone.client.cookies)
            phone.phone.client = client
        yield client


async def photo(phone: FieldPhone, colour: int) -> str:
    """Sends a picture; its hash."""
    kept = io.BytesIO()
    Image.new("RGB", (64, 48), (colour, 80, 120)).save(kept, "JPEG")
    return await photo_again(phone, kept.getvalue())


async def photo_again(phone: FieldPhone, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    answer = await phone.phone.send(
        "PUT",
        f"/api/v1/files/{digest}",
        seal(phone.seal_key, content, f"file:{digest}"),
        {"Tiange-File-Class": "home", "Content-Type": "application/octet-stream"},
    )
    assert answer.status_code in (200, 201), answer.text
    return digest


async def settled(phone: FieldPhone) -> list[str]:
    """Sends what waits; the results."""
    return [one.get("was") or one["result"] for one in await phone.push()]


async def rows(urls: Urls, statement: str) -> Any:
    connection = await connect(urls.admin)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_phones_send_again_what_the_backup_lacks_and_all_exists_once(
    bank: Settings, world: World, clock: MovingClock, databases: Urls
) -> None:
    await asyncio.to_thread(prepare, bank)
    place = world.grids["E1"]
    pictures = []
    async with application(bank) as app, app.lifespan(), serving(app) as client:
        phone = await FieldPhone.ready(client, clock, "manager", PASSWORD)
        early = new_household(place, name="备份前户")
        phone.save("customer.create", early)
        pictures.append(await photo(phone, 10))
        shown = {"hash": pictures[0], "class": "home", "taken_at": phone.now()}
        phone.save("visit.log", visit(early["id"], place.lon, place.lat, phone.now(), photos=[shown]))
        assert await settled(phone) == ["applied", "applied"]
        received = phone.outbox[-1].receipt
        clock.advance(timedelta(minutes=5))
        saved = await made(bank)
        await phone.pull()
        answer = await phone.push_raw([])
        through = msgspec.msgpack.decode(answer.content)["durable_through"]
        assert received is not None
        assert received["received_at"] < through < phone.now()
        old_epoch = phone.epoch
        late = new_household(place, name="备份后户")
        phone.save("customer.create", late)
        kept = io.BytesIO()
        Image.new("RGB", (64, 48), (200, 80, 120)).save(kept, "JPEG")
        pictures.append(await photo_again(phone, kept.getvalue()))
        shown = {"hash": pictures[1], "class": "home", "taken_at": phone.now()}
        phone.save("visit.log", visit(late["id"], place.lon, place.lat, phone.now(), photos=[shown]))
        phone.save("visit.log", visit(early["id"], place.lon, place.lat, phone.now()))
        assert await settled(phone) == ["applied"] * 3
    epoch = await restored(bank, saved)
    assert await rows(databases, "SELECT count(*) FROM visit") == 1
    async with reached(bank, phone):
        await phone.pull_once()
        assert phone.epoch == epoch != old_epoch
        await phone.pull()
        # what the contract asks of a phone that hears of a new epoch
        for one in phone.outbox:
            one.receipt = None
        await photo_again(phone, kept.getvalue())
        assert [one["result"] for one in await phone.push()] == [*["repeated"] * 2, *["applied"] * 3]
        await phone.pull()
        assert set(phone.of("customer")) == {early["id"], late["id"]}
        assert len(phone.of("visit")) == 3
        assert all(shown[2] for one in phone.of("visit").values() for shown in one["photos"])
        for digest in pictures:
            assert (await phone.phone.send("GET", f"/api/v1/files/{digest}?size=full")).status_code == 200
    assert await rows(databases, "SELECT count(*) FROM customer") == 2
    assert await rows(databases, "SELECT count(*) FROM visit") == 3
    assert await rows(databases, "SELECT count(*) FROM stored_file") == 2
    # what was there is set aside, not gone
    aside = await rows(databases, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'public_before_%'")
    assert await rows(databases, f'SELECT count(*) FROM "{aside}".visit') == 3


async def test_what_a_transaction_stamped_before_the_snapshot_and_committed_after_is_not_called_covered(
    bank: Settings, databases: Urls
) -> None:
    await asyncio.to_thread(prepare, bank)
    slow = await connect(databases.web)
    try:
        async with slow.transaction():
            await slow.execute("SELECT 1")
            said: list[str] = []
            saved = await made(bank, patience=0.2, say=said.append)
        assert read_manifest(saved).durable_through is None
        assert any("stayed open" in line for line in said)
        assert await rows(databases, "SELECT value FROM server_fact WHERE name = 'durable_through'") is None
        assert read_manifest(await made(bank)).durable_through is not None
    finally:
        await slow.close()


async def test_a_backup_is_whole_or_absent_and_copies_photos_once(bank: Settings) -> None:
    await asyncio.to_thread(prepare, bank)
    # a kept file is named by its content's sum
    name = hashlib.sha256(b"a photo").hexdigest()
    kept = bank.files_dir / name[:2] / name[2:4]
    kept.mkdir(parents=True)
    (kept / f"{name}.jpg").write_bytes(b"a photo")
    first = await made(bank)
    pool = first.parent / "files" / name[:2] / name[2:4] / f"{name}.jpg"
    copied = pool.stat().st_ino
    second = await made(bank)
    assert pool.stat().st_ino == copied
    assert first != second
    assert find(first.parent) == second
    assert not (second / "keys").exists()
    # one that was cut: no manifest, or still under its other name
    (second / "manifest.json").unlink()
    assert find(first.parent) == first
    with pytest.raises(BackupRefused, match="cut"):
        find(second)
    cut = first.parent / ".partial-20260101T000000Z"
    cut.mkdir()
    assert find(first.parent) == first
    await made(bank)
    assert not cut.exists()
    refused = msgspec.structs.replace(bank, database_url_backup=bank.database_url)
    before = set(first.parent.iterdir())
    with pytest.raises(BackupRefused, match="BYPASSRLS"):
        await made(refused)
    assert set(first.parent.iterdir()) == before


@pytest.mark.parametrize("part", ["database.dump", "files.list", "photo", "keys/seal.pem"])
async def test_a_damaged_part_is_found_before_anything_is_changed(
    bank: Settings, databases: Urls, part: str
) -> None:
    await asyncio.to_thread(prepare, bank)
    kept = bank.files_dir / "ab" / "cd"
    kept.mkdir(parents=True)
    name = "abcd" + "0" * 60 + ".jpg"
    (kept / name).write_bytes(b"a photo")
    saved = await made(bank, with_keys=True)
    epoch = await rows(databases, "SELECT value FROM server_fact WHERE name = 'epoch'")
    damaged = saved.parent / "files" / "ab" / "cd" / name if part == "photo" else saved / part
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    with pytest.raises(BackupRefused, match=r"Nothing was changed|tampered"):
        await restored(bank, saved)
    assert await rows(databases, "SELECT value FROM server_fact WHERE name = 'epoch'") == epoch
    await asyncio.to_thread(prepare, bank)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"migration": "9999"},
        {"keys": {"../../evil": {"bytes": 1, "sha256": ""}}},
        {"files": 7},
    ],
)
async def test_a_manifest_of_another_make_is_refused(bank: Settings, change: dict[str, Any]) -> None:
    await asyncio.to_thread(prepare, bank)
    saved = await made(bank)
    path = saved / "manifest.json"
    path.write_bytes(msgspec.json.encode(msgspec.json.decode(path.read_bytes()) | change))
    with pytest.raises(BackupRefused):
        await restored(bank, saved)


async def test_data_that_is_there_a_running_bank_and_other_keys_are_refused(
    bank: Settings, worker_db: Database, tmp_path: Path
) -> None:
    await asyncio.to_thread(prepare, bank)
    saved = await made(bank)
    with pytest.raises(BackupRefused, match="--over"):
        await restored(bank, saved, over=False)
    async with application(bank) as app, app.lifespan():
        with pytest.raises(BackupRefused, match="tiange_web"):
            await restored(bank, saved)
    others = msgspec.structs.replace(bank, keys_dir=tmp_path / "others")
    Keys.load_or_create(others.keys_dir)
    with pytest.raises(BackupRefused, match="not those"):
        await restored(others, saved)
    none = msgspec.structs.replace(bank, keys_dir=tmp_path / "none")
    with pytest.raises(BackupRefused, match="--with-keys"):
        await restored(none, saved)
    await asyncio.to_thread(prepare, bank)


async def test_keys_travel_only_when_asked(bank: Settings, tmp_path: Path) -> None:
    await asyncio.to_thread(prepare, bank)
    saved = await made(bank, with_keys=True)
    lost = msgspec.structs.replace(bank, keys_dir=tmp_path / "new-machine")
    await restored(lost, saved)
    for name in SECRETS + PAIRS:
        assert (lost.keys_dir / name).read_bytes() == (bank.keys_dir / name).read_bytes()
        assert (lost.keys_dir / name).stat().st_mode & 0o077 == 0


async def test_a_database_put_back_by_hand_is_not_served(bank: Settings, databases: Urls) -> None:
    await asyncio.to_thread(prepare, bank)
    connection = await connect(databases.admin)
    await connection.execute("CREATE TABLE older AS SELECT * FROM server_fact")
    await made(bank)
    # as an older dump loaded by hand looks: the same epoch, without the last backup's mark
    await connection.execute("DELETE FROM server_fact")
    await connection.execute("INSERT INTO server_fact SELECT * FROM older")
    await connection.close()
    with pytest.raises(WrongLife, match="tiange restore --accept"):
        await asyncio.to_thread(prepare, bank)
    async with application(bank) as app:
        with pytest.raises(ExceptionGroup) as caught:
            async with app.lifespan():
                pass
        assert caught.group_contains(WrongLife)
    epoch = await asyncio.to_thread(lambda: accept(bank, lambda _: None))
    assert await rows(databases, "SELECT value FROM server_fact WHERE name = 'epoch'") == epoch
    await asyncio.to_thread(prepare, bank)
    async with application(bank) as app, app.lifespan():
        pass


async def test_another_epoch_and_an_empty_database_are_not_served(
    bank: Settings, databases: Urls, empty_database: Urls
) -> None:
    (bank.keys_dir / FILE_NAME).unlink(missing_ok=True)
    await asyncio.to_thread(prepare, bank)
    assert (bank.keys_dir / FILE_NAME).is_file(), "an installation from before gets its mark"
    empty = msgspec.structs.replace(
        bank, database_url=empty_database.owner, database_url_worker=empty_database.worker
    )
    with pytest.raises(WrongLife, match="empty"):
        await asyncio.to_thread(prepare, empty)
    with pytest.raises(BackupRefused, match="nothing to accept"):
        await asyncio.to_thread(lambda: accept(empty, lambda _: None))
    connection = await connect(databases.admin)
    await connection.execute("UPDATE server_fact SET value = 'another' WHERE name = 'epoch'")
    await connection.close()
    with pytest.raises(WrongLife, match="another"):
        await asyncio.to_thread(prepare, bank)


@pytest.mark.parametrize("ending", sorted(ENDINGS.values()))
def test_every_kind_of_file_that_is_kept_goes_into_a_backup(ending: str) -> None:
    assert is_place(f"ab/cd/abcd{'0' * 60}{ending}")


async def test_backups_follow_one_another_old_ones_go_and_one_that_fails_is_tried_again(
    bank: Settings, world: World, clock: MovingClock, tmp_path: Path
) -> None:
    to, said, slept = tmp_path / "backups", list[str](), list[float]()
    async with application(bank) as app, app.lifespan(), serving(app) as client:
        phone = await FieldPhone.ready(client, clock, "manager", PASSWORD)
        first = await photo(phone, 10)

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            # what is in the way of the third round
            (to / ".lock").chmod(0o600)
            to.rename(tmp_path / "away")
            to.write_text("no folder")
        if len(slept) == 3:
            to.unlink()
            (tmp_path / "away").rename(to)

    def rounds(count: int, keep: timedelta | None) -> None:
        keep_making(
            bank,
            to,
            every=timedelta(hours=24),
            keep=keep,
            with_keys=False,
            say=said.append,
            sleep=sleep,
            rounds=count,
        )

    await asyncio.to_thread(rounds, 4, None)
    assert slept == [86_400, 86_400, 300, 86_400], said
    names = [one.name for one in backups_in(to)]
    assert len(names) == 3
    pooled = [one.name for one in (to / "files").rglob("*.jpg")]
    assert pooled
    # all are older than nothing: only the newest is left, and it is whole, photos too
    gone = drop_old(to, clock.now() + timedelta(days=1))
    assert gone == names[:2]
    (left,) = backups_in(to)
    assert left.name == names[2]
    assert verify(left, read_manifest(left))
    assert sorted(one.name for one in (to / "files").rglob("*.jpg")) == sorted(pooled)
    # what no backup has any more goes from the pool
    stray = to / "files" / "ab" / "cd" / f"abcd{first[4:]}.jpg"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"of a backup that is gone")
    await asyncio.to_thread(rounds, 1, timedelta(days=30))
    assert stray.exists(), "nothing was dropped, nothing is looked for"
    assert len(drop_old(to, clock.now() + timedelta(days=1))) == 1
    assert not stray.exists()
