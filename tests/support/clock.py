"""A clock that tests move, for this process and for every other that reads the same file."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from backend.kernel.clock import Clock


class MovingClock(Clock):
    """The product's clock over an offset file. It runs on; `move_to` and `advance` set it."""

    def __init__(self, offset_file: Path, timezone: str = "Asia/Shanghai") -> None:
        super().__init__(timezone, offset_file)
        self.offset_file = offset_file

    def move_to(self, at: datetime) -> None:
        """Makes it `at` now. Raises ValueError if `at` names no time zone."""
        if at.tzinfo is None:
            raise ValueError("say in which time zone")
        self._write((at - datetime.now(UTC)).total_seconds())

    def move_to_local(self, year: int, month: int, day: int, hour: int = 9, minute: int = 0) -> None:
        """Makes it that time in the bank's time zone."""
        self.move_to(datetime(year, month, day, hour, minute, tzinfo=self.zone))

    def advance(self, by: timedelta) -> None:
        """Moves it on (or, with a negative `by`, back)."""
        self.move_to(self.now() + by)

    def _write(self, seconds: float) -> None:
        # whole or not at all: other processes read it at any moment
        fresh = self.offset_file.with_suffix(".new")
        fresh.write_text(f"{seconds:.6f}")
        fresh.replace(self.offset_file)
