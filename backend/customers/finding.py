"""The night in which all people are compared (`customers.people_due`): who may be one is kept as open pairs.

ID numbers and phones are compared by their blind indexes; neither leaves the database in clear.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert

from backend.customers.comparing import Comparison, Likely, Someone
from backend.customers.models import DuplicatePair
from backend.kernel.ids import uuid7
from backend.kernel.jobs import JobContext
from backend.kernel.uow import UnitOfWork
from backend.policy import api as policy

DUE = "customers.people_due"
#: people read, and pairs written, at once
BATCH = 20_000
PAIRS = 1_000

Units = Callable[[], AbstractAsyncContextManager[UnitOfWork]]

_PEOPLE = text(
    "SELECT p.id AS person_id, m.customer_id, c.grid_id, p.name, p.sex, p.birth_on,"
    " t.phone_index AS phone, i.number_index AS number"
    " FROM membership m JOIN customer c ON c.id = m.customer_id AND c.status = 'active'"
    " JOIN person p ON p.id = m.person_id"
    " LEFT JOIN person_contact t ON t.person_id = p.id LEFT JOIN person_identity i ON i.person_id = p.id"
    " WHERE m.in_household AND m.until_on IS NULL"
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
    new = 0
    for start in range(0, len(likely), PAIRS):
        new += await _write(uow, likely[start : start + PAIRS])
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
    found = Found(people, count, new, len(before - now))
    uow.audit("duplicates.compare", "bank", "people", {"people": people, "open": count, "new": new})
    return found


async def _write(uow: UnitOfWork, likely: Sequence[Likely]) -> int:
    """How many of the pairs are new."""
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
        .returning(DuplicatePair.found_at)
    )
    return sum(one.found_at == uow.now for one in written)
