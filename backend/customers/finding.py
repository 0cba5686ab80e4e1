"""The night in which all people are compared (`customers.people_due`): who may be one is kept as open pairs.

ID numbers and phones are compared by their blind indexes; neither leaves the database in clear.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert

from backend.customers.comparing import Comparison, Likely, Someone
from backend.customers.models import Customer, DuplicatePair
from backend.customers.suggestions import who_decides
from backend.identity import api as identity
from backend.kernel.ids import uuid7
from backend.kernel.jobs import JobContext
from backend.kernel.uow import UnitOfWork
from backend.notify import api as notify
from backend.policy import api as policy

DUE = "customers.people_due"
#: people read, and pairs written, at once
BATCH = 20_000
PAIRS = 1_000
#: new pairs of a night of which somebody is told; who has as many has enough to do
TOLD = 2_000

Units = Callable[[], AbstractAsyncContextManager[UnitOfWork]]

_PEOPLE = text(
    "SELECT p.id AS person_id, m.customer_id, c.grid_id, p.name, p.sex, p.birth_on,"
    " t.phone_index AS phone, i.number_index AS number"
    " FROM membership m JOIN customer c ON c.id = m.customer_id AND c.status = 'active'"
    " JOIN person p ON p.id = m.person_id"
    " LEFT JOIN person_contact t ON t.person_id = p.id LEFT JOIN person_identity i ON i.person_id = p.id"
    " WHERE m.in_household AND m.until_on IS NULL"
)
_WHERE = text(
    "SELECT m.customer_id, o.customer_id AS other_id FROM duplicate_pair d"
    " JOIN membership m ON m.person_id = d.person_id AND m.in_household AND m.until_on IS NULL"
    " JOIN membership o ON o.person_id = d.other_id AND o.in_household AND o.until_on IS NULL"
    " WHERE d.id = ANY(:ids)"
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a comparison came to: people compared, and pairs that are open now, new, and open no more."""

    people: int
    open: int
    new: int
    gone: int


async def compare_people(ctx: JobContext, _payload: Mapping[str, Any]) -> None:
    """`customers.people_due`, nightly."""
    await find(ctx.unit)


async def find(units: Units) -> Found:
    """Compares everybody, and keeps what it finds. Needs the system's sight."""
    with Comparison() as comparison:
        async with units() as uow:
            least = int(await policy.figure(uow, "duplicate_least_per_mille"))
            rows = await uow.session.stream(_PEOPLE, execution_options={"yield_per": BATCH})
            async for batch in rows.partitions(BATCH):
                await asyncio.to_thread(comparison.add, [Someone(*row) for row in batch])
        likely = await asyncio.to_thread(comparison.likely, least)
        people = comparison.people
    async with units() as uow:
        return await _keep(uow, people, likely)


async def _keep(uow: UnitOfWork, people: int, likely: Sequence[Likely]) -> Found:
    """Pairs somebody has spoken of stay as they are; open ones that nothing speaks for any more go."""
    rows = await uow.session.execute(
        select(DuplicatePair.person_id, DuplicatePair.other_id).where(DuplicatePair.state == "open")
    )
    before = {(row.person_id, row.other_id) for row in rows}
    now = {(one.person_id, one.other_id) for one in likely}
    new: list[UUID] = []
    for start in range(0, len(likely), PAIRS):
        new += await _write(uow, likely[start : start + PAIRS])
    await _tell(uow, new)
    for one, other in before - now:
        await uow.session.execute(
            delete(DuplicatePair).where(
                DuplicatePair.person_id == one,
                DuplicatePair.other_id == other,
                DuplicatePair.state == "open",
            )
        )
    count = len(
        (await uow.session.scalars(select(DuplicatePair.id).where(DuplicatePair.state == "open"))).all()
    )
    found = Found(people, count, len(new), len(before - now))
    uow.audit("duplicates.compare", "bank", "people", {"people": people, "open": count, "new": len(new)})
    return found


async def _tell(uow: UnitOfWork, new: Sequence[UUID]) -> None:
    """Whoever may decide hears of a night's new pairs, once: who looks after both households, else their
    branch's heads."""
    counts: Counter[UUID] = Counter()
    rows = await uow.session.execute(_WHERE, {"ids": list(new[:TOLD])})
    for row in rows.all():
        one = await uow.session.get_one(Customer, row.customer_id)
        other = await uow.session.get_one(Customer, row.other_id)
        deciders = set(await who_decides(uow, one)) & set(await who_decides(uow, other))
        if not deciders and one.branch_id == other.branch_id:
            deciders = set(await identity.heads_of(uow, one.branch_id))
        counts.update(deciders)
    for person, count in counts.items():
        dedupe = f"duplicates:{uow.today}:{person}"
        await notify.send(uow, person, "duplicates_found", {"count": count}, dedupe=dedupe)


async def _write(uow: UnitOfWork, likely: Sequence[Likely]) -> list[UUID]:
    """The ids of the pairs that are new."""
    row = insert(DuplicatePair)
    written = await uow.session.execute(
        row.values(
            [
                {
                    "id": uuid7(),
                    "person_id": one.person_id,
                    "other_id": one.other_id,
                    "state": "open",
                    "per_mille": one.per_mille,
                    "reasons": list(one.reasons),
                    "found_at": uow.now,
                    "decided_at": None,
                    "decided_by": None,
                }
                for one in likely
            ]
        )
        .on_conflict_do_update(
            index_elements=["person_id", "other_id"],
            set_={"per_mille": row.excluded.per_mille, "reasons": row.excluded.reasons},
            where=(DuplicatePair.state == "open") & (DuplicatePair.per_mille != row.excluded.per_mille),
        )
        .returning(DuplicatePair.id, DuplicatePair.found_at)
    )
    return [row.id for row in written if row.found_at == uow.now]
