"""Where the embedded servers answer."""

from urllib.parse import quote

import msgspec


class Urls(msgspec.Struct, frozen=True, kw_only=True):
    """URLs of one launcher's servers: SQLAlchemy's (asyncpg) for PostgreSQL, redis-py's for Valkey.

    A server that the launcher was told not to start has empty URLs. All of them carry passwords.
    """

    #: superuser, for backups and for tests that clone a template; no part of the product signs in with it
    admin: str = ""
    #: owns the database and its schema; migrations
    owner: str = ""
    web: str = ""
    worker: str = ""
    #: read-only
    nightly: str = ""
    redis: str = ""

    def __repr__(self) -> str:
        given = [name for name in self.__struct_fields__ if getattr(self, name)]
        return f"Urls({', '.join(given)})"


def postgres_url(login: str, password: str, port: int, database: str) -> str:
    """An SQLAlchemy URL for asyncpg over loopback."""
    return f"postgresql+asyncpg://{login}:{quote(password, safe='')}@127.0.0.1:{port}/{database}"
