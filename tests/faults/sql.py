"""The judge's own way into PostgreSQL, as the superuser, past row security and past the links."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

Answer = TypeVar("Answer")
#: a database that was killed, or is on its way up
DOWN = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    # cut in the middle of its own words
    asyncpg.InternalClientError,
)


async def connect(url: str) -> "asyncpg.Connection":
    """The judge's own way into the database."""
    return await asyncpg.connect(url.replace("postgresql+asyncpg://", "postgresql://", 1), timeout=30)


async def asking(
    url: Callable[[], str], ask: Callable[["asyncpg.Connection"], Awaitable[Answer]], patience: float = 60.0
) -> Answer:
    """The answer over a connection of its own; asked again while another run keeps the database down."""
    deadline = time.monotonic() + patience
    while True:
        try:
            connection = await connect(url())
            try:
                return await ask(connection)
            finally:
                await connection.close()
        except DOWN:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.3)
