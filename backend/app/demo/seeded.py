"""Randomness of the demo county: every grid has its own stream, so its rows depend on seed, date and grid
alone."""

import hashlib
import math
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

T = TypeVar("T")

_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Stream(random.Random):
    """A seeded stream of random values with the draws that the demo needs."""

    def __init__(self, seed: int, *place: object) -> None:
        super().__init__("/".join(["tiange demo", str(seed), *map(str, place)]))

    def chance(self, share: float) -> bool:
        """True in `share` (0 to 1) of the cases."""
        return self.random() < share

    def pick(self, weights: Mapping[T, float]) -> T:
        """One key, by its weight."""
        return self.choices(list(weights), list(weights.values()))[0]

    def amount(self, median: float, sigma: float, step: int = 100_00, most: float = math.inf) -> int:
        """A log-normal amount around `median`, rounded down to `step`, no more than `most`. All in fen."""
        return int(min(median * math.exp(self.gauss(0.0, sigma)), most)) // step * step

    def day(self, first: date, last: date) -> date:
        """A day from `first` to `last`, both included."""
        return first + timedelta(days=self.randint(0, max((last - first).days, 0)))

    def id_at(self, at: datetime) -> UUID:
        """An identifier of the shape of UUIDv7, as if made at `at`."""
        stamp = (at - _UNIX_EPOCH) // timedelta(milliseconds=1)
        return UUID(
            int=stamp << 80 | 0x7 << 76 | self.getrandbits(12) << 64 | 0b10 << 62 | self.getrandbits(62)
        )


class Calendar:
    """The demo's today and the instants around it, in the bank's time zone."""

    def __init__(self, today: date, zone: ZoneInfo) -> None:
        self.today = today
        self.zone = zone
        #: the instant at which everything loaded counts as written: just after midnight
        self.now = self.at(today, 0, 30)

    def at(self, day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
        """A local time of `day` as an instant in UTC."""
        return datetime.combine(day, time(hour, minute, second), self.zone).astimezone(UTC)

    def before(self, days: int) -> date:
        """The day `days` ago."""
        return self.today - timedelta(days=days)


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """`total` in whole parts proportional to `weights` (largest remainders). The parts add up to `total`."""
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    parts = [int(share) for share in exact]
    order = sorted(range(len(weights)), key=lambda i: (parts[i] - exact[i], i))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts


def digest_number(*parts: object) -> int:
    """64 bits that depend on `parts` alone."""
    text = "/".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
