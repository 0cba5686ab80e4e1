"""How other domains' rows go along with a merge, and back with it. For jobs, with the system's sight."""

from uuid import UUID

from sqlalchemy import select

from backend.customers.models import CustomerMove
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
