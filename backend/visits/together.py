"""Logging several contacts of one person in a few statements, with the effect of `service.log` one by one."""

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import isfinite
from typing import Any
from uuid import UUID

from backend.customers import api as customers
from backend.kernel.bulk import inserting, look, write
from backend.kernel.commands import Applied, Effect, Envelope
from backend.kernel.uow import UnitOfWork
from backend.policy import api as policy
from backend.products import api as products
from backend.visits import queries, service
from backend.visits.models import Visit, VisitPhoto
from backend.visits.schemas import LogVisit

Asked = Sequence[tuple[LogVisit, Envelope]]
#: of a burst, whatever the figure says
LONGEST_WINDOW = timedelta(hours=2)


async def log_together(uow: UnitOfWork, asked: Asked) -> list[Effect]:
    """`visit.log`: as many from the first on as nothing is wrong with, whose customers the actor holds."""
    places = await customers.lock_places(uow, {body.customer_id for body, _ in asked})
    keys = list(service.FIGURES.values())
    times = [envelope.observed_at for _, envelope in asked]
    figures = policy.figures_part(uow, keys)
    # a burst's window is one of the figures: asked for is what lies as far back as one may reach
    seen = await look(
        uow.session,
        products.CODES,
        queries.taken_part([body.id for body, _ in asked]),
        queries.visited_part(asked[0][1].staff_id, min(times) - LONGEST_WINDOW, max(times)),
        figures,
    )
    usual = _usual(asked, places, products.codes_in(seen), set(seen.taken or ()))
    if not usual:
        return []
    limits = service.limits_of(policy.figures_in(uow, seen, keys))
    window = timedelta(minutes=limits.burst_minutes)
    if window > LONGEST_WINDOW:
        raise ValueError(f"a burst of {window} is longer than {LONGEST_WINDOW}")
    pace = _Pace(window, queries.visited_in(seen))
    visits: list[dict[str, Any]] = []
    attached: list[dict[str, Any]] = []
    effects = []
    for body, envelope in usual:
        place = places[body.customer_id]
        earlier = pace.before(envelope.observed_at)
        row = service.values_of(body, envelope, uow.actor.role.value, place, earlier, limits)
        visits.append(row)
        pace.note(row)
        attached += service.attachments(body)
        service.tell(uow, body, envelope, place.books, row["flags"])
        customers.tell_inputs_changed(uow, body.customer_id, "visit")
        effects.append(Effect(Applied(), frozenset(place.books)))
    changes = customers.counting_inputs(Counter(body.customer_id for body, _ in usual))
    if attached:
        # who may add one is asked of the visit
        await write(uow.session, inserting(Visit, visits))
        uow.later([*inserting(VisitPhoto, attached), changes])
    else:
        uow.later([*inserting(Visit, visits), changes])
    return effects


def _usual(
    asked: Asked, places: dict[UUID, customers.Place], codes: frozenset[str], taken: set[UUID]
) -> Asked:
    for number, (body, _) in enumerate(asked):
        point = body.point
        if (
            body.customer_id not in places
            or body.id in taken
            or service.wrong_with(body, codes)
            or (point is not None and not all(map(isfinite, (point.lon, point.lat, point.accuracy_m))))
        ):
            return asked[:number]
        taken.add(body.id)
    return asked


class _Pace:
    """How many customers the person visited within a window before an instant, these visits among them."""

    def __init__(self, window: timedelta, visited: list[tuple[datetime, UUID]]) -> None:
        self._window = window
        self._visited = visited

    def before(self, at: datetime) -> int:
        """Different customers from the window's begin to `at`, both included."""
        first = bisect_left(self._visited, at - self._window, key=_instant)
        last = bisect_right(self._visited, at, key=_instant)
        return len({customer_id for _, customer_id in self._visited[first:last]})

    def note(self, row: dict[str, Any]) -> None:
        """Counts a visit of this batch for those after it."""
        if row["channel"] == "onsite":
            insort(self._visited, (row["at"], row["customer_id"]), key=_instant)


def _instant(one: tuple[datetime, UUID]) -> datetime:
    return one[0]
