"""Embedded servers on a new home, for benches that speak to the product's own code."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from backend.app.prepare import prepare
from backend.app.servers import connected
from backend.audit.api import write_audit
from backend.kernel.clock import Clock
from backend.kernel.crypto import Keys
from backend.kernel.logs import configure_logs
from backend.kernel.settings import Settings, load_settings
from backend.kernel.uow import Database


@contextmanager
def own_servers() -> Iterator[Settings]:
    """Settings of an empty, prepared installation; all of it is gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="tiange-bench-"))
    home.chmod(0o755)  # as root the database runs as somebody else, who must be able to enter
    try:
        settings = msgspec.structs.replace(
            load_settings(),
            home=home,
            keys_dir=home / "keys",
            files_dir=home / "files",
            static_dir=home / "app",
            environment="test",
            test_mode=True,
            demo_mode=True,
            log_level="ERROR",
        )
        configure_logs(settings)
        with connected(settings, lambda _: None) as running:
            prepare(running)
            yield running
    finally:
        shutil.rmtree(home, ignore_errors=True)


def worker_database(settings: Settings) -> Database:
    """Open as the worker has it; to be closed."""
    return Database.open(
        settings.database_url_worker,
        Clock(settings.timezone, settings.clock_file),
        keys=Keys.load(settings.keys_dir),
        demo_mode=True,
        write_audit=write_audit,
        pool_size=2,
    )
