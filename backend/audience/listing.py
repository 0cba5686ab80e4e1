"""Who is chosen, by name: page by page on the screen, or as a file. Each look is in the audit trail."""

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from backend.audience import queries
from backend.audience.errors import malformed, too_many_rows
from backend.audience.groups import node_of, seen
from backend.audience.rules import FOR_A_PURPOSE, MOST_EXPORTED, PAGE, harmless
from backend.audience.schemas import AnyCondition, Asked, Export, Listed, ListPage
from backend.audience.service import read, scope_for
from backend.audience.tree import Node
from backend.identity import api as identity
from backend.kernel.errors import purpose_needed
from backend.kernel.uow import UnitOfWork
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


async def page(uow: UnitOfWork, asked: Asked) -> ListPage:
    """Up to a page of those who are chosen. Raises as `service.count`, and Problem `purpose_needed`,
    `not_found`, `too_many_look_ups`."""
    scope = scope_for(uow)
    if uow.actor.role in FOR_A_PURPOSE and asked.purpose is None:
        raise purpose_needed()
    node = await _meant(uow, asked.choice, asked.group_id)
    await identity.count_look_up(uow)
    rows = await queries.page(uow, node, scope, asked.after, PAGE + 1)
    customers = await _listed(uow, rows[:PAGE])
    detail = {**_what(asked.choice, asked.group_id), "found": [str(one.id) for one in customers]}
    if asked.purpose is not None:
        detail["purpose"] = asked.purpose
    uow.audit("audience.listed", "branch", uow.actor.branch_id or "", detail)
    return ListPage(customers, more=len(rows) > PAGE)


async def file(uow: UnitOfWork, asked: Export) -> bytes:
    """Those who are chosen as CSV (UTF-8 with its mark, so that a table program reads the characters), with
    nothing in it that a table program would run. Raises as `page`, and Problem `too_many_rows`."""
    scope = scope_for(uow)
    node = await _meant(uow, asked.choice, asked.group_id)
    await identity.count_look_up(uow)
    rows = await queries.page(uow, node, scope, None, MOST_EXPORTED + 1)
    if len(rows) > MOST_EXPORTED:
        raise too_many_rows(MOST_EXPORTED)
    tiers = {
        option.code: option.words.zh if asked.language == "zh" else option.words.en
        for option in (await strategy.catalogue_in_force(uow)).choices["tier"].options
    }
    content = _csv(await _listed(uow, rows), asked.language, tiers)
    detail = {
        **_what(asked.choice, asked.group_id),
        "purpose": asked.purpose,
        "count": len(rows),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    uow.audit("audience.exported", "branch", uow.actor.branch_id or "", detail)
    return content


def _csv(customers: Sequence[Listed], language: str, tiers: Mapping[str, str]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_HEADS[language])
    for one in customers:
        cells = (
            one.name,
            _KINDS[language][one.kind],
            one.grid_name,
            one.township,
            tiers.get(one.tier or "", one.tier),
            one.owner_name,
        )
        writer.writerow([harmless(cell or "") for cell in cells])
    return text.getvalue().encode("utf-8-sig")


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
