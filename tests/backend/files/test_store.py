"""Where kept files lie: the same promises of a folder and of a real S3-compatible server."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path, PurePosixPath

import httpx
import pytest
from msgspec.structs import replace

from backend.embedded import Urls
from backend.files.store import FolderStore, Store, open_store
from backend.kernel.crypto import Keys
from backend.kernel.settings import Settings, SettingsError, load_settings
from tests.support.camera import Camera, kept, photo, rows, told
from tests.support.s3 import Server, serving_s3
from tests.support.web import Bank, Phone, application, serving

#: a server of its own to start and stop
pytestmark = pytest.mark.slow

PLACE = PurePosixPath("ab", "cd", "abcd" + "0" * 60 + ".jpg")


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving_s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def in_s3(settings: Settings, s3: Server) -> Settings:
    """The installation's settings with an empty bucket."""
    s3.empty()
    return replace(settings, **s3.settings())


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return FolderStore(tmp_path / "store")
    return open_store(request.getfixturevalue("in_s3"))


def test_what_was_put_is_there_whole_and_what_was_not_is_not(store: Store) -> None:
    assert (store.get(PLACE), store.has(PLACE)) == (None, False)
    content = os.urandom(3_000_000)
    store.put(PLACE, content)
    assert (store.get(PLACE), store.has(PLACE)) == (content, True)
    store.put(PLACE, b"another")
    assert store.get(PLACE) == b"another"


def test_all_there_is_can_be_listed(store: Store) -> None:
    places = [PurePosixPath(f"{n:02x}", "00", f"{n:02x}00{n:060x}.jpg") for n in range(12)]
    for number, place in enumerate(places):
        store.put(place, bytes(number + 1))
    assert list(store.places()) == [(place, number + 1) for number, place in enumerate(places)]


@pytest.fixture
async def far(in_s3: Settings, bank: Bank, keys: Keys) -> AsyncIterator[Camera]:
    """A phone of an installation whose files lie in S3."""
    await bank.hire("wang", "manager")
    async with application(in_s3) as app, serving(app) as client:
        yield Camera(await Phone(client).ready("wang"), keys)


async def test_a_file_in_chunks_comes_to_lie_in_s3_and_nowhere_else(
    far: Camera, in_s3: Settings, databases: Urls
) -> None:
    content = photo(1200, 900)
    file = far.sealed(content)
    assert (await far.add(file, 0, 2000)).json() == {"offset": 2000}
    received = (await far.add(file, 2000)).json()["received"]
    store = open_store(in_s3)
    names = [place.name for place, _ in store.places()]
    assert sorted(names) == [f"{received['kept_hash']}.jpg", f"{received['kept_hash']}.thumb.jpg"]
    assert kept(in_s3) == []
    assert (await far.get(content)).status_code == 200
    assert len((await far.get(content, "thumb")).content) < len((await far.get(content)).content)
    assert await rows(databases, file.name) == (1, 1)


async def test_nothing_is_received_while_the_store_does_not_answer(
    settings: Settings, bank: Bank, keys: Keys, databases: Urls, s3: Server
) -> None:
    await bank.hire("wang", "manager")
    content = photo()
    away = replace(settings, **s3.settings(endpoint="http://127.0.0.1:9"))
    wrong = replace(settings, **s3.settings(secret_key="not the secret"))
    file = None
    phone: Phone | None = None
    cookies: httpx.Cookies | None = None
    for broken in (away, wrong):
        async with application(broken) as app, serving(app) as client:
            camera = Camera(await Phone(client).ready("wang"), keys)
            file = file or camera.sealed(content)
            assert told(await camera.add(file, 0)) == (503, "try_again")
            assert told(await camera.send(content)) == (503, "try_again")
            phone, cookies = camera.phone, client.cookies
        assert await rows(databases, file.name) == (0, 0)
    assert file is not None
    assert phone is not None
    # the store is back: what came before need not be sent again
    s3.empty()
    mended = replace(settings, **s3.settings())
    async with application(mended) as app, serving(app) as client:
        client.cookies = cookies or client.cookies
        camera = Camera(Phone(client, phone.installation_id, phone.key), keys)
        assert (await camera.ask(file)).json() == {"offset": len(file.content)}
        assert "received" in (await camera.add(file, len(file.content))).json()
    assert await rows(databases, file.name) == (1, 1)


def test_the_settings_of_s3_come_together_and_the_secret_is_never_shown(tmp_path: Path, s3: Server) -> None:
    given = {"TIANGE_HOME": str(tmp_path), "TIANGE_FILES_S3_BUCKET": "files"}
    with pytest.raises(SettingsError, match="TIANGE_FILES_S3_ACCESS_KEY"):
        load_settings(given)
    with pytest.raises(SettingsError, match="TIANGE_FILES_S3_BUCKET"):
        load_settings({"TIANGE_HOME": str(tmp_path), "TIANGE_FILES_S3_ENDPOINT": s3.endpoint})
    more = {"TIANGE_FILES_S3_ACCESS_KEY": "me", "TIANGE_FILES_S3_SECRET_KEY": "hidden-word"}
    settings = load_settings(given | more | {"TIANGE_FILES_S3_ENDPOINT": s3.endpoint})
    assert settings.files_s3_secret_key == "hidden-word"
    assert "hidden-word" not in repr(settings)
