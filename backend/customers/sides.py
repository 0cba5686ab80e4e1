"""Households that may be one, side by side, for those who may decide: looked at online.

Whoever sees both sees the pair, by row security; what they see of each is what their phone would receive. Of
two in different branches nobody sees both: each one's heads are told that there is one (`across`).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from backend.customers import across, dealings, projection
from backend.customers.handing import current_members
from backend.customers.moving import MOVERS
from backend.customers.schemas import (
    AcrossHouseholds,
    DuplicateHouseholds,
    DuplicateList,
    DuplicatePeople,
    Household,
    Likeness,
    MergedHouseholds,
    SideBySide,
    UnitedPerson,
)
from backend.customers.shops import at_home
from backend.kernel.clock import millis
from backend.kernel.errors import Problem, not_allowed
from backend.kernel.uow import UnitOfWork
from backend.policy import api as policy

#: households shown at once, the likeliest first, and what can be taken back of each kind, the newest first
MOST, MOST_MERGES = 100, 50

_OPEN = text(
    "SELECT d.per_mille, d.reasons, m.id AS member_id, p.id AS person_id, p.name, m.customer_id,"
    " o.id AS other_member_id, q.id AS other_person_id, q.name AS other_name,"
    " o.customer_id AS other_customer_id"
    " FROM duplicate_pair d"
    " JOIN person p ON p.id = d.person_id JOIN person q ON q.id = d.other_id"
    " JOIN membership m ON m.person_id = p.id AND m.in_household AND m.until_on IS NULL"
    " JOIN membership o ON o.person_id = q.id AND o.in_household AND o.until_on IS NULL"
    " JOIN customer c ON c.id = m.customer_id AND c.status = 'active'"
    " JOIN customer e ON e.id = o.customer_id AND e.status = 'active'"
    " WHERE d.state = 'open' AND m.customer_id <> o.customer_id"
    " AND (CAST(:ids AS uuid[]) IS NULL OR (m.customer_id = ANY(:ids) AND o.customer_id = ANY(:ids)))"
    " ORDER BY d.per_mille DESC, d.id LIMIT 500"
)
_SHOPS = text(
    "SELECT d.per_mille, d.reasons, d.customer_id, d.other_id FROM business_pair d"
    " JOIN customer c ON c.id = d.customer_id AND c.status = 'active'"
    " JOIN customer e ON e.id = d.other_id AND e.status = 'active'"
    " WHERE d.state = 'open' AND (CAST(:ids AS uuid[]) IS NULL"
    "   OR (d.customer_id = ANY(:ids) AND d.other_id = ANY(:ids)))"
    " ORDER BY d.per_mille DESC, d.id LIMIT :most"
)
_HOUSEHOLDS = text(
    "SELECT c.id, c.kind, c.name, c.address, g.name AS grid_name, c.member_count,"
    " c.created_on, c.completeness_points"
    " FROM customer c LEFT JOIN grid g ON g.id = c.grid_id WHERE c.id = ANY(:ids)"
)
_MERGED = text(
    "SELECT v.customer_id, c.kind, c.name, v.other_id, o.name AS other_name, v.moved_at, v.moved_by"
    " FROM customer_move v JOIN customer c ON c.id = v.customer_id"
    " JOIN customer o ON o.id = v.other_id AND o.status = 'active'"
    " WHERE v.kind = 'merge' AND v.undone_at IS NULL AND v.moved_at > :since"
    " ORDER BY v.moved_at DESC LIMIT :most"
)
_UNITED = text(
    "SELECT m.id AS member_id, v.customer_id, p.name AS person, c.name, o.name AS into_name,"
    " v.moved_at, v.moved_by"
    " FROM customer_move v JOIN customer c ON c.id = v.customer_id AND c.status = 'active'"
    " JOIN customer o ON o.id = v.other_id AND o.status = 'active'"
    " JOIN membership m ON m.id = CAST(v.detail->'people'->0->>'member' AS uuid)"
    " JOIN person p ON p.id = m.person_id"
    " WHERE v.kind = 'person' AND v.undone_at IS NULL AND v.moved_at > :since"
    " ORDER BY v.moved_at DESC LIMIT :most"
)
_VISITS = text("SELECT count(*) FROM visit WHERE customer_id = :id")


async def waiting(uow: UnitOfWork) -> DuplicateList:
    """What waits for the actor's word, and what was merged and can be taken back. Raises `not_allowed`."""
    _check(uow)
    rows = (await uow.session.execute(_OPEN, {"ids": None})).all()
    groups: dict[tuple[UUID, UUID], list[Any]] = {}
    for row in rows:
        key = tuple(sorted((row.customer_id, row.other_customer_id)))
        if key in groups or len(groups) < MOST:
            groups.setdefault((key[0], key[1]), []).append(row)
    beyond = await across.groups(uow)
    shops = (await uow.session.execute(_SHOPS, {"ids": None, "most": MOST})).all()
    named = {rows[0].customer_id for rows in beyond} | {one for key in groups for one in key}
    named |= {one for row in shops for one in (row.customer_id, row.other_id)}
    known = await _households(uow, named)
    days = int(await policy.figure(uow, "merge_undo_days"))
    since = uow.now - timedelta(days=days)
    recent = {"since": since, "most": MOST_MERGES}
    merged = (await uow.session.execute(_MERGED, recent)).all()
    united = (await uow.session.execute(_UNITED, recent)).all()
    return DuplicateList(
        [
            DuplicateHouseholds(known[one], known[other], [_people(row, one) for row in found])
            for (one, other), found in groups.items()
        ],
        [
            MergedHouseholds(
                row.customer_id,
                row.kind,
                row.name,
                row.other_id,
                row.other_name,
                millis(row.moved_at),
                row.moved_by,
                millis(row.moved_at + timedelta(days=days)),
            )
            for row in merged
        ],
        [
            UnitedPerson(
                row.member_id,
                row.customer_id,
                row.person,
                row.name,
                row.into_name,
                millis(row.moved_at),
                row.moved_by,
                millis(row.moved_at + timedelta(days=days)),
            )
            for row in united
        ],
        [
            AcrossHouseholds(
                known[rows[0].customer_id],
                rows[0].other_branch,
                rows[0].other_grid_id,
                rows[0].other_grid,
                [across.people(row) for row in rows],
            )
            for rows in beyond
        ],
        [_business(known, row.customer_id, row.other_id, row) for row in shops],
    )


async def beside(uow: UnitOfWork, one: UUID, other: UUID) -> SideBySide:
    """Two households, or businesses, whole. Raises `not_allowed`, `not_found`: not both are the actor's, or
    nobody of them may be one."""
    _check(uow)
    rows = (await uow.session.execute(_OPEN, {"ids": [one, other]})).all()
    shop = (await uow.session.execute(_SHOPS, {"ids": [one, other], "most": 1})).first()
    if not rows and shop is None:
        raise Problem("not_found", 404, "Not found", detail="Nobody of these households may be one.")
    uow.audit("duplicate.look", "customer", one, {"other": str(other)})
    known = await _households(uow, (one, other))
    pair = DuplicateHouseholds(known[one], known[other], [_people(row, one) for row in rows])
    return SideBySide(
        pair if shop is None else _business(known, one, other, shop),
        [await _whole(uow, each) for each in (one, other)],
    )


def _check(uow: UnitOfWork) -> None:
    if uow.actor.role not in MOVERS:
        raise not_allowed("Managers and heads decide which households are one.")


def _people(row: Any, one: UUID) -> DuplicatePeople:
    """As seen from the household `one`."""
    here = (row.member_id, row.person_id, row.name)
    there = (row.other_member_id, row.other_person_id, row.other_name)
    first, second = (here, there) if row.customer_id == one else (there, here)
    return DuplicatePeople(
        first[0], first[1], first[2], second[0], second[1], second[2], row.per_mille, row.reasons
    )


def _business(known: Mapping[UUID, Household], one: UUID, other: UUID, row: Any) -> DuplicateHouseholds:
    return DuplicateHouseholds(known[one], known[other], [], Likeness(row.per_mille, row.reasons))


async def _households(uow: UnitOfWork, ids: Iterable[UUID]) -> Mapping[UUID, Household]:
    rows = await uow.session.execute(_HOUSEHOLDS, {"ids": list(ids)})
    return {
        row.id: Household(
            row.id,
            row.kind,
            row.name,
            row.address,
            row.grid_name,
            row.member_count,
            row.created_on,
            row.completeness_points,
        )
        for row in rows
    }


async def _whole(uow: UnitOfWork, customer_id: UUID) -> dict[str, Any]:
    """A household as a manager's phone has it, and how much hangs on it."""
    found = {
        one.kind: _rows(one.online.fields, await one.online.load(uow, customer_id))
        for one in projection.PROJECTIONS
        if one.online is not None
    }
    return {
        "customer": found["customer"][0],
        "file": found["file"][0],
        "members": found["member"],
        "records": found["record"],
        "visits": await uow.session.scalar(_VISITS, {"id": customer_id}),
        "at_home": [str(one.id) for one in await at_home(uow, await current_members(uow, customer_id))],
        "known_to_bank": await dealings.known_by_bank(uow, customer_id),
    }


def _rows(fields: Sequence[str], rows: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    return [{"id": one, **dict(zip(fields, values, strict=True))} for one, values in rows.items()]
