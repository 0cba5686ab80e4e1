"""The one clock. Everything that asks for the time asks here, schedules included."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

#: one for all of China
DEFAULT_ZONE = "Asia/Shanghai"


class Clock:
    """Tells UTC time and the bank's local day.

    `offset_file` is a test setting (production refuses it): a file holding the number of seconds to add to
    the
    system's time, read at each call, so that a test moves the clock of every process at once.
    """

    def __init__(self, timezone: str = DEFAULT_ZONE, offset_file: Path | None = None) -> None:
        self.zone = ZoneInfo(timezone)
        self._offset_file = offset_file

    def now(self) -> datetime:
        """The current instant, aware, UTC."""
        return datetime.now(UTC) + self._offset()

    def today(self) -> date:
        """The bank's local calendar day."""
        return self.local(self.now()).date()

    def local(self, at: datetime) -> datetime:
        """`at` in the bank's time zone."""
        return at.astimezone(self.zone)

    def _offset(self) -> timedelta:
        if self._offset_file is None:
            return timedelta()
        try:
            return timedelta(seconds=float(self._offset_file.read_text().strip() or 0))
        except FileNotFoundError:
            return timedelta()


def millis(at: datetime) -> int:
    """Milliseconds since 1970-01-01 UTC, as instants travel on the wire."""
    return int(at.timestamp() * 1000)


def from_millis(value: int) -> datetime:
    """The instant of a wire value. Raises ValueError outside the years 1970 to 9999."""
    if not 0 <= value <= 253_402_300_799_000:
        raise ValueError("an instant must lie between the years 1970 and 9999")
    return datetime.fromtimestamp(value / 1000, UTC)
