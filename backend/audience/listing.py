"""Who is chosen, by name: page by page on the screen, or as a file. Each look is in the audit trail."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from backend.audience import queries
from backend.audience.errors import malformed, too_many_rows
from backend.audience.groups import node_of, seen
from backend.audience.memory import Memory
from backend.audience.rules import FOR_A_PURPOSE, MOST_EXPORTED, PAGE, Scope
from backend.audience.schemas import AnyCondition, Asked, Export, Listed, ListPage
from backend.audience.service import read, scope_for, vocabulary
from backend.audience.tree import Contains, Kept, Node, leaves
from backend.identity import api as identity
from backend.kernel.actor import Actor
from backend.kernel.errors import purpose_needed
from backend.kernel.sheets import Cell, as_file
from backend.kernel.uow import Database, UnitOfWork
from backend.strategy import api as strategy

#: heads of the columns
_HEADS = {
    "zh": ("客户", "类型", "村组", "乡镇", "层级", "客户经理"),
    "en": ("Customer", "Kind", "Village", "Township", "Tier", "Account manager"),
}
_KINDS = {
    "zh": {"household": "户", "business": "经营主体"},
    "en": {"household": "Household", "business": "Business"},
}


async def ahead(database: Database, actor: Actor, packed: Memory, asked: Asked | Export) -> list[UUID] | None:
    """Of a whole bank, among whom the next by name are, from memory: to put a million names in order takes
    the database seconds. None where it is to look for itself. Raises as `service.count`, and Problem
    `not_found`."""
    if actor.role not in FOR_A_PURPOSE:
        return None
    async with database.unit(actor) as uow:
        scope = scope_for(uow)
        words = await vocabulary(uow)
        node = await _meant(uow, asked.choice, asked.group_id)
    if any(isinstance(one, Contains | Kept) for one in leaves(node)):
        return None
    after, most = (asked.after, PAGE) if isinstance(asked, Asked) else (None, MOST_EXPORTED)
    # outside the unit of work, as counts are
    return await packed.first(words, scope, node, after, most + 1)


async def page(uow: UnitOfWork, asked: Asked, among: Sequence[UUID] | None = None) -> ListPage:
    """Up to a page of those who are chosen; `among`: from `ahead`. Raises as `service.count`, and Problem
    `purpose_needed`, `not_found`, `too_many_look_ups`."""
    scope = scope_for(uow)
    if uow.actor.role in FOR_A_PURPOSE and asked.purpose is None:
        raise purpose_needed()
    node = await _meant(uow, asked.choice, asked.group_id)
    await identity.count_look_up(uow)
    rows = await _in_order(uow, node, scope, asked.after, PAGE + 1, among)
    customers = await _listed(uow, rows[:PAGE])
    detail = {**_what(asked.choice, asked.group_id), "found": [str(one.id) for one in customers]}
    if asked.purpose is not None:
        detail["purpose"] = asked.purpose
    uow.audit("audience.listed", "branch", uow.actor.branch_id or "", detail)
    return ListPage(customers, more=len(rows) > PAGE)


async def file(uow: UnitOfWork, asked: Export, among: Sequence[UUID] | None = None) -> bytes:
    """Those who are chosen as CSV or XLSX, with nothing in it that a table program would run. Raises as
    `page`, and Problem `too_many_rows`."""
    scope = scope_for(uow)
    node = await _meant(uow, asked.choice, asked.group_id)
    await identity.count_look_up(uow)
    rows = await _in_order(uow, node, scope, None, MOST_EXPORTED + 1, among)
    if len(rows) > MOST_EXPORTED:
        raise too_many_rows(MOST_EXPORTED)
    tiers = {
        option.code: option.words.zh if asked.language == "zh" else option.words.en
        for option in (await strategy.catalogue_in_force(uow)).choices["tier"].options
    }
    cells = (_cells(one, asked.language, tiers) for one in await _listed(uow, rows))
    content = as_file(asked.format, _HEADS[asked.language], cells)
    detail = {
        **_what(asked.choice, asked.group_id),
        "purpose": asked.purpose,
        "count": len(rows),
        "format": asked.format,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    uow.audit("audience.exported", "branch", uow.actor.branch_id or "", detail)
    return content


async def _in_order(
    uow: UnitOfWork, node: Node, scope: Scope, after: UUID | None, most: int, among: Sequence[UUID] | None
) -> Sequence[Any]:
    rows = await queries.page(uow, node, scope, after, most, among)
    if among is not None and len(rows) < most <= len(among):
        # some of them changed a moment ago, and others may have come in their place
        return await queries.page(uow, node, scope, after, most)
    return rows


def _cells(one: Listed, language: str, tiers: Mapping[str, str]) -> Sequence[Cell]:
    kind, tier = _KINDS[language][one.kind], tiers.get(one.tier or "", one.tier)
    return one.name, kind, one.grid_name, one.township, tier, one.owner_name


async def _meant(uow: UnitOfWork, choice: AnyCondition | None, group_id: UUID | None) -> Node:
    if (choice is None) == (group_id is None):
        raise malformed("Give a choice or a group.")
    return await read(uow, choice) if choice is not None else await node_of(uow, await seen(uow, group_id))


def _what(choice: AnyCondition | None, group_id: UUID | None) -> dict[str, Any]:
    return {"group": str(group_id)} if choice is None else {"choice": msgspec.to_builtins(choice)}


async def _listed(uow: UnitOfWork, rows: Sequence[Any]) -> list[Listed]:
    people = await identity.staff_of(uow, [row.owner_id for row in rows if row.owner_id is not None])
    return [
        Listed(
            row.id,
            row.kind,
            row.name,
            row.grid_name,
            row.township,
            row.tier,
            people[row.owner_id].name if row.owner_id in people else None,
        )
        for row in rows
    ]
