"""Whose a customer is, and which partitions hold it."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import or_, select, update

from backend.customers.models import Customer
from backend.kernel.uow import UnitOfWork


def books_for(grid_id: UUID | None, owner_id: UUID | None, manager_id: UUID | None) -> list[str]:
    """The partitions that hold a customer: its grid, and its owner's care if the owner is not the grid's
    manager."""
    books = [f"grid:{grid_id}"] if grid_id else []
    if owner_id is not None and (grid_id is None or owner_id != manager_id):
        books.append(f"care:{owner_id}")
    return books


async def in_wrong_books(uow: UnitOfWork, grid_id: UUID, manager_id: UUID | None) -> list[Customer]:
    """The customers of a grid whose books do not follow from owner and manager, locked in order. Job only."""
    rows = await uow.session.scalars(
        select(Customer)
        .where(Customer.grid_id == grid_id)
        .order_by(Customer.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return [
        row
        for row in rows
        if row.status == "active" and row.books != books_for(row.grid_id, row.owner_id, manager_id)
    ]


async def of_other_branches(uow: UnitOfWork, grid_id: UUID, branch_id: UUID) -> list[Customer]:
    """The customers of a grid that are not of its branch, locked in order. Job only."""
    rows = await uow.session.scalars(
        select(Customer)
        .where(Customer.grid_id == grid_id, Customer.branch_id != branch_id)
        .order_by(Customer.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def hand_over(uow: UnitOfWork, grid_id: UUID, before: Iterable[UUID], owner_id: UUID) -> None:
    """The customers of a grid that its former manager owned, or nobody, become the new manager's. Job
    only."""
    theirs = (
        Customer.grid_id == grid_id,
        or_(Customer.owner_id.in_(list(before)), Customer.owner_id.is_(None)),
        Customer.owner_id.is_distinct_from(owner_id),
    )
    # an update takes them as they lie: jobs of one grid would wait for each other
    await uow.session.execute(
        select(Customer.id).where(*theirs).order_by(Customer.id).with_for_update(key_share=True)
    )
    moved = await uow.session.execute(
        update(Customer)
        .where(*theirs)
        .values(owner_id=owner_id)
        .returning(Customer.id, Customer.books)
        .execution_options(synchronize_session=False)
    )
    count = 0
    for customer_id, books in moved:
        uow.touch_all(books, "customer", customer_id)
        count += 1
    if count:
        uow.audit("customer.hand_over", "grid", grid_id, {"to": str(owner_id), "customers": count})
