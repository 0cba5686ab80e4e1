"""The web server process."""

import os

from granian import Granian
from granian.constants import Interfaces

from backend.app.servers import environment
from backend.kernel.settings import Settings


def serve(settings: Settings, processes: int) -> None:
    """Answer HTTP with `processes` processes until SIGTERM.

    One of several that dies is started again. If it is the only one, this process ends with it, so that
    whoever keeps it sees a start that fails, rather than one that is tried for ever.
    The processes read their settings from the environment, which is set here to these ones.
    """
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
