"""PostgreSQL and Valkey of a bank, kept by the product's own launcher in a process apart from `tiange up`.

So the fault harness can put its links between them and the web server and worker. `python -m
tests.faults.servers HOME DURABLE`; ends with SIGTERM.
"""

import signal
import sys
import threading
from pathlib import Path

from backend.embedded import EmbeddedServers


def main(home: Path, durable: bool) -> None:
    """Keeps the servers until it is told to stop."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    with EmbeddedServers(home, durable=durable, say=lambda what: print(what, flush=True)):
        stop.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] == "durable")
