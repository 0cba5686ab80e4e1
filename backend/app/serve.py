"""The web server process."""

import asyncio
import os

from granian import Granian
from granian.constants import Interfaces

from backend.app.life import require_known_life
from backend.app.servers import environment
from backend.kernel.clock import Clock
from backend.kernel.settings import Settings
from backend.kernel.uow import Database


def serve(settings: Settings, processes: int) -> None:
    """Answer HTTP with `processes` processes until SIGTERM.

    One of several that dies is started again. If it is the only one, this process ends with it, so that
    whoever keeps it sees a start that fails, rather than one that is tried for ever.
    Raises WrongLife where the database is not the one that this installation lived with: said here once, and
    not
    as the traceback of a process that does not start.
    The processes read their settings from the environment, which is set here to these ones.
    """
    asyncio.run(_recognise(settings))
    os.environ.update(environment(settings))
    Granian(
        "backend.app.asgi:create_app",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=processes,
        websockets=False,
        respawn_failed_workers=processes > 1,
        respawn_interval=0.5,
        workers_kill_timeout=15,
        log_access=False,
    ).serve()


async def _recognise(settings: Settings) -> None:
    database = Database.open(settings.database_url_web, Clock(settings.timezone, settings.clock_file))
    try:
        await require_known_life(database, settings)
    finally:
        await database.close()
