"""Counts and rows of the customers who meet a choice, by a scan of PostgreSQL's."""

from uuid import UUID

from sqlalchemy import text

from backend.audience.rules import Scope
from backend.audience.scanning import OF_CUSTOMERS, where
from backend.audience.tree import Node
from backend.kernel.uow import UnitOfWork

IN_TOWNSHIPS = text("SELECT id FROM grid WHERE township = ANY(CAST(:names AS text[]))")


async def count(uow: UnitOfWork, node: Node, scope: Scope) -> int:
    """How many active customers of `scope` meet the choice."""
    found = where(node, scope)
    statement = text(f"SELECT count(*) {OF_CUSTOMERS} WHERE {found.sql}")
    return int(await uow.session.scalar(statement, found.values) or 0)


async def grids_of_townships(uow: UnitOfWork, names: list[str]) -> frozenset[UUID]:
    """The grids that lie in townships of these names."""
    return frozenset(await uow.session.scalars(IN_TOWNSHIPS, {"names": names}))
