"""Whether the files that a catalogue's sources stand on are new enough for a run that nobody looked at.

A file that never came is not waited for. Decision 0037.
"""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any

from msgspec import Struct, convert
from sqlalchemy import text

from backend.banking import api as banking
from backend.kernel.uow import UnitOfWork
from backend.strategy.definitions import Catalogue


class Stale(Struct, frozen=True):
    """A source whose newest file tells of `day` only, which is longer ago than `days`. `files`: kinds of
    `tiange import`, any of which brings it on."""

    source: str
    zh: str
    en: str
    files: tuple[str, ...]
    day: date
    days: int


_LET_THROUGH = text(
    "SELECT s FROM strategy_run r CROSS JOIN LATERAL jsonb_array_elements(r.stale) AS s"
    " WHERE r.released_at IS NOT NULL"
)


async def stale(uow: UnitOfWork, catalogue: Catalogue) -> tuple[Stale, ...]:
    """What holds a run tonight: without those that a person let through as they still are. Job only."""
    found = stale_among(catalogue, await banking.newest_days(uow), uow.today)
    if not found:
        return ()
    passed = {(one.source, one.day) for one in kept(list(await uow.session.scalars(_LET_THROUGH)))}
    return tuple(one for one in found if (one.source, one.day) not in passed)


def stale_among(catalogue: Catalogue, newest: Mapping[str, date], as_of: date) -> tuple[Stale, ...]:
    """The sources whose newest file is older than their gate bears. `newest`: day by kind of file. Pure."""
    found = []
    for source in catalogue.sources.values():
        if source.gate is None:
            continue
        days = [newest[one] for one in source.gate.files if one in newest]
        bears = catalogue.figures[source.gate.late].on(as_of)
        if days and max(days) < as_of - timedelta(days=bears):
            words = source.words
            found.append(Stale(source.name, words.zh, words.en, source.gate.files, max(days), bears))
    return tuple(found)


def kept(rows: Collection[Any]) -> tuple[Stale, ...]:
    """As they are kept with a run."""
    return convert(list(rows), tuple[Stale, ...])
