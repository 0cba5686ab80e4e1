"""Handlers of files."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import structlog

from backend.files.parts import Parts
from backend.kernel.jobs import JobContext

#: an upload to which nothing was added for so long is dropped; the phone still has the file and begins anew
KEPT_FOR = timedelta(days=7)

log = structlog.get_logger("tiange.files")


async def drop_unfinished(ctx: JobContext, _payload: Mapping[str, Any]) -> None:
    """`files.sweep`: unfinished uploads that nobody goes on with."""
    before = ctx.database.clock.now() - KEPT_FOR
    dropped = await asyncio.to_thread(Parts(ctx.settings.files_dir).sweep, before)
    if dropped:
        log.info("uploads_dropped", count=dropped)
