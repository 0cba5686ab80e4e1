"""Logging several contacts of one person in a few statements, with the effect of `service.log` one by one."""

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from math import isfinite
from typing import Any
from uuid import UUID

from backend.customers import api as customers
from backend.identity import api as identity
from backend.kernel.bulk import inserting, look, write
from backend.kernel.commands import Applied, Effect, Envelope
from backend.kernel.uow import UnitOfWork
from backend.policy import api as policy
from backend.products import api as products
from backend.visits import queries, service
from backend.visits.models import Visit, VisitPhoto
from backend.visits.rules import PACE_WINDOW, Channel, Fixed, pace
from backend.visits.schemas import LogVisit

Asked = Sequence[tuple[LogVisit, Envelope]]


async def log_together(uow: UnitOfWork, asked: Asked) -> list[Effect]:
    """`visit.log`: as many from the first on as nothing is wrong with, whose customers the actor holds."""
    places = await customers.lock_places(uow, {body.customer_id for body, _ in asked})
    keys = list(service.FIGURES.values())
    times = [envelope.observed_at for _, envelope in asked]
    figures = policy.figures_part(uow, keys)
    seen = await look(
        uow.session,
        products.CODES,
        queries.taken_part([body.id for body, _ in asked]),
        queries.visited_part(asked[0][1].staff_id, min(times) - PACE_WINDOW, max(times)),
        figures,
    )
    companions = {body.companion_id for body, _ in asked if body.companion_id is not None}
    people = set(await identity.staff_of(uow, list(companions))) if companions else set()
    usual = _usual(asked, places, products.codes_in(seen), set(seen.taken or ()), people)
    if not usual:
        return []
    limits = service.limits_of(policy.figures_in(uow, seen, keys))
    way = queries.visited_in(seen)
    outside = await service.outside_m(uow, [(body, places[body.customer_id]) for body, _ in usual])
    visits: list[dict[str, Any]] = []
    attached: list[dict[str, Any]] = []
    effects = []
    for body, envelope in usual:
        place = places[body.customer_id]
        this = service.fixed(body, envelope)
        earlier = way[
            bisect_left(way, this.at - PACE_WINDOW, key=_instant) : bisect_right(way, this.at, key=_instant)
        ]
        role, away = uow.actor.role.value, outside.get(body.id)
        row = service.values_of(body, envelope, role, place, pace(this, earlier, limits), away, limits)
        visits.append(row)
        if body.channel == Channel.onsite:
            insort(way, this)
        attached += service.attachments(body, body.id)
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
    asked: Asked,
    places: dict[UUID, customers.Place],
    codes: frozenset[str],
    taken: set[UUID],
    people: set[UUID],
) -> Asked:
    for number, (body, _) in enumerate(asked):
        point = body.point
        if (
            body.customer_id not in places
            or body.id in taken
            or (body.companion_id is not None and body.companion_id not in people)
            or service.wrong_with(body, codes)
            or (point is not None and not all(map(isfinite, (point.lon, point.lat, point.accuracy_m))))
        ):
            return asked[:number]
        taken.add(body.id)
    return asked


def _instant(one: Fixed) -> datetime:
    return one.at
