"""Records that name another customer (a partner): where that one became part of a third they name the third,
and the one again when that is taken back."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import text

from backend.customers import followers, queries
from backend.customers.record_kinds import CUSTOMER_FIELD, linked
from backend.customers.schemas import PutRecord
from backend.kernel.uow import UnitOfWork

#: under which a merge notes them
PARTNERS = "partners"

# nobody is their own partner: a record of the one that stays goes on naming the one that went
_RENAME = text(
    "UPDATE file_record r SET detail = jsonb_set(r.detail, ARRAY[:field], to_jsonb(CAST(:now AS text)))"
    " FROM customer c WHERE c.id = r.customer_id AND r.detail ->> 'customer' = :was AND c.id <> :other"
    " AND (CAST(:only AS uuid[]) IS NULL OR r.id = ANY(:only))"
    " RETURNING r.id, c.books, r.removed_at"
)


async def follow_merge(uow: UnitOfWork, move_id: UUID, old: UUID, new: UUID) -> None:
    """A customer became part of another: whoever names the one names the other, noted for the way back. Job
    only."""
    if not await followers.stands(uow, move_id):
        return
    step: tuple[UUID, UUID] | None = (move_id, new)
    while step is not None:
        # the other may have become part of a third before this job ran
        moved = await _rename(uow, old, step[1])
        await followers.note_followed(uow, step[0], PARTNERS, moved)
        old = step[1]
        step = await followers.merged_on(uow, old)


async def follow_unmerge(uow: UnitOfWork, move_id: UUID, old: UUID, new: UUID) -> None:
    """The merge was a mistake: what named the one names it again; what was written since stays. Job only."""
    await _rename(uow, old, new, await followers.followed(uow, move_id, PARTNERS))


async def _rename(uow: UnitOfWork, was: UUID, now: UUID, only: Sequence[UUID] | None = None) -> list[str]:
    """The ids of the records that name another customer from now on."""
    given = {
        "field": CUSTOMER_FIELD,
        "was": str(was),
        "now": str(now),
        "other": now,
        "only": None if only is None else list(only),
    }
    rows = (await uow.session.execute(_RENAME, given)).all()
    for row in rows:
        if row.removed_at is None:
            uow.touch_all(row.books, "record", row.id)
    return [str(row.id) for row in rows]


async def named_now(uow: UnitOfWork, body: PutRecord) -> tuple[PutRecord, set[UUID]]:
    """A record as it would be said today: who it names, and was seen to name, by whom they are part of. And
    whom its author may name: who names a customer in sight names whoever that is by now."""
    named = linked(body.kind, body.detail)
    if body.seen is not None:
        named += linked(body.kind, body.seen.detail)
    now: dict[UUID, UUID] = {}
    for one in await queries.visible(uow, named):
        now[one.id] = (await queries.merged_away(uow, one.id)).into if one.status == "merged" else one.id
    into = {str(one): str(other) for one, other in now.items() if other != body.customer_id}
    seen = body.seen and replace(body.seen, detail=_named(body.seen.detail, into))
    said = replace(body, detail=_named(body.detail, into), seen=seen)
    return said, set(now.values()) - {body.customer_id}


def _named(detail: dict[str, Any], into: dict[str, str]) -> dict[str, Any]:
    named = detail.get(CUSTOMER_FIELD)
    return detail | {CUSTOMER_FIELD: into[named]} if named in into else detail
