"""How old what was said of a customer may be: beyond it a section is asked anew, and counts less.

The ages are policy (`value_age_days`, by section or kind of record), and so is what an old answer still
counts (`old_answer_percent`). The phone judges by the same rule (pwa/src/domain/questions.ts).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from backend.customers.file_fields import file_fields, weights_of
from backend.customers.rules import completeness
from backend.kernel.uow import UnitOfWork
from backend.policy import api as policy

_ASSETS = "assets"
_WEIGHTS, _AGES, _OLD = "completeness_weights", "value_age_days", "old_answer_percent"


@dataclass(frozen=True, slots=True)
class Standards:
    """Policy of the day: points by section, days by section or kind of record, percent that an old answer
    counts."""

    weights: Mapping[str, int]
    days: Mapping[str, int]
    old_percent: int
    today: date

    def is_old(self, what: str, seen_on: date | None) -> bool:
        """Whether what was last seen then is to be asked anew. What has no age never is."""
        days = self.days.get(what)
        return seen_on is not None and days is not None and seen_on + timedelta(days=days) < self.today

    def old_sections(
        self, said: Mapping[str, date | None], things: Mapping[str, date | None]
    ) -> frozenset[str]:
        """The sections in which something is to be asked anew.

        `said`: the field's day, None where it was not collected; `things`: the oldest day of each kind.
        """
        known = file_fields()
        found = {
            section
            for field, day in said.items()
            if (section := known[field].section) and self.is_old(section, day)
        }
        if any(self.is_old(kind if kind in self.days else _ASSETS, day) for kind, day in things.items()):
            found.add(_ASSETS)
        return frozenset(found)

    def judged(
        self,
        kind: str,
        there: Iterable[str],
        said: Mapping[str, date | None],
        things: Mapping[str, date | None],
    ) -> tuple[int, list[str]]:
        """(points of 0 to 100, sections without data) of a file of a household or a business. `there`: its
        sections whose data has no age; `said` and `things` as in `old_sections`."""
        known = file_fields()
        present = {*there, *(section for field in said if (section := known[field].section))}
        if things:
            present.add(_ASSETS)
        weights = weights_of(kind, self.weights)
        return completeness(present, weights, self.old_sections(said, things), self.old_percent)


async def standards(uow: UnitOfWork) -> Standards:
    """Today's."""
    found = await policy.figures(uow, (_WEIGHTS, _AGES, _OLD))
    return Standards(found[_WEIGHTS], found[_AGES], found[_OLD], uow.today)


def judged(facts: Any, by: Standards) -> tuple[int, list[str]]:
    """The same from a row of `queries.section_facts`."""
    known = file_fields()
    said = {name: day for name, day in zip(facts.fields, facts.said_on, strict=True) if name in known}
    things = dict(zip(facts.kinds, facts.seen_on, strict=True))
    there = [name for name in ("phone", "point", "members") if getattr(facts, name)]
    return by.judged(facts.kind, there, said, things)
