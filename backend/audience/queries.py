"""Counts and rows of the customers who meet a choice, by a scan of PostgreSQL's."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text

from backend.audience.models import AudienceGroup, AudienceMember
from backend.audience.rules import MOST_GROUPS, Scope
from backend.audience.scanning import OF_CUSTOMERS, where
from backend.audience.tree import Every, Node
from backend.kernel.uow import UnitOfWork

IN_TOWNSHIPS = text("SELECT id FROM grid WHERE township = ANY(CAST(:names AS text[]))")


async def count(uow: UnitOfWork, node: Node, scope: Scope) -> int:
    """How many active customers of `scope` meet the choice."""
    found = where(node, scope)
    statement = text(f"SELECT count(*) {OF_CUSTOMERS} WHERE {found.sql}")
    return int(await uow.session.scalar(statement, found.values) or 0)


async def page(
    uow: UnitOfWork,
    node: Node,
    scope: Scope,
    after: UUID | None,
    most: int,
    among: Sequence[UUID] | None = None,
) -> Sequence[Any]:
    """Up to `most` active customers of `scope` who meet the choice, in order of name, those behind `after`:
    id, kind, name, grid_name, township, tier, owner_id. `among`: nobody else comes into question."""
    found = where(node, scope)
    only = "" if among is None else " AND c.id = ANY(CAST(:among AS uuid[]))"
    behind = " AND (c.pinyin, c.id) > (SELECT l.pinyin, l.id FROM customer l WHERE l.id = :after)"
    statement = text(
        "SELECT c.id, c.kind, c.name, g.name AS grid_name, g.township, p.tier, c.owner_id"
        f" {OF_CUSTOMERS} LEFT JOIN grid g ON g.id = c.grid_id"
        f" WHERE {found.sql}{only}{behind if after is not None else ''} ORDER BY c.pinyin, c.id LIMIT :most"
    )
    values = {**found.values, "most": most} | ({"after": after} if after is not None else {})
    values |= {} if among is None else {"among": list(among)}
    return (await uow.session.execute(statement, values)).all()


async def group(uow: UnitOfWork, group_id: UUID, *, lock: bool = False) -> AudienceGroup | None:
    """A group that the asker may see, removed ones too."""
    query = select(AudienceGroup).where(AudienceGroup.id == group_id)
    return await uow.session.scalar(query.with_for_update() if lock else query)


async def groups(uow: UnitOfWork) -> Sequence[AudienceGroup]:
    """The groups that the asker may see and that are not removed, the last changed first."""
    query = select(AudienceGroup).where(AudienceGroup.removed_at.is_(None))
    return (
        await uow.session.scalars(query.order_by(AudienceGroup.changed_at.desc()).limit(MOST_GROUPS))
    ).all()


async def keep_members(uow: UnitOfWork, group_id: UUID, node: Node, scope: Scope) -> int:
    """Fixes who meets the choice now as the group's customers; returns how many."""
    found = where(node, scope)
    statement = text(
        "WITH kept AS (INSERT INTO audience_member (group_id, customer_id)"  # noqa: S608
        f" SELECT CAST(:group_id AS uuid), c.id {OF_CUSTOMERS} WHERE {found.sql} RETURNING 1)"
        " SELECT count(*) FROM kept"
    )
    return int(await uow.session.scalar(statement, {**found.values, "group_id": group_id}) or 0)


async def owners(uow: UnitOfWork, scope: Scope) -> list[UUID]:
    """Who owns active customers of `scope`."""
    found = where(Every(()), scope)
    statement = text(
        f"SELECT DISTINCT c.owner_id FROM customer c WHERE {found.sql} AND c.owner_id IS NOT NULL"  # noqa: S608
    )
    return list(await uow.session.scalars(statement, found.values))


async def grids_of_townships(uow: UnitOfWork, names: list[str]) -> frozenset[UUID]:
    """The grids that lie in townships of these names."""
    return frozenset(await uow.session.scalars(IN_TOWNSHIPS, {"names": names}))


async def removed_before(uow: UnitOfWork, before: datetime) -> Sequence[AudienceGroup]:
    """Groups that were removed before, held against whoever brings them back. Job only."""
    query = select(AudienceGroup).where(AudienceGroup.removed_at < before).order_by(AudienceGroup.id)
    return (await uow.session.scalars(query.with_for_update())).all()


async def purge(uow: UnitOfWork, group_id: UUID) -> int:
    """Deletes a group and whom it held; returns how many. Job only."""
    of_group = AudienceMember.group_id == group_id
    gone = await uow.session.execute(delete(AudienceMember).where(of_group))
    await uow.session.execute(delete(AudienceGroup).where(AudienceGroup.id == group_id))
    return int(getattr(gone, "rowcount", 0))
