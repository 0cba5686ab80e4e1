"""Rows that name a person go along when that person comes to live in another household. Decision 0028."""

from collections import Counter
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text

from backend.banking.shapes import HOLD_PLACES, SHAPES, TELL_ANEW, Shape
from backend.customers import api as customers
from backend.kernel.bulk import write
from backend.kernel.uow import UnitOfWork

FOLLOWING = {one.table: one for one in SHAPES.values() if one.follows}
# an import may hold the turn for minutes; the job comes again
_PATIENCE = text("SET LOCAL lock_timeout = '4s'")
_NAMED = text(
    "SELECT DISTINCT r.customer_id, r.person_id FROM ("  # noqa: S608
    + " UNION ALL ".join(f"SELECT customer_id, person_id FROM {one}" for one in FOLLOWING)  # noqa: S608
    + ") r WHERE r.customer_id = ANY(:ids) AND r.person_id IS NOT NULL"
)
_MOVED = text(
    "CREATE TEMP TABLE moved (customer_id uuid, before_id uuid, part text, counts boolean) ON COMMIT DROP"
)


def _going(shape: Shape) -> str:
    part = f"t.{shape.part}" if shape.part else "NULL::text"
    return (
        f"WITH went AS (UPDATE {shape.table} t SET customer_id = w.home,"  # noqa: S608
        "  filed_under = nullif(coalesce(t.filed_under, t.customer_id), w.home)"
        "  FROM unnest(CAST(:people AS uuid[]), CAST(:places AS uuid[]), CAST(:homes AS uuid[]))"
        "   AS w(person, place, home)"
        "  WHERE t.person_id = w.person AND t.customer_id = w.place"
        f"  RETURNING w.home, w.place, {part} AS part)"
        " INSERT INTO moved SELECT home, place, part, true FROM went RETURNING customer_id, before_id"
    )


_GOING = [text(_going(one)) for one in FOLLOWING.values()]


async def follow(uow: UnitOfWork, household_ids: Collection[UUID]) -> None:
    """What lies with these households and names somebody who lives in another one now goes there; rows of a
    business are its own, whoever they name. Job only.

    Asks where people live by now, so it may come late, twice, or after the way back.
    """
    await uow.session.execute(_PATIENCE)
    await uow.session.execute(HOLD_PLACES)
    named = (await uow.session.execute(_NAMED, {"ids": list(household_ids)})).all()
    homes = await customers.homes_of(uow, {row.person_id for row in named})
    going = [
        (row.person_id, row.customer_id, homes[row.person_id])
        for row in named
        if homes.get(row.person_id, row.customer_id) != row.customer_id
    ]
    if not going:
        return
    touched = sorted({one for _, *both in going for one in both})
    await customers.lock_inputs(uow, touched)
    people, places, there = (list(one) for one in zip(*going, strict=True))
    went: Counter[tuple[UUID, UUID]] = Counter()
    await uow.session.execute(_MOVED)
    for statement in _GOING:
        rows = await uow.session.execute(statement, {"people": people, "places": places, "homes": there})
        went.update((row.before_id, row.customer_id) for row in rows)
    for statement in TELL_ANEW["holding_part"]:
        await uow.session.execute(statement)
    for (before, after), count in sorted(went.items()):
        uow.audit("banking.followed", "customer", after, {"from": str(before), "rows": count})
    for customer_id, held in (await customers.home_books(uow, touched)).items():
        uow.touch_all(held, "standing", customer_id)
    await write(uow.session, [customers.counting_inputs(dict.fromkeys(touched, 1))])
    for customer_id in touched:
        customers.tell_inputs_changed(uow, customer_id, "members")
