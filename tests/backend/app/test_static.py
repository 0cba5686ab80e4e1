"""The phone app's files as browsers get them."""

import gzip
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from backend.app.http.kept_assets import KEPT_SECONDS, keep
from backend.kernel.settings import Settings

SHELL = b"<!doctype html><title>shell</title>"
SCRIPT = b"export const x = 1\n" * 50
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(autouse=True)
def built(settings: Settings) -> Path:
    folder = settings.static_dir
    (folder / "assets").mkdir(parents=True)
    (folder / "icons").mkdir()
    (folder / "index.html").write_bytes(SHELL)
    (folder / "sw.js").write_bytes(b"self.x = 1")
    (folder / "manifest.webmanifest").write_bytes(b"{}")
    (folder / "icons" / "icon-192.png").write_bytes(b"\x89PNG")
    (folder / "assets" / "app-1a2b3c.js").write_bytes(SCRIPT)
    (folder / "assets" / "app-1a2b3c.js.gz").write_bytes(gzip.compress(SCRIPT))
    (folder / "assets" / "app-1a2b3c.js.br").write_bytes(b"brotli bytes")
    (folder / "assets" / "app-1a2b3c.css").write_bytes(b"a{}")
    (folder / ".secret").write_bytes(b"secret")
    (folder.parent / "outside.txt").write_bytes(b"outside")
    return folder


async def raw(client: httpx.AsyncClient, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """The answer with its body as it came over the wire, not unpacked."""
    request = client.build_request("GET", path, headers=headers)
    answer = await client.send(request, stream=True)
    body = b"".join([chunk async for chunk in answer.aiter_raw()])
    return answer.status_code, dict(answer.headers), body


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/sw.js", "text/javascript; charset=utf-8"),
        ("/manifest.webmanifest", "application/manifest+json"),
        ("/icons/icon-192.png", "image/png"),
        ("/assets/app-1a2b3c.js", "text/javascript; charset=utf-8"),
        ("/assets/app-1a2b3c.css", "text/css; charset=utf-8"),
    ],
)
async def test_files_have_their_type(client: httpx.AsyncClient, path: str, kind: str) -> None:
    status, headers, _ = await raw(client, path, **{"accept-encoding": "identity"})
    assert (status, headers["content-type"]) == (200, kind)


async def test_hashed_files_are_kept_for_good_and_the_shell_is_always_asked_for(
    client: httpx.AsyncClient,
) -> None:
    hashed = await client.get("/assets/app-1a2b3c.css")
    assert hashed.headers["cache-control"] == "public, max-age=31536000, immutable"
    for path in ("/", "/index.html", "/sw.js", "/manifest.webmanifest", "/icons/icon-192.png"):
        assert (await client.get(path)).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [
        ("gzip, deflate, br", "br", b"brotli bytes"),
        ("gzip", "gzip", None),
        ("br;q=0, gzip;q=0.5", "gzip", None),
        ("gzip;q=0.0", None, SCRIPT),
        ("identity", None, SCRIPT),
        ("", None, SCRIPT),
    ],
)
async def test_the_best_packed_form_that_the_browser_takes(
    client: httpx.AsyncClient, accepted: str, encoding: str | None, body: bytes | None
) -> None:
    status, headers, content = await raw(client, "/assets/app-1a2b3c.js", **{"accept-encoding": accepted})
    assert (status, headers.get("content-encoding")) == (200, encoding)
    assert headers["vary"] == "accept-encoding"
    assert headers["content-type"] == "text/javascript; charset=utf-8"
    assert int(headers["content-length"]) == len(content)
    assert (content if body is not None else gzip.decompress(content)) == (body or SCRIPT)


async def test_a_file_that_is_known_is_not_sent_again(client: httpx.AsyncClient, built: Path) -> None:
    tags = {}
    for accepted in ("br", "gzip", "identity"):
        _, headers, _ = await raw(client, "/assets/app-1a2b3c.js", **{"accept-encoding": accepted})
        tags[accepted] = headers["etag"]
        known = {"accept-encoding": accepted, "if-none-match": f'"other", W/{headers["etag"]}'}
        status, again, content = await raw(client, "/assets/app-1a2b3c.js", **known)
        assert (status, again["etag"], content) == (304, headers["etag"], b"")
        assert "cache-control" in again
    assert len(set(tags.values())) == 3
    old = (await client.get("/")).headers["etag"]
    assert (await client.get("/", headers={"If-None-Match": old})).status_code == 304
    (built / "index.html").write_bytes(SHELL + b"<!-- new -->")
    fresh = await client.get("/", headers={"If-None-Match": old})
    assert (fresh.status_code, fresh.content) == (200, SHELL + b"<!-- new -->")


async def test_a_screens_address_answers_the_shell(client: httpx.AsyncClient) -> None:
    for path in ("/today", "/customers/01900000-0000-7000-8000-000000000000", "/visits/new"):
        answer = await client.get(path, headers=PAGE)
        assert (answer.status_code, answer.content) == (200, SHELL)
        assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/assets/app-old.js", "/assets/gone", "/none.js", "/today.json", "/.secret"]
)
async def test_a_missing_file_is_missing_and_never_the_shell(client: httpx.AsyncClient, path: str) -> None:
    for headers in (PAGE, {"Accept": "*/*"}) if path != "/assets/gone" else ({"Accept": "*/*"},):
        answer = await client.get(path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert answer.headers["cache-control"] == "no-store"


async def test_an_unknown_address_of_the_api_is_never_the_shell(client: httpx.AsyncClient) -> None:
    for path in ("/api/v1/nothing", "/api/", "/api"):
        answer = await client.get(path, headers=PAGE)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    "path",
    [
        "/../outside.txt",
        "/assets/../../outside.txt",
        "/%2e%2e/outside.txt",
        "/..%2foutside.txt",
        "//etc/passwd",
        "/assets/%00",
        "/" + "x" * 5000,
    ],
)
async def test_nothing_outside_the_folder_is_served(client: httpx.AsyncClient, path: str) -> None:
    # httpx resolves dots itself; the path is put in as it would arrive
    answer = await client.send(
        client.build_request("GET", httpx.URL("http://tiange.test").copy_with(raw_path=path.encode()))
    )
    assert answer.status_code == 404
    assert b"outside" not in answer.content
    assert b"root:" not in answer.content


async def test_a_link_out_of_the_folder_is_not_followed(client: httpx.AsyncClient, built: Path) -> None:
    (built / "link.txt").symlink_to(built.parent / "outside.txt")
    assert (await client.get("/link.txt")).status_code == 404


async def test_head_and_other_methods(client: httpx.AsyncClient) -> None:
    head = await client.head("/index.html", headers={"Accept-Encoding": "identity"})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(SHELL))
    assert (await client.post("/today")).status_code == 405


async def test_an_app_that_is_not_built_says_so(client: httpx.AsyncClient, built: Path) -> None:
    (built / "index.html").unlink()
    answer = await client.get("/today", headers=PAGE)
    assert (answer.status_code, answer.json()["code"]) == (404, "app_not_built")
    assert "scripts/run" in answer.json()["remedy"]


async def test_hashed_files_of_a_former_build_still_answer_and_missing_ones_never_with_the_shell(
    client: httpx.AsyncClient, built: Path, settings: Settings
) -> None:
    keep(built, settings.home, datetime.now(UTC))
    # a new build: other names, and an empty folder before
    for path in (built / "assets").iterdir():
        path.unlink()
    (built / "assets" / "app-9z8y7x.js").write_bytes(b"export const x = 2")
    keep(built, settings.home, datetime.now(UTC))
    status, headers, body = await raw(client, "/assets/app-1a2b3c.js", **{"accept-encoding": "gzip"})
    assert (status, gzip.decompress(body)) == (200, SCRIPT)
    assert headers["content-encoding"] == "gzip"
    assert "immutable" in headers["cache-control"]
    assert (await client.get("/assets/app-9z8y7x.js")).text == "export const x = 2"
    (settings.home / "beside.js").write_bytes(b"not for everybody")
    for missing in (
        b"/assets/app-000000.js",
        b"/assets/../beside.js",
        b"/assets/%2e%2e/beside.js",
    ):
        url = client.base_url.copy_with(raw_path=missing)
        answer = await client.send(client.build_request("GET", url, headers=PAGE))
        assert answer.status_code == 404, missing
        assert b"shell" not in answer.content


def test_what_belongs_to_no_build_for_long_goes(built: Path, settings: Settings) -> None:
    keep(built, settings.home, datetime.now(UTC))
    kept = settings.home / "assets"
    old = time.time() - KEPT_SECONDS - 60
    for path in kept.iterdir():
        os.utime(path, (old, old))
    (built / "assets" / "app-1a2b3c.css").unlink()
    keep(built, settings.home, datetime.now(UTC))
    assert {path.name for path in kept.iterdir()} == {path.name for path in (built / "assets").iterdir()}


def test_a_disk_that_takes_nothing_stops_no_server(built: Path, settings: Settings) -> None:
    (settings.home / "assets").write_bytes(b"in the way")
    keep(built, settings.home, datetime.now(UTC))
