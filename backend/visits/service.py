"""Logging a contact: the row, its photos, audit entry, event and partitions, in one function."""

from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.customers import api as customers
from backend.grids import api as grids
from backend.identity import api as identity
from backend.kernel.clock import from_millis
from backend.kernel.commands import Envelope
from backend.kernel.errors import Problem
from backend.kernel.uow import UnitOfWork
from backend.notify import api as notify
from backend.policy import api as policy
from backend.products import api as products
from backend.visits import queries
from backend.visits.models import Visit, VisitPhoto, VisitSupplement
from backend.visits.rules import (
    BESIDE_PHOTOS,
    PACE_WINDOW,
    Channel,
    Evidence,
    Fixed,
    Limits,
    Outcome,
    Pace,
    distance_m,
    flags,
    pace,
)
from backend.visits.schemas import Attachment, Contact, LogVisit, Photo, Supplement

CHANNELS, OUTCOMES = frozenset(Channel), frozenset(Outcome)
#: the policy figures behind the limits
FIGURES = {
    "distance_m": "visit_distance_limit_m",
    "accuracy_m": "visit_accuracy_limit_m",
    "clock_error_s": "clock_error_limit_s",
    "burst_count": "visit_burst_count",
    "burst_minutes": "visit_burst_minutes",
    "speed_kmh": "visit_speed_limit_kmh",
}
NO_COMPANION = "Nobody of the bank is known under the companion's id."
KEPT = "Your entry is kept whole. Correct it and send it again, or ask your branch."


async def log(uow: UnitOfWork, body: LogVisit, envelope: Envelope, staff_role: str | None = None) -> Visit:
    """Adds a contact; `staff_role`: its author's, where that is not the actor. Raises Problem `out_of_scope`,
    `bad_value`, `id_taken`; a far or inaccurate one is flagged."""
    await check(uow, body)
    if body.companion_id is not None and not await identity.staff_of(uow, [body.companion_id]):
        raise bad_value(NO_COMPANION)
    customer = await customers.lock(uow, body.customer_id)
    if await uow.session.get(Visit, body.id) is not None:
        raise Problem("id_taken", 409, "The id is taken", detail="Another visit has this id.", remedy=KEPT)
    limits = await limits_in_force(uow)
    until = envelope.observed_at
    earlier = await queries.visited(uow, envelope.staff_id, until - PACE_WINDOW, until)
    outside = (await outside_m(uow, [(body, customer)])).get(body.id)
    role = staff_role or uow.actor.role.value
    this = fixed(body, envelope)
    visit = Visit(**values_of(body, envelope, role, customer, pace(this, earlier, limits), outside, limits))
    uow.session.add(visit)
    await uow.session.flush()
    uow.session.add_all(VisitPhoto(**one) for one in attachments(body, body.id))
    await uow.session.flush()
    tell(uow, body, envelope, customer.books, visit.flags)
    await customers.inputs_changed(uow, customer.id, "visit")
    return visit


def values_of(
    body: LogVisit,
    envelope: Envelope,
    staff_role: str,
    customer: customers.Place | customers.Customer,
    way: Pace,
    outside_m: int | None,
    limits: Limits,
) -> dict[str, Any]:
    """The visit's row. `way`: what the author's visits before say of it; `outside_m`: metres from the fix to
    the customer's grid, where that says more than the customer's point. Raises ValueError for a position
    that is no number."""
    point, away = body.point, None
    # to a meeting they come from all over the village
    home = customer if body.channel != Channel.meeting else None
    if point and home and home.lon is not None and home.lat is not None:
        away = distance_m(point.lon, point.lat, home.lon, home.lat)
    evidence = Evidence(
        channel=body.channel,
        has_fix=point is not None,
        distance_m=away,
        accuracy_m=round(point.accuracy_m) if point else None,
        clock_error_s=envelope.clock_error_s,
        outside_m=outside_m,
        pace=way,
    )
    return {
        "id": body.id,
        "customer_id": body.customer_id,
        "grid_id": customer.grid_id,
        "staff_id": envelope.staff_id,
        "staff_role": staff_role,
        "companion_id": body.companion_id,
        "meeting_id": body.meeting_id,
        "channel": body.channel,
        "purpose": body.purpose,
        "outcome": body.outcome,
        "needs": list(dict.fromkeys(body.needs)),
        "presented": list(dict.fromkeys(body.presented)),
        "wanted_fen": body.wanted_fen,
        "wanted_for": body.wanted_for,
        "note": body.note,
        "lon": point.lon if point else None,
        "lat": point.lat if point else None,
        "accuracy_m": evidence.accuracy_m,
        "distance_m": away,
        "flags": flags(evidence, limits),
        "at": envelope.observed_at,
        "device_at": envelope.at,
        "offset_minutes": envelope.offset_minutes,
        "clock_error_s": envelope.clock_error_s,
        "received_at": envelope.received_at,
        "next_on": body.next_on,
        "next_purpose": body.next_purpose,
        "installation_id": envelope.installation_id,
    }


def fixed(body: LogVisit, envelope: Envelope) -> Fixed:
    """The visit as one of its author's way. Raises ValueError for a position that is no number."""
    point = body.point
    if point is None:
        return Fixed(envelope.observed_at, body.id, body.customer_id)
    accuracy = round(point.accuracy_m)
    return Fixed(envelope.observed_at, body.id, body.customer_id, (point.lon, point.lat), accuracy)


async def outside_m(
    uow: UnitOfWork, asked: Sequence[tuple[LogVisit, customers.Place | customers.Customer]]
) -> dict[UUID, int]:
    """By visit, metres from its fix to the customer's grid, where that says where it should have been: at a
    meeting, and where nobody has noted yet where the customer lives."""
    wanted: dict[UUID, grids.Spot] = {}
    for body, customer in asked:
        if body.point is None or customer.grid_id is None:
            continue
        if body.channel == Channel.meeting or (body.channel == Channel.onsite and customer.lon is None):
            wanted[body.id] = (customer.grid_id, body.point.lon, body.point.lat)
    found = await grids.metres_outside(uow, set(wanted.values())) if wanted else {}
    return {visit_id: found[spot] for visit_id, spot in wanted.items() if spot in found}


def tell(
    uow: UnitOfWork, body: LogVisit, envelope: Envelope, books: Sequence[str], found: Sequence[str]
) -> None:
    """Trail, partitions and event of a visit with the flags `found`."""
    uow.audit(
        "visit.log",
        "visit",
        body.id,
        {"customer": str(body.customer_id), "channel": body.channel, "flags": list(found)},
    )
    uow.touch_all(books, "visit", body.id)
    uow.emit(
        "visits.logged",
        {
            "visit_id": str(body.id),
            "customer_id": str(body.customer_id),
            "staff_id": str(envelope.staff_id),
        },
    )
    if body.companion_id is not None and body.meeting_id is None:
        uow.emit("visits.accompanied", {"visit_id": str(body.id)})


def attachments(
    body: LogVisit | Supplement, visit_id: UUID, supplement_id: UUID | None = None
) -> list[dict[str, Any]]:
    """Rows of what is named: photos in their order, then signature and voice notes; each once."""
    named: dict[str, dict[str, Any]] = {}
    both: list[Photo | Attachment] = [*body.photos, *body.files]
    for one in both:
        if one.hash not in named:
            named[one.hash] = {
                "visit_id": visit_id,
                "file_hash": one.hash,
                "file_class": one.file_class,
                "taken_at": _taken_at(one.taken_at),
                "position": len(named),
                "duration_ms": one.duration_ms if isinstance(one, Attachment) else None,
                "supplement_id": supplement_id,
            }
    return list(named.values())


def _taken_at(value: int | None) -> datetime | None:
    """An instant outside the calendar counts as unknown: no reason to refuse what was seen and heard."""
    with suppress(ValueError):
        return None if value is None else from_millis(value)
    return None


async def limits_in_force(uow: UnitOfWork) -> Limits:
    """Today's limits for what looks odd."""
    return limits_of(await policy.figures(uow, list(FIGURES.values())))


def limits_of(found: Mapping[str, Any]) -> Limits:
    """The limits from the figures by key."""
    return Limits(**{name: found[key] for name, key in FIGURES.items()})


async def check(uow: UnitOfWork, body: Contact) -> None:
    """Raises Problem `bad_value` for what no phone lets through."""
    wrong = wrong_with(body, await products.known_codes(uow))
    if wrong:
        raise bad_value(wrong)


def bad_value(what: str) -> Problem:
    """Problem `bad_value`, with what cannot be right in words for the person."""
    return Problem("bad_value", 409, "A value cannot be right", detail=what, remedy=KEPT)


def wrong_with(body: Contact, known_codes: Set[str]) -> str | None:
    """Which value cannot be right, in words for the person; None where all may be."""
    if body.channel not in CHANNELS:
        return f"{body.channel!r} is no channel."
    if body.outcome not in OUTCOMES:
        return f"{body.outcome!r} is no outcome."
    if (body.channel == Channel.meeting) != (body.meeting_id is not None):
        return "A village meeting has an id of its own, and nothing else has."
    if any(one.file_class in BESIDE_PHOTOS for one in body.photos):
        return "A signature or a voice note is no photo."
    if body.point is not None and not 0 <= body.point.at <= 253_402_300_799_000:
        return "The time of the position lies outside the years 1970 to 9999."
    if unknown := (set(body.needs) | set(body.presented)) - known_codes:
        return f"Unknown products: {', '.join(sorted(unknown))}."
    return None


async def supplement(uow: UnitOfWork, body: Supplement, envelope: Envelope) -> None:
    """Adds a note or files to a visit that stands; the visit itself stays as it was. Raises Problem
    `out_of_scope`, `bad_value`, `id_taken`."""
    if not (body.note or "").strip() and not body.photos and not body.files:
        raise bad_value("Nothing is added: neither a note nor a photo nor a recording.")
    if any(one.file_class in BESIDE_PHOTOS for one in body.photos):
        raise bad_value("A signature or a voice note is no photo.")
    customer = await customers.lock(uow, body.customer_id)
    visit = await uow.session.get(Visit, body.visit_id)
    if visit is None or visit.customer_id != body.customer_id:
        raise customers.out_of_scope("This visit")
    if await queries.supplement_taken(uow, body.id):
        raise Problem("id_taken", 409, "The id is taken", detail="Another addition has this id.", remedy=KEPT)
    uow.session.add(
        VisitSupplement(
            id=body.id,
            visit_id=visit.id,
            staff_id=envelope.staff_id,
            note=(body.note or "").strip() or None,
            at=envelope.observed_at,
            device_at=envelope.at,
            offset_minutes=envelope.offset_minutes,
            clock_error_s=envelope.clock_error_s,
            received_at=envelope.received_at,
            installation_id=envelope.installation_id,
        )
    )
    await uow.session.flush()
    known = {one.file_hash for one in (await queries.photos_of(uow, [visit.id])).get(visit.id, [])}
    named = [one for one in attachments(body, visit.id, body.id) if one["file_hash"] not in known]
    uow.session.add_all(VisitPhoto(**one | {"position": len(known) + n}) for n, one in enumerate(named))
    await uow.session.flush()
    uow.audit("visit.supplement", "visit", visit.id, {"files": len(named), "note": bool(body.note)})
    uow.touch_all(customer.books, "visit", visit.id)
    uow.emit("visits.supplemented", {"visit_ids": [str(visit.id)]})


async def tell_companion(uow: UnitOfWork, visit_id: UUID) -> None:
    """Whoever is named as having come along hears of it. Job only."""
    visit = await uow.session.get(Visit, visit_id)
    if visit is None or visit.companion_id is None or visit.companion_id == visit.staff_id:
        return
    await notify.send(
        uow,
        visit.companion_id,
        "visit_accompanied",
        {
            "visit_id": str(visit.id),
            "customer_id": str(visit.customer_id),
            "staff_id": str(visit.staff_id),
        },
        dedupe=f"accompanied:{visit.id}",
    )


async def file_arrived(uow: UnitOfWork, file_hash: str) -> list[UUID]:
    """Marks the visits that name a photo as moved, so that phones see it has arrived. Returns their ids."""
    found = await queries.naming_file(uow, file_hash)
    books = await customers.home_books(uow, {visit.customer_id for visit in found})
    for visit in found:
        uow.touch_all(books.get(visit.customer_id, []), "visit", visit.id)
    return [visit.id for visit in found]


async def follow_customer(uow: UnitOfWork, customer_id: UUID) -> None:
    """After a move of the customer: its visits leave the books that no longer hold it. Job only."""
    after = (await customers.home_books(uow, [customer_id])).get(customer_id, [])
    ids = [str(one) for one in await queries.of_customer(uow, customer_id)]
    if not ids:
        return
    lying = await queries.books_of_rows(uow, "visit", ids)
    for visit_id in ids:
        before = lying.get(visit_id, set())
        customers.rehome(uow, [("visit", visit_id)], sorted(before), after)


async def follow_merge(uow: UnitOfWork, move_id: UUID, old: UUID, new: UUID) -> None:
    """A household became part of another: so do its visits, noted for the way back. Job only."""
    if not await customers.stands(uow, move_id):
        return
    step: tuple[UUID, UUID] | None = (move_id, new)
    while step is not None:
        # the other may have become part of a third before this job ran
        moved = await queries.hand_over(uow, old, step[1], None)
        await customers.note_followed(uow, step[0], "visits", [str(one) for one in moved])
        old = step[1]
        step = await customers.merged_on(uow, old)
    await follow_customer(uow, old)


async def follow_unmerge(uow: UnitOfWork, move_id: UUID, old: UUID, new: UUID) -> None:
    """The merge was a mistake: the visits that it moved go back; later ones stay. Job only."""
    await queries.hand_over(uow, old, new, await customers.followed(uow, move_id, "visits"))
    for customer_id in (old, new):
        await follow_customer(uow, customer_id)
