"""How what is about a household that was merged goes along: commands that name it, and other domains' rows,
which also go back with it. The latter for jobs, with the system's sight."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import select

from backend.customers.errors import MergedAway
from backend.customers.models import CustomerMove, Membership
from backend.kernel.commands import Applied
from backend.kernel.uow import UnitOfWork


async def merged_on(uow: UnitOfWork, customer_id: UUID) -> tuple[UUID, UUID] | None:
    """(move, household) of the merge in which a household became part of another; None for one of its own.

    Merges that follow one another are followed in any order: who moves rows to a household asks this of it
    next.
    """
    row = (
        await uow.session.execute(
            select(CustomerMove.id, CustomerMove.other_id).where(
                CustomerMove.customer_id == customer_id,
                CustomerMove.kind == "merge",
                CustomerMove.undone_at.is_(None),
            )
        )
    ).one_or_none()
    return (row.id, row.other_id) if row is not None else None


async def stands(uow: UnitOfWork, move_id: UUID) -> bool:
    """Whether a merge has not been taken back; it stays so until the transaction ends. Job only."""
    row = await uow.session.get_one(CustomerMove, move_id, with_for_update=True)
    return row.undone_at is None


async def note_followed(uow: UnitOfWork, move_id: UUID, what: str, ids: list[str]) -> None:
    """Another domain's rows went along with a merge; they go back with it. Job only."""
    row = await uow.session.get_one(CustomerMove, move_id, with_for_update=True)
    row.detail = row.detail | {what: sorted({*row.detail.get(what, []), *ids})}
    await uow.session.flush()


async def followed(uow: UnitOfWork, move_id: UUID, what: str) -> list[UUID]:
    """Which of another domain's rows went along with a merge. Job only."""
    row = await uow.session.get_one(CustomerMove, move_id)
    return [UUID(one) for one in row.detail.get(what, [])]


async def follow(
    uow: UnitOfWork, body: Any, apply: Callable[[Any], Awaitable[Applied]], *, adds: bool = False
) -> Applied:
    """Applies a body that names its customer; one about a merged household lands on what that is part of.

    `adds`: it only adds, so that its author need not hold the ground on which that household lives.
    """
    try:
        return await apply(body)
    except MergedAway as away:
        into = replace(body, customer_id=away.into)
        if adds:
            async with uow.widened("the author held the household that became part", [*away.grid_ids]):
                applied = await apply(into)
        else:
            applied = await apply(into)
        alias = {str(body.customer_id): str(away.into)}
        return Applied(applied.lost, {**(applied.alias or {}), **alias})


async def stand_in(uow: UnitOfWork, member_id: UUID) -> UUID | None:
    """The membership of the entry that a member's has become part of, as both are one person; None for one
    that stands. Needs the system's sight."""
    found = await made_one(uow, member_id, "merge", "person")
    if found is None:
        return None
    into = UUID(found[1]["into_member"])
    return await stand_in(uow, into) or into


async def made_one(
    uow: UnitOfWork, member_id: UUID, *kinds: str
) -> tuple[CustomerMove, dict[str, Any]] | None:
    """The move of one of these kinds that made a member's entry part of another and was not taken back, and
    what it noted of the two. Needs the system's sight."""
    moves = await uow.session.scalars(
        select(CustomerMove)
        .join(Membership, Membership.customer_id == CustomerMove.customer_id)
        .where(
            Membership.id == member_id,
            CustomerMove.kind.in_(kinds),
            CustomerMove.undone_at.is_(None),
        )
    )
    for move in moves.all():
        # merges of before businesses were merged know of nobody who is in both by one entry
        for one in (*move.detail.get("people", []), *move.detail.get("doubles", [])):
            if one["member"] == str(member_id):
                return move, one
    return None


async def named_now(uow: UnitOfWork, body: Any, *, member: str) -> Any:
    """A body that names a member by its field `member`, about whom that member is by now."""
    named = getattr(body, member)
    async with uow.elevated("who stands for a member is no look at them"):
        into = await stand_in(uow, named)
        if into is None:
            return body
        gone = await uow.session.get_one(Membership, named)
        stays = await uow.session.get_one(Membership, into)
    changes: dict[str, Any] = {member: into}
    for name in ("person_id", "signed_by"):
        if getattr(body, name, None) == gone.person_id:
            changes[name] = stays.person_id
    return replace(body, **changes)
