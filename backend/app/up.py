"""Everything on one machine: servers, migration, demo county, web server, worker."""

import contextlib
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from types import FrameType

from rich.console import Console

from backend.app.children import Child
from backend.app.progress import Steps
from backend.app.servers import embedded_for, environment, with_urls
from backend.embedded import EmbeddedError, EmbeddedServers
from backend.kernel.settings import Settings, SettingsError, repository

#: a cold start on a busy machine imports the whole product; one that fails ends sooner
_READY_SECONDS = 180.0


class DemoCounty:
    """What `up` must know of the demo county: whether it is there, and how to make it."""

    def __init__(self, is_loaded: Callable[[Settings], bool], load: Callable[[Settings], str]) -> None:
        """`load` makes the county and answers the text that says how to sign in."""
        self.is_loaded = is_loaded
        self.load = load


def up(settings: Settings, demo: DemoCounty | None, console: Console) -> None:
    """Start everything, then keep it running until Ctrl-C or SIGTERM, then stop it in order.

    Raises EmbeddedError or SettingsError if it cannot start; what had started is stopped again.
    """
    stopping = threading.Event()
    with _signals(stopping):
        _require_port(settings)
        steps = Steps(5 if demo is not None else 4, console)
        embedded = embedded_for(settings, steps.note)
        children: list[Child] = []
        try:
            with steps.step("PostgreSQL and Valkey"):
                if settings.uses_own_postgres or settings.uses_own_valkey:
                    settings = with_urls(settings, embedded.start())
                settings.require(
                    "database_url",
                    "database_url_web",
                    "database_url_worker",
                    "database_url_nightly",
                    "redis_url",
                )
            environ = environment(settings)
            for name in ("web", "worker"):
                command = [sys.executable, "-m", "backend.app.cli", "serve" if name == "web" else name]
                children.append(Child(name, command, environ, home=settings.home, say=steps.note))
            web, worker = children
            if _was_prepared(settings, embedded) and not stopping.is_set():
                web.start()  # it takes longest, so it loads beside the following steps
            with steps.step("Keys and database schema"):
                _prepare(settings)
            logins = ""
            if demo is not None:
                with steps.step("Demo county", spinner=False):
                    if not demo.is_loaded(settings):
                        logins = demo.load(settings)
            # one after the other: both import the whole product, and somebody waits for the first
            with steps.step("Web server"):
                if not stopping.is_set():
                    if not web.pid:
                        web.start()
                    _wait_until_ready(web, settings, stopping)
            with steps.step("Worker"):
                if not stopping.is_set():
                    worker.start()
            if not stopping.is_set():
                _tell(settings, logins, demo is not None, console)
            while not stopping.wait(0.2):
                for child in children:
                    child.watch()
        finally:
            if children:
                console.print("Stopping …")
            for child in children:
                child.stop()
            embedded.stop()
            if stopping.is_set():
                console.print("Stopped. Everything is kept; the next start goes on with it.")


def _prepare(settings: Settings) -> None:
    from backend.app.prepare import (
        prepare,
    )  # brings most of the product with it: not before the web has started

    prepare(settings)
    stamp = settings.home / "run" / "prepared"
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(_migrations())


def _was_prepared(settings: Settings, embedded: EmbeddedServers) -> bool:
    """True if our own database has been through these very migrations, so that nothing waits for them."""
    stamp = settings.home / "run" / "prepared"
    return bool(embedded.urls.web) and stamp.exists() and stamp.read_text() == _migrations()


def _migrations() -> str:
    return "\n".join(sorted(path.name for path in (repository() / "migrations" / "versions").glob("*.py")))


def _tell(settings: Settings, logins: str, demo: bool, console: Console) -> None:
    console.print()
    console.print(f"  Tiange is ready: [bold]{settings.public_url}[/]", highlight=False)
    console.print(f"  Data and logs: {settings.home}", highlight=False, soft_wrap=True)
    if logins:
        console.print()
        console.print(logins, highlight=False, markup=False, soft_wrap=True)
    elif demo:
        console.print("  Demo logins were shown at the first start.", soft_wrap=True)
        console.print("  New ones: tiange demo logins --reset", soft_wrap=True)
    console.print("  Ctrl-C stops it; everything is kept.")


@contextlib.contextmanager
def _signals(stopping: threading.Event) -> Iterator[None]:
    """Turn Ctrl-C and SIGTERM into `stopping`, at any step; the old handlers come back at the end."""

    def ask(number: int, frame: FrameType | None) -> None:
        stopping.set()

    old = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def _require_port(settings: Settings) -> None:
    """Say at once that the port is taken, rather than after all other steps."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise SettingsError(
                "TIANGE_PORT",
                f"{settings.host}:{settings.port} cannot be used ({error.strerror}); another program has it, "
                "perhaps another Tiange",
                f"TIANGE_PORT={settings.port + 1}",
            ) from None


def _wait_until_ready(web: Child, settings: Settings, stopping: threading.Event) -> None:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - recognised
    url = (
        f"http://[{host}]:{settings.port}/readyz" if ":" in host else f"http://{host}:{settings.port}/readyz"
    )
    deadline = time.monotonic() + _READY_SECONDS
    said = ""
    while not stopping.wait(0.1):
        if not web.pid:
            raise EmbeddedError(
                f"The web server ended while starting. Its log {web.log} ends with:\n{web.tail()}"
            )
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address
                if answer.status == 200:
                    return
        except urllib.error.HTTPError as error:
            said = f" It says: {error.read(500).decode(errors='replace')}"
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"The web server is not ready after {_READY_SECONDS:g} s.{said} Its log {web.log} ends:\n"
                f"{web.tail()}"
            )
