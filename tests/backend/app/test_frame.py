"""The frame of the web application, seen from outside: health, errors, headers, logs, limits."""

import asyncio
import io
import json
import logging
import re
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, redirect_stdout

import httpx
import pytest
import structlog
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar
from msgspec.structs import replace

from backend.app.http.frame import POLICY
from backend.embedded import Urls
from backend.kernel.errors import Problem
from backend.kernel.logs import configure_logs, places_only
from backend.kernel.settings import Settings
from tests.support.databases import connect
from tests.support.web import PASSWORD, Bank, Phone, application, serving


def told(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def test_health_and_readiness(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "database": "ok", "migrations": "ok", "valkey": "ok"}


async def test_readiness_names_what_is_missing(settings: Settings, databases: Urls) -> None:
    async with (
        application(replace(settings, redis_url="redis://127.0.0.1:1/0")) as app,
        serving(app) as client,
    ):
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json() == {
            "ready": False,
            "database": "ok",
            "migrations": "ok",
            "valkey": "unreachable",
        }
        assert (await client.get("/healthz")).status_code == 200
    nowhere = replace(settings, database_url_web="postgresql+asyncpg://tiange_web:x@127.0.0.1:1/tiange")
    async with application(nowhere) as app, serving(app) as client:
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["database"]) == (503, "unreachable")
    connection = await connect(databases.owner)
    await connection.execute("UPDATE alembic_version SET version_num = '0001'")
    async with application(settings) as app, serving(app) as client:
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert "tiange migrate" in answer.json()["migrations"]
        # a newer schema than this code knows: an update is under way
        await connection.execute("UPDATE alembic_version SET version_num = 'from the future'")
        assert (await client.get("/readyz")).status_code == 200
    await connection.close()


async def test_a_database_that_is_away_is_try_again(settings: Settings) -> None:
    nowhere = replace(settings, database_url_web="postgresql+asyncpg://tiange_web:x@127.0.0.1:1/tiange")
    async with application(nowhere) as app, serving(app) as client:
        answer = await client.get("/api/v1/auth/me", headers={"Cookie": "tiange_session=x"})
        assert told(answer) == (503, "try_again")
        assert int(answer.headers["retry-after"]) > 0


async def test_connections_cut_by_the_database_are_try_again_and_then_made_anew(
    client: httpx.AsyncClient, bank: Bank, databases: Urls
) -> None:
    await bank.hire("wang", "manager")
    await Phone(client).login("wang")
    connection = await connect(databases.admin)
    for _ in range(2):
        await connection.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename = 'tiange_web' AND datname = current_database()"
        )
        assert (await client.get("/api/v1/auth/me")).status_code in {200, 503}
        assert (await client.get("/api/v1/auth/me")).status_code == 200
    await connection.close()


@pytest.mark.parametrize("state", ["57P03", "57P01", "53300"])
async def test_a_database_that_starts_or_stops_is_try_again(settings: Settings, state: str) -> None:
    fields = b"SFATAL\0VFATAL\0C" + state.encode() + b"\0Mthe database system is starting up\0\0"

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)  # wants TLS
        writer.write(b"N")
        await reader.read(1000)
        writer.write(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    starting = replace(
        settings, database_url_web=f"postgresql+asyncpg://tiange_web:x@127.0.0.1:{port}/tiange"
    )
    async with server, application(starting) as app, serving(app) as client:
        answer = await client.get("/api/v1/auth/me", headers={"Cookie": "tiange_session=x"})
        assert told(answer) == (503, "try_again")
        assert int(answer.headers["retry-after"]) > 0


async def test_a_body_that_the_network_cuts_alarms_nobody(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with application(settings) as app:
        server = Server(app, port=port, interface=Interfaces.ASGI, websockets=False, log_enabled=False)
        running = asyncio.create_task(server.serve())
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            await _until(lambda: _answers(client))
            for path in ("/api/v1/sync/push", "/api/v1/auth/login"):
                await _half(port, path)
            await _until(lambda: _counted(client, 2))
            page = (await client.get("/metrics")).text
        server.stop()  # type: ignore[no-untyped-call]
        await running
    answered = re.findall(r'requests_total\{method="POST",route="([^"]+)",status="(\d+)"\}', page)
    assert sorted(answered) == [("/api/v1/auth/login", "400"), ("/api/v1/sync/push", "400")]
    assert "internal_error" not in capsys.readouterr().out


async def _half(port: int, path: str) -> None:
    """A request whose connection goes in the middle of its body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    signed = "Tiange-Signature: x\r\nTiange-Nonce: x\r\nTiange-Installation: x\r\n"
    kind = "application/msgpack" if path.endswith("push") else "application/json"
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: 9000\r\n{signed}\r\n"
    writer.write(head.encode() + b"x" * 700)
    await writer.drain()
    await asyncio.sleep(0.2)
    writer.close()
    await writer.wait_closed()
    del reader


async def _answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/healthz")).status_code == 200
    except httpx.TransportError:
        return False


async def _counted(client: httpx.AsyncClient, posts: int) -> bool:
    return (await client.get("/metrics")).text.count('requests_total{method="POST"') == posts


async def _until(there: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await there():  # noqa: ASYNC110 - a server elsewhere tells nobody
            await asyncio.sleep(0.05)


async def test_a_commit_that_fails_is_an_answer_that_fails(
    client: httpx.AsyncClient, bank: Bank, databases: Urls
) -> None:
    await bank.hire("wang", "manager")
    phone = Phone(client)
    await phone.login("wang")
    connection = await connect(databases.owner)
    await connection.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'no commit' USING ERRCODE = 'check_violation'; END $$"
    )
    await connection.execute(
        "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON device DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    assert told(await phone.enrol()) == (500, "internal")
    await connection.execute("DROP TRIGGER refuse ON device")
    await connection.close()
    connection = await connect(databases.admin)
    assert await connection.fetchval("SELECT count(*) FROM device") == 0
    await connection.close()
    assert (await phone.enrol()).status_code == 200


async def test_what_nobody_foresaw_is_internal_without_details(
    client: httpx.AsyncClient, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bank.hire("wang", "manager")
    await Phone(client).login("wang")

    async def broken(*_: object) -> None:
        raise LookupError("王小明 422801199001011234")

    monkeypatch.setattr("backend.identity.queries.staff_view", broken)
    answer = await client.get("/api/v1/auth/me")
    assert told(answer) == (500, "internal")
    assert "王小明" not in answer.text
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("method", "path", "content", "expected"),
    [
        ("GET", "/api/v1/nothing", None, (404, "not_found")),
        ("GET", "/api/", None, (404, "not_found")),
        ("DELETE", "/api/v1/auth/login", None, (405, "method_not_allowed")),
        ("POST", "/api/v1/auth/login", b"{bad", (422, "malformed")),
        ("POST", "/api/v1/auth/login", b"", (422, "malformed")),
        ("POST", "/api/v1/auth/login", b"[]", (422, "malformed")),
        ("POST", "/api/v1/auth/login", b'{"login": 7, "password": "x"}', (422, "malformed")),
        ("POST", "/api/v1/auth/login", b'{"login": "x"}', (422, "malformed")),
        ("POST", "/api/v1/auth/login", b'{"login": "x\\u0000", "password": "x"}', (422, "malformed")),
        ("POST", "/api/v1/auth/login", b'{"login": "' + b"x" * 70_000, (413, "too_large")),
        ("GET", "/api/v1/devices", None, (401, "signed_out")),
        ("POST", "/api/v1/devices/not-a-uuid/revoke", None, (404, "not_found")),
        ("GET", "/api/v1/schema/openapi.json", None, (401, "signed_out")),
    ],
)
async def test_bad_requests_get_a_clear_answer(
    client: httpx.AsyncClient, method: str, path: str, content: bytes | None, expected: tuple[int, str]
) -> None:
    headers = {"Content-Type": "application/json"} if content is not None else {}
    answer = await client.request(method, path, content=content, headers=headers)
    assert told(answer) == expected
    assert answer.json()["title"]
    assert answer.json()["status"] == expected[0]


async def test_the_shape_error_names_the_field(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/auth/login", json={"login": "x"})
    assert "password" in json.dumps(answer.json()["fields"])


async def test_no_route_is_open_that_does_not_say_so(app: Litestar, client: httpx.AsyncClient) -> None:
    public = {"/healthz", "/readyz", "/metrics", "/api/v1/auth/login"}
    # reviewers of an evaluation have no account, but a code
    public |= {"/api/v1/review/open", "/api/v1/review/hand-in"}
    seen = set()
    for route in app.routes:
        for method in sorted(getattr(route, "methods", set()) - {"OPTIONS"}):
            path = route.path_format.replace("{version}", "1")
            path = re.sub(r"\{\w+\}", "01900000-0000-7000-8000-000000000000", path)
            if path in public:
                continue
            seen.add(path)
            answer = await client.request(method, path)
            assert told(answer) == (401, "signed_out"), f"{method} {path}"
    assert {"/api/v1/sync/pull", "/api/v1/devices", "/api/v1/push/key"} <= seen


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/v1/auth/me", "/api/v1/nothing", "/assets/none.js"])
async def test_every_answer_carries_the_security_headers(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "geolocation=(self)" in headers["permissions-policy"]
    assert "camera=(self)" in headers["permissions-policy"]
    assert "x-request-id" in headers
    assert "strict-transport-security" not in headers


def test_the_policy_lets_no_script_in_from_elsewhere() -> None:
    assert POLICY["script-src"].split() == ["'self'", "'wasm-unsafe-eval'"]
    assert POLICY["connect-src"] == "'self'"
    for sources in POLICY.values():
        assert "*" not in sources
        assert "http" not in sources
        assert "'unsafe-eval'" not in sources


async def test_https_is_insisted_on_where_it_is_used(settings: Settings) -> None:
    secure = replace(settings, public_url="https://tiange.example")
    async with application(secure) as app, serving(app) as client:
        header = (await client.get("/healthz")).headers["strict-transport-security"]
        assert header.startswith("max-age=31536000")


async def test_answers_of_the_api_stay_out_of_caches(client: httpx.AsyncClient, bank: Bank) -> None:
    await bank.hire("wang", "manager")
    await Phone(client).login("wang")
    for path in ("/api/v1/auth/me", "/api/v1/devices", "/api/v1/nothing"):
        assert "no-store" in (await client.get(path)).headers["cache-control"]


async def test_request_ids_come_from_a_proxy_here_or_are_made(app: Litestar) -> None:
    given = {"X-Request-Id": "0190aaaa-1234-7abc-8def-0123456789ab"}
    async with serving(app) as near:
        assert (await near.get("/healthz", headers=given)).headers["x-request-id"] == given["X-Request-Id"]
        odd = {"X-Request-Id": 'x", "staff": "boss'}
        assert (await near.get("/healthz", headers=odd)).headers["x-request-id"] != odd["X-Request-Id"]
    async with serving(app, "203.0.113.7") as far:
        assert (await far.get("/healthz", headers=given)).headers["x-request-id"] != given["X-Request-Id"]


@contextmanager
def server_log(settings: Settings) -> Iterator[io.StringIO]:
    """The log as a server process writes it; pytest's own set-up comes back afterwards."""
    root, written = logging.getLogger(), io.StringIO()
    handlers, level, ours = root.handlers[:], root.level, structlog.get_config()
    with redirect_stdout(written):
        configure_logs(settings)
    try:
        yield written
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.configure(**ours)


async def test_the_log_holds_ids_and_no_personal_data(
    client: httpx.AsyncClient, bank: Bank, settings: Settings
) -> None:
    wang = await bank.hire("wang-login", "manager", name="王小明")
    phone = Phone(client)
    with server_log(settings) as log:
        await phone.login("wang-login", "geheim")
        await phone.ready("wang-login")
        await phone.send("GET", f"/api/v1/files/{'0' * 64}?size=thumb&name=LISI")
        await client.get("/healthz")
    for secret in ("wang-login", "geheim", PASSWORD, "王小明", "LISI", "127.0.0.1", "tiange_session"):
        assert secret not in log.getvalue()
    last, after = [json.loads(line) for line in log.getvalue().splitlines()][-2:]
    assert last["event"] == "request"
    assert (last["method"], last["route"], last["status"]) == ("GET", "/api/v1/files/{file_hash}", 404)
    assert (last["staff"], last["device"]) == (str(wang), str(phone.installation_id))
    assert last["code"] == "not_found"
    assert last["ms"] >= 0
    assert last["request"]
    # what was bound to one request does not stick to the next
    assert (after["route"], "staff" in after) == ("/healthz", False)


def test_a_traceback_is_logged_as_places_without_words() -> None:
    try:
        try:
            raise ValueError("王小明 422801199001011234")
        except ValueError as inner:
            raise RuntimeError("phone 13900000000") from inner
    except RuntimeError as error:
        event = places_only(None, "error", {"event": "x", "exc_info": error})
    text = json.dumps(event, ensure_ascii=False)
    assert [one["type"] for one in event["exception"]] == ["builtins.RuntimeError", "builtins.ValueError"]
    assert "test_a_traceback_is_logged" in text
    assert "王小明" not in text
    assert "139" not in text.replace("test_frame.py", "")
    ours = places_only(None, "error", {"exc_info": Problem("gap", 409, "Something is missing")})
    assert ours["exception"][0]["says"] == "gap: Something is missing"


async def test_metrics_are_for_this_machine_or_the_token(settings: Settings) -> None:
    async with application(replace(settings, metrics_token="long-token")) as app:
        async with serving(app) as near:
            await near.get("/api/v1/auth/me")
            text = (await near.get("/metrics")).text
            assert 'tiange_http_requests_total{method="GET",route="/api/v1/auth/me",status="401"} 1.0' in text
            proxied = await near.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"})
            assert told(proxied) == (404, "not_found")
        async with serving(app, "203.0.113.7") as far:
            assert told(await far.get("/metrics")) == (404, "not_found")
            bearer = {"Authorization": "Bearer long-token"}
            assert (await far.get("/metrics", headers=bearer)).status_code == 200
            assert told(await far.get("/metrics", headers={"Authorization": "Bearer x"})) == (
                404,
                "not_found",
            )
    async with application(settings) as app, serving(app, "203.0.113.7") as far:
        assert told(await far.get("/metrics", headers={"Authorization": "Bearer "})) == (404, "not_found")


async def test_metrics_do_not_grow_with_addresses(client: httpx.AsyncClient) -> None:
    for number in range(5):
        await client.get(f"/api/v1/unknown-{number}")
        await client.get(f"/unknown-{number}")
    text = (await client.get("/metrics")).text
    assert "unknown-" not in text
    assert 'route="(unknown)",status="404"} 5.0' in text
    assert 'route="(app)",status="404"} 5.0' in text
