"""A bank for benches of the server: a county of `county.py`, `tiange up` on it, and a phone that signs."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from backend.embedded import running_servers

ROOT = Path(__file__).resolve().parents[3]
START_SECONDS = 180.0


@dataclass(frozen=True)
class BenchBank:
    """A running bank. `login`, `password`: of the manager whose grids were filled."""

    home: Path
    url: str
    login: str
    password: str
    counts: dict[str, int]

    def cpu_seconds(self, part: str) -> float:
        """What the `web` or `worker` processes have used of the processor since they began."""
        recorded = json.loads((self.home / "run" / f"{part}.json").read_text())
        top = psutil.Process(recorded["pid"])
        times = [one.cpu_times() for one in (top, *top.children(recursive=True))]
        return sum(one.user + one.system for one in times)

    @property
    def admin_url(self) -> str:
        """The database's superuser, for what a bench does past the product."""
        urls = running_servers(self.home)
        assert urls is not None
        return urls.admin.replace("postgresql+asyncpg://", "postgresql://", 1)

    @contextmanager
    def without_worker(self) -> Iterator[None]:
        """The worker stands still meanwhile."""
        recorded = json.loads((self.home / "run" / "worker.json").read_text())
        top = psutil.Process(recorded["pid"])
        held = [top, *top.children(recursive=True)]
        for one in held:
            one.suspend()
        try:
            yield
        finally:
            for one in held:
                one.resume()

    def postgres_cpu_seconds(self) -> float:
        """The same of PostgreSQL, connections that have ended left out."""
        pid = int((self.home / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        top = psutil.Process(pid)
        times = [one.cpu_times() for one in (top, *top.children(recursive=True))]
        return sum(one.user + one.system for one in times)


@contextmanager
def bench_bank(*county: str, durable: bool = False) -> Iterator[BenchBank]:
    """`county`: options of county.py. `durable`: what is committed is on the disk, as at a bank; else it need
    not be, as in tests. Everything is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="tiange-bench-"))
    # as root the database runs as somebody else, who must be able to enter
    folder.chmod(0o755)
    static = folder / "app"
    static.mkdir()
    (static / "index.html").write_text("<!doctype html><title>bench</title>")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environ = {
        **os.environ,
        "TIANGE_ENVIRONMENT": "demo" if durable else "test",
        "TIANGE_DEMO_MODE": "true",
        "TIANGE_HOME": str(folder / "home"),
        "TIANGE_STATIC_DIR": str(static),
        "TIANGE_PUBLIC_URL": url,
        "COLUMNS": "200",
    }
    up: subprocess.Popen[bytes] | None = None
    try:
        say("making the county …")
        program = ROOT / "scripts" / "benches" / "support" / "county.py"
        made = subprocess.run(
            [sys.executable, str(program), *county], cwd=ROOT, env=environ, check=True, stdout=subprocess.PIPE
        )
        told = json.loads(made.stdout.decode().strip().splitlines()[-1])
        say("starting the bank …")
        with (folder / "up.log").open("wb") as log:
            command = [sys.executable, "-m", "backend.app.cli", "up", "--port", str(port)]
            up = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=subprocess.STDOUT)
        _wait(up, folder / "up.log")
        yield BenchBank(folder / "home", url, told["login"], told["password"], told["counts"])
    finally:
        if up is not None:
            up.terminate()
            up.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(up: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while "Ctrl-C stops it" not in log.read_text(errors="replace"):
        if up.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the bank did not start:\n{log.read_text(errors='replace')[-4000:]}")
        time.sleep(0.2)


def say(text: str) -> None:
    """Tells whoever waits how far it has come; the figure's line stays the last on standard output."""
    print(text, file=sys.stderr, flush=True)


def finish(bench: str, figure: float, unit: str, bar: float, holds: bool, detail: dict[str, object]) -> None:
    """The bench's last line."""
    detail["load"] = round(os.getloadavg()[0], 2)
    line = {"bench": bench, "figure": figure, "unit": unit, "bar": bar, "holds": holds, "detail": detail}
    print(json.dumps(line), flush=True)
