"""What can go wrong with the embedded servers; every message says what to do about it."""

from pathlib import Path


class EmbeddedError(RuntimeError):
    """An embedded server cannot be started or kept."""


class HomeHeldError(EmbeddedError):
    """Another launcher runs on the same home."""

    def __init__(self, home: Path, pid: int, since: str, command: str) -> None:
        self.home = home
        self.pid = pid
        super().__init__(
            f"Tiange already runs on {home}: process {pid}, started {since} by `{command}`. "
            f"Stop it there with Ctrl-C (or `kill {pid}`), or use another folder: TIANGE_HOME=/other/folder"
        )
