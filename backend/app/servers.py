"""Settings with the URLs of running servers: a bank's own, another process's, or ones started here."""

import contextlib
import os
from collections.abc import Callable, Iterator

import msgspec

from backend.embedded import EmbeddedServers, Urls, running_servers
from backend.kernel.settings import Settings


def with_urls(settings: Settings, urls: Urls, *, backup: bool = False) -> Settings:
    """The settings pointing at embedded servers, where no others are set; the superuser's only for a
    `backup`.
    """
    changes: dict[str, str] = {}
    if settings.uses_own_postgres and urls.owner:
        if backup:
            changes["database_url_backup"] = urls.admin
        changes |= {
            "database_url": urls.owner,
            "database_url_web": urls.web,
            "database_url_worker": urls.worker,
            "database_url_nightly": urls.nightly,
        }
    if settings.uses_own_valkey and urls.redis:
        changes["redis_url"] = urls.redis
    return msgspec.structs.replace(settings, **changes)


def embedded_for(settings: Settings, say: Callable[[str], None]) -> EmbeddedServers:
    """The embedded servers that these settings ask for, not started yet."""
    return EmbeddedServers(
        settings.home,
        postgres=settings.uses_own_postgres,
        valkey=settings.uses_own_valkey,
        durable=not settings.test_mode,
        say=say,
    )


@contextlib.contextmanager
def connected(settings: Settings, say: Callable[[str], None], *, backup: bool = False) -> Iterator[Settings]:
    """Settings whose servers answer for the length of the block.

    Uses the servers that `tiange up` keeps on the same home; where nobody keeps any, starts them and stops
    them at the end. Raises EmbeddedError.
    """
    if not settings.uses_own_postgres and not settings.uses_own_valkey:
        yield settings
        return
    kept = running_servers(settings.home)
    if kept is not None:
        yield with_urls(settings, kept, backup=backup)
        return
    with embedded_for(settings, say) as urls:
        yield with_urls(settings, urls, backup=backup)


def environment(settings: Settings) -> dict[str, str]:
    """The environment for a child process that is to have these very settings."""
    given = {
        "TIANGE_HOME": settings.home,
        "TIANGE_DATABASE_URL": settings.database_url,
        "TIANGE_DATABASE_URL_WEB": settings.database_url_web,
        "TIANGE_DATABASE_URL_WORKER": settings.database_url_worker,
        "TIANGE_DATABASE_URL_NIGHTLY": settings.database_url_nightly,
        "TIANGE_REDIS_URL": settings.redis_url,
        "TIANGE_HOST": settings.host,
        "TIANGE_PORT": settings.port,
        "TIANGE_PUBLIC_URL": settings.public_url,
        "TIANGE_ENVIRONMENT": settings.environment,
        "PYTHONUNBUFFERED": "1",
    }
    return dict(os.environ) | {name: str(value) for name, value in given.items() if value}
