"""Handlers of files."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import structlog

from backend.files import queries
from backend.files.parts import Parts
from backend.files.rules import ERASE, SIZES, place
from backend.files.store import open_store
from backend.kernel.jobs import JobContext

__all__ = ["ERASE", "drop_unfinished", "erase"]

#: an upload to which nothing was added for so long is dropped; the phone still has the file and begins anew
KEPT_FOR = timedelta(days=7)

log = structlog.get_logger("tiange.files")


async def drop_unfinished(ctx: JobContext, _payload: Mapping[str, Any]) -> None:
    """`files.sweep`: unfinished uploads that nobody goes on with."""
    before = ctx.database.clock.now() - KEPT_FOR
    dropped = await asyncio.to_thread(Parts(ctx.settings.files_dir).sweep, before)
    if dropped:
        log.info("uploads_dropped", count=dropped)


async def erase(ctx: JobContext, payload: Mapping[str, Any]) -> None:
    """`files.erase` {hashes}: the bytes of closed files go, their rows stay. Bytes that an open file is kept
    as too stay with it."""
    async with ctx.unit() as uow:
        found = await queries.only_closed(uow, payload["hashes"])
    store = open_store(ctx.settings)
    for kept_hash, media_type in found:
        for size in SIZES:
            await asyncio.to_thread(store.remove, place(kept_hash, media_type, size))
