"""The night in which all people are compared, and all businesses (`customers.people_due`): who may be one is
kept as open pairs.

ID numbers and phones are compared by their blind indexes; neither leaves the database in clear.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute

from backend.customers.comparing import Comparison, Likely, Someone
from backend.customers.comparing_shops import Shop, ShopComparison
from backend.customers.models import Customer
from backend.customers.pair_models import BusinessPair, DuplicatePair
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
_SHOPS = text(
    "SELECT c.id AS customer_id, c.grid_id, c.name, c.address, c.lon, c.lat,"
    " (SELECT v.choice FROM customer_value v"
    "   WHERE v.customer_id = c.id AND v.field = 'credit_code' AND v.shown LIMIT 1) AS code,"
    " coalesce(q.phones, '{}') AS phones, coalesce(q.people, '{}') AS people,"
    " coalesce(q.called, '{}') AS called"
    " FROM customer c CROSS JOIN LATERAL ("
    "   SELECT array_agg(DISTINCT t.phone_index) FILTER (WHERE t.phone_index IS NOT NULL) AS phones,"
    "   array_agg(DISTINCT p.id) FILTER (WHERE m.relation IN ('owner', 'legal_person')) AS people,"
    # a contact that was made of the phone alone bears the name of the business
    "   array_agg(DISTINCT p.name) FILTER ("
    "     WHERE m.relation IN ('owner', 'legal_person') AND p.name <> c.name) AS called"
    "   FROM membership m JOIN person p ON p.id = m.person_id"
    "   LEFT JOIN person_contact t ON t.person_id = p.id"
    "   WHERE m.customer_id = c.id AND m.until_on IS NULL) q"
    " WHERE c.kind = 'business' AND c.status = 'active'"
)
_WHERE = {
    DuplicatePair: text(
        "SELECT m.customer_id, o.customer_id AS other_id FROM duplicate_pair d"
        " JOIN membership m ON m.person_id = d.person_id AND m.in_household AND m.until_on IS NULL"
        " JOIN membership o ON o.person_id = d.other_id AND o.in_household AND o.until_on IS NULL"
        " WHERE d.id = ANY(:ids)"
    ),
    BusinessPair: text("SELECT customer_id, other_id FROM business_pair WHERE id = ANY(:ids)"),
}
# people of a household that came from another branch, where the other one lives who may be them
_MET = text(
    "SELECT d.id FROM customer c"
    " JOIN membership m ON m.customer_id = c.id AND m.in_household AND m.until_on IS NULL"
    " JOIN duplicate_pair d ON d.state = 'open' AND m.person_id IN (d.person_id, d.other_id)"
    " JOIN membership o ON o.person_id IN (d.person_id, d.other_id) AND o.person_id <> m.person_id"
    "   AND o.in_household AND o.until_on IS NULL"
    " JOIN customer e ON e.id = o.customer_id AND e.id <> c.id AND e.status = 'active'"
    " WHERE c.id = :id AND c.status = 'active' AND c.branch_id = e.branch_id AND c.branch_id <> ("
    "   SELECT p.branch_id FROM customer_past p WHERE p.customer_id = c.id"
    "   ORDER BY p.ended_at DESC, p.id DESC LIMIT 1)"
)


Pair = type[DuplicatePair] | type[BusinessPair]


@dataclass(frozen=True, slots=True)
class Found:
    """What a comparison came to: people and businesses compared, and pairs that are open now, new, and open
    no more."""

    people: int
    shops: int
    open: int
    new: int
    gone: int


async def compare_people(ctx: JobContext, _payload: Mapping[str, Any]) -> None:
    """`customers.people_due`, nightly."""
    await find(ctx.unit)


async def find(units: Units) -> Found:
    """Compares all people, and all businesses, and keeps what it finds. Needs the system's sight."""
    async with units() as uow:
        least = int(await policy.figure(uow, "duplicate_least_per_mille"))
    with Comparison() as comparison:
        await _read(units, _PEOPLE, lambda rows: comparison.add([Someone(*row) for row in rows]))
        people = comparison.people, await asyncio.to_thread(comparison.likely, least)
    with ShopComparison() as comparing:
        await _read(units, _SHOPS, lambda rows: comparing.add([Shop(*row) for row in rows]))
        shops = comparing.shops, await asyncio.to_thread(comparing.likely, least)
    async with units() as uow:
        open_now = new = gone = 0
        for pair, (_, likely) in ((DuplicatePair, people), (BusinessPair, shops)):
            counts = await _keep(uow, pair, likely)
            open_now, new, gone = open_now + counts[0], new + counts[1], gone + counts[2]
        found = Found(people[0], shops[0], open_now, new, gone)
        detail = {"people": found.people, "shops": found.shops, "open": found.open, "new": found.new}
        uow.audit("duplicates.compare", "bank", "people", detail)
        return found


async def _read(units: Units, statement: TextClause, add: Callable[[Sequence[Any]], None]) -> None:
    async with units() as uow:
        rows = await uow.session.stream(statement, execution_options={"yield_per": BATCH})
        async for batch in rows.partitions(BATCH):
            await asyncio.to_thread(add, batch)


async def _keep(uow: UnitOfWork, pair: Pair, likely: Sequence[Likely]) -> tuple[int, int, int]:
    """Pairs somebody has spoken of stay as they are; open ones that nothing speaks for any more go. How many
    are open, new and gone."""
    low = _low(pair)
    rows = await uow.session.execute(select(low, pair.other_id).where(pair.state == "open"))
    before = {(row[0], row[1]) for row in rows}
    now = {(one.one_id, one.other_id) for one in likely}
    new: list[UUID] = []
    for start in range(0, len(likely), PAIRS):
        new += await _write(uow, pair, likely[start : start + PAIRS])
    await _tell(uow, pair, new, "night" if pair is DuplicatePair else "shops")
    for one, other in before - now:
        await uow.session.execute(
            delete(pair).where(low == one, pair.other_id == other, pair.state == "open")
        )
    count = await uow.session.scalar(select(func.count()).select_from(pair).where(pair.state == "open"))
    return count or 0, len(new), len(before - now)


def _low(pair: Pair) -> InstrumentedAttribute[UUID]:
    """The column of the smaller id."""
    return pair.person_id if issubclass(pair, DuplicatePair) else pair.customer_id


async def on_moved(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`customers.moved` {customer_id}: a head handed over a household of which somebody may be somebody
    here."""
    met = await uow.session.scalars(_MET, {"id": UUID(payload["customer_id"])})
    await _tell(uow, DuplicatePair, met.all(), payload["customer_id"])


async def _tell(uow: UnitOfWork, pair: Pair, new: Sequence[UUID], why: str) -> None:
    """Whoever may decide hears of new pairs, once for each `why` a day: who looks after both households, else
    the heads of their branch, or of both."""
    counts: Counter[UUID] = Counter()
    rows = await uow.session.execute(_WHERE[pair], {"ids": list(new[:TOLD])})
    for row in rows.all():
        one = await uow.session.get_one(Customer, row.customer_id)
        other = await uow.session.get_one(Customer, row.other_id)
        deciders = set(await who_decides(uow, one)) & set(await who_decides(uow, other))
        branches = {one.branch_id, other.branch_id}
        if len(branches) > 1 and pair is not DuplicatePair:
            continue  # businesses of two branches are shown to nobody (decision 0030)
        if not deciders:
            for branch in branches:
                deciders |= set(await identity.heads_of(uow, branch))
        counts.update(deciders)
    for person, count in counts.items():
        dedupe = f"duplicates:{why}:{uow.today}:{person}"
        await notify.send(uow, person, "duplicates_found", {"count": count}, dedupe=dedupe)


async def _write(uow: UnitOfWork, pair: Pair, likely: Sequence[Likely]) -> list[UUID]:
    """The ids of the pairs that are new."""
    low = _low(pair).key
    row = insert(pair)
    written = await uow.session.execute(
        row.values(
            [
                {
                    "id": uuid7(),
                    low: one.one_id,
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
            index_elements=[low, "other_id"],
            set_={"per_mille": row.excluded.per_mille, "reasons": row.excluded.reasons},
            where=(pair.state == "open") & (pair.per_mille != row.excluded.per_mille),
        )
        .returning(pair.id, pair.found_at)
    )
    return [one.id for one in written if one.found_at == uow.now]
