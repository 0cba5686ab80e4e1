"""The embedded servers keep their promises: data survives kills, strangers stay out, everything stops."""

import asyncio
import os
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest
import redis
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from backend.embedded import EmbeddedError, EmbeddedServers, Urls, running_servers, temporary_home
from backend.embedded.processes import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def servers() -> Iterator[EmbeddedServers]:
    with temporary_home() as home:
        running = EmbeddedServers(home)
        running.start()
        try:
            yield running
        finally:
            running.stop()


def sql(url: str, *statements: str) -> list[tuple[Any, ...]]:
    """Runs the statements in one transaction; the last one's rows."""

    async def run() -> list[tuple[Any, ...]]:
        engine = create_async_engine(url)
        try:
            async with engine.begin() as connection:
                result = None
                for statement in statements:
                    result = await connection.execute(sa.text(statement))
                return [tuple(row) for row in result] if result is not None and result.returns_rows else []
        finally:
            await engine.dispose()

    return asyncio.run(run())


def kill_and_wait(servers: EmbeddedServers, name: str) -> int:
    """SIGKILL one server; the number of the process that took its place."""
    killed = servers.pids[name]
    os.kill(killed, signal.SIGKILL)
    assert wait_until(lambda: servers.pids[name] not in {0, killed}, 30.0), f"{name} did not come back"
    return servers.pids[name]


def answers_again(ask: Any) -> Any:
    """Ask until the server is ready again (it may be recovering)."""
    answer: list[Any] = []

    def holds() -> bool:
        try:
            answer[:] = [ask()]
        except (OSError, redis.ConnectionError, sa.exc.DBAPIError):
            return False
        return True

    assert wait_until(holds, 60.0), "no answer after the restart"
    return answer[0]


def test_killed_postgres_comes_back_with_what_was_committed(servers: EmbeddedServers) -> None:
    urls = servers.urls
    sql(urls.owner, "create table kept (n int)", "insert into kept select generate_series(1, 1000)")
    sql(urls.owner, "insert into kept values (1001)")

    kill_and_wait(servers, "postgres")

    assert answers_again(lambda: sql(urls.owner, "select count(*), max(n) from kept")) == [(1001, 1001)]
    assert servers.urls == urls


def test_killed_postgres_comes_back_while_a_backend_is_busy(servers: EmbeddedServers) -> None:
    """Backends that outlive their postmaster hold its shared memory; they must not keep the new one out."""
    urls = servers.urls

    async def run() -> list[tuple[Any, ...]]:
        engine = create_async_engine(urls.owner)
        async with engine.connect() as connection:
            busy = asyncio.create_task(
                connection.execute(sa.text("select count(*) from generate_series(1, 4000000000)"))
            )
            await asyncio.sleep(0.5)
            await asyncio.to_thread(kill_and_wait, servers, "postgres")
            with pytest.raises((sa.exc.DBAPIError, OSError)):
                await busy
            await connection.invalidate()
        await engine.dispose()
        return await asyncio.to_thread(answers_again, lambda: sql(urls.web, "select 1"))

    assert asyncio.run(run()) == [(1,)]


def test_killed_valkey_comes_back_with_its_keys(servers: EmbeddedServers) -> None:
    url = servers.urls.redis
    with redis.Redis.from_url(url) as client:
        client.mset({f"key{n}": n for n in range(1000)})

    kill_and_wait(servers, "valkey")

    def count() -> int:
        with redis.Redis.from_url(url) as client:
            return int(client.dbsize())

    assert answers_again(count) >= 1000


def test_a_server_may_die_again_and_again(servers: EmbeddedServers) -> None:
    seen = {kill_and_wait(servers, "valkey") for _ in range(3)}
    assert len(seen) == 3


def test_logins_are_weak_and_each_has_its_own_password(servers: EmbeddedServers) -> None:
    urls = servers.urls
    rows = sql(
        urls.owner,
        "select rolname, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication "
        "from pg_roles where rolname like 'tiange%' order by 1",
    )
    assert rows == [
        ("tiange_nightly", False),
        ("tiange_owner", False),
        ("tiange_web", False),
        ("tiange_worker", False),
    ]
    passwords = {
        sa.make_url(url).password for url in (urls.owner, urls.web, urls.worker, urls.nightly, urls.admin)
    }
    assert len(passwords) == 5
    assert all(password and len(password) >= 32 for password in passwords)
    assert not any(password and password in repr(urls) for password in passwords)


def test_a_wrong_password_is_refused(servers: EmbeddedServers) -> None:
    for login in ("postgres", "tiange_owner", "tiange_web"):
        url = sa.make_url(servers.urls.admin).set(username=login, password="guess")
        with pytest.raises((sa.exc.DBAPIError, OSError), match="password authentication failed"):
            sql(url.render_as_string(hide_password=False), "select 1")


def test_the_weak_logins_can_make_no_tables_and_nightly_cannot_write(servers: EmbeddedServers) -> None:
    sql(servers.urls.owner, "create table owned (n int)", "grant all on owned to tiange_nightly")
    for url in (servers.urls.web, servers.urls.worker, servers.urls.nightly):
        with pytest.raises(sa.exc.DBAPIError, match=r"permission denied|read-only"):
            sql(url, "create table sneaky (n int)")
    with pytest.raises(sa.exc.DBAPIError, match=r"read-only transaction"):
        sql(servers.urls.nightly, "insert into owned values (1)")


def test_postgres_listens_on_loopback_and_valkey_on_no_port(servers: EmbeddedServers) -> None:
    def listening(pid: int) -> set[str]:
        found = psutil.Process(pid).net_connections(kind="inet")
        return {connection.laddr.ip for connection in found if connection.status == psutil.CONN_LISTEN}

    assert listening(servers.pids["postgres"]) == {"127.0.0.1"}
    assert listening(servers.pids["valkey"]) == set()


def test_nothing_is_open_to_other_users(servers: EmbeddedServers) -> None:
    home = servers.home
    closed = ["postgres", "valkey", "logs", "postgres.secrets.json", "run/servers.json"]
    for name in closed:
        mode = stat.S_IMODE((home / name).stat().st_mode)
        assert mode & 0o077 == 0, f"{name} has mode {mode:04o}"


def test_servers_never_run_as_root(servers: EmbeddedServers) -> None:
    for pid in servers.pids.values():
        assert psutil.Process(pid).uids().effective != 0


def test_a_log_holds_no_values(servers: EmbeddedServers) -> None:
    with pytest.raises(sa.exc.DBAPIError):
        sql(
            servers.urls.owner,
            "create table people (phone text primary key)",
            "insert into people values ('13912345678')",
            "insert into people values ('13912345678')",
        )
    log = (servers.home / "logs" / "postgres.log").read_text()
    assert "duplicate key" in log
    assert "13912345678" not in log


def test_stop_ends_both_and_a_second_start_has_the_data() -> None:
    with temporary_home() as home:
        servers = EmbeddedServers(home, durable=False)
        urls = servers.start()
        sql(urls.owner, "create table kept (n int)", "insert into kept values (7)")
        with redis.Redis.from_url(urls.redis) as client:
            client.set("kept", "7")
        processes = [psutil.Process(pid) for pid in servers.pids.values()]
        servers.stop()
        assert not any(process.is_running() for process in processes)
        assert running_servers(home) is None
        assert servers.urls == Urls()

        with EmbeddedServers(home, durable=False) as again:
            assert again == urls
            assert sql(again.owner, "select n from kept") == [(7,)]
            with redis.Redis.from_url(again.redis) as client:
                assert client.get("kept") == b"7"


def test_an_interrupted_first_start_leaves_nothing_in_the_way() -> None:
    with temporary_home() as home:
        half = home / "postgres.new-99999"
        half.mkdir()
        (half / "PG_VERSION").write_text("18")
        with EmbeddedServers(home, durable=False, valkey=False) as urls:
            assert sql(urls.web, "select 1") == [(1,)]
        assert not half.exists()


def test_lost_passwords_are_made_anew() -> None:
    with temporary_home() as home:
        with EmbeddedServers(home, durable=False, valkey=False) as urls:
            sql(urls.owner, "create table kept (n int)")
        (home / "postgres.secrets.json").unlink()
        with EmbeddedServers(home, durable=False, valkey=False) as again:
            assert again.owner != urls.owner
            assert sql(again.owner, "select count(*) from kept") == [(0,)]


def test_passwords_of_another_installation_are_named_and_mended_as_it_says() -> None:
    with temporary_home() as home:
        secrets = home / "postgres.secrets.json"
        with EmbeddedServers(home, durable=False, valkey=False):
            passwords = msgspec.json.decode(secrets.read_bytes(), type=dict[str, str])
        secrets.write_bytes(msgspec.json.encode(dict.fromkeys(passwords, "another")))
        with pytest.raises(EmbeddedError, match=r"postgres\.secrets\.json .* delete it"):
            EmbeddedServers(home, durable=False, valkey=False).start()
        secrets.unlink()
        with EmbeddedServers(home, durable=False, valkey=False) as urls:
            assert sql(urls.web, "select 1") == [(1,)]


def test_a_taken_port_is_replaced() -> None:
    with temporary_home() as home, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        (home / "postgres.port").write_text(str(taken.getsockname()[1]))
        with EmbeddedServers(home, durable=False, valkey=False) as urls:
            assert sa.make_url(urls.web).port != taken.getsockname()[1]
            assert sql(urls.web, "select 1") == [(1,)]


def test_a_long_home_still_has_a_socket() -> None:
    with temporary_home() as home:
        deep = home / ("long" * 20) / ("path" * 20)
        with (
            EmbeddedServers(deep, durable=False, postgres=False) as urls,
            redis.Redis.from_url(urls.redis) as client,
        ):
            assert client.ping()
            folder = Path(client.connection_pool.connection_kwargs["path"]).parent
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert not folder.exists() or not list(folder.iterdir())
