"""Groups that are kept: made, called otherwise, removed and brought back by whoever made them.

Seen by their owner and the heads of the owner's branch, head office's by its business department: each counts
and lists among their own customers.
"""

from uuid import UUID

import msgspec

from backend.audience import queries
from backend.audience.errors import group_taken
from backend.audience.models import AudienceGroup
from backend.audience.schemas import AnyCondition, Choice, Counted, Group, GroupList, NewGroup
from backend.audience.service import EVERYBODY, read, scope_for
from backend.audience.tree import Kept, Node
from backend.identity import api as identity
from backend.kernel.clock import millis
from backend.kernel.errors import not_allowed, not_found
from backend.kernel.uow import UnitOfWork


async def listed(uow: UnitOfWork) -> GroupList:
    """The groups that the asker may see. Raises Problem `not_allowed`."""
    scope_for(uow)
    return GroupList(await _shown(uow, list(await queries.groups(uow))))


async def make(uow: UnitOfWork, new: NewGroup) -> Group:
    """Keeps a group; the same one again changes nothing. Raises as `service.count`, and Problem
    `id_taken`."""
    scope = scope_for(uow)
    node = await read(uow, new.choice)
    me = uow.actor.require_staff()
    choice = msgspec.to_builtins(new.choice)
    before = await queries.group(uow, new.id)
    if before is not None:
        if (before.owner_id, before.choice, before.fixed) != (me, choice, new.fixed):
            raise group_taken()
        return (await _shown(uow, [before]))[0]
    group = AudienceGroup(
        id=new.id,
        owner_id=me,
        branch_id=uow.actor.branch_id,
        name=new.name.strip(),
        why=new.why.strip(),
        choice=choice,
        fixed=new.fixed,
        size=0,
        made_at=uow.now,
        changed_at=uow.now,
        removed_at=None,
    )
    uow.session.add(group)
    await uow.session.flush()
    if new.fixed:
        group.size = await queries.keep_members(uow, group.id, node, scope)
    uow.audit("audience.kept", "group", group.id, {"choice": choice, "fixed": new.fixed, "size": group.size})
    return (await _shown(uow, [group]))[0]


async def rename(uow: UnitOfWork, group_id: UUID, name: str) -> Group:
    """Calls one's own group otherwise. Raises Problem `not_found`, `not_allowed`."""
    group = await _own(uow, group_id)
    group.name, group.changed_at = name.strip(), uow.now
    uow.audit("audience.renamed", "group", group.id, {})
    return (await _shown(uow, [group]))[0]


async def remove(uow: UnitOfWork, group_id: UUID, *, back: bool) -> Group:
    """Removes one's own group, or brings it back. Raises Problem `not_found`, `not_allowed`."""
    group = await _own(uow, group_id)
    if (group.removed_at is None) != (not back):
        return (await _shown(uow, [group]))[0]
    group.removed_at = None if back else uow.now
    uow.audit("audience.restored" if back else "audience.removed", "group", group.id, {})
    return (await _shown(uow, [group]))[0]


async def seen(uow: UnitOfWork, group_id: UUID | None) -> AudienceGroup:
    """A group that the asker may see and that is not removed. Raises Problem `not_allowed`, `not_found`."""
    scope_for(uow)
    group = None if group_id is None else await queries.group(uow, group_id)
    if group is None or group.removed_at is not None:
        raise not_found("Group")
    return group


async def node_of(uow: UnitOfWork, group: AudienceGroup) -> Node:
    """Whom a group holds."""
    return Kept(group.id) if group.fixed else await read(uow, _choice(group))


async def count(uow: UnitOfWork, group_id: UUID) -> Counted:
    """How many of the asker's customers a group holds today. Raises as `service.count`, and Problem
    `not_found`."""
    scope = scope_for(uow)
    node = await node_of(uow, await seen(uow, group_id))
    found, of = [await queries.count(uow, one, scope) for one in (node, EVERYBODY)]
    return Counted(found, of, millis(uow.now))


async def _own(uow: UnitOfWork, group_id: UUID) -> AudienceGroup:
    scope_for(uow)
    group = await queries.group(uow, group_id)
    if group is None:
        raise not_found("Group")
    if group.owner_id != uow.actor.staff_id:
        raise not_allowed("A group is changed by whoever made it.")
    return group


def _choice(group: AudienceGroup) -> AnyCondition:
    return msgspec.convert({"choice": group.choice}, Choice).choice


async def _shown(uow: UnitOfWork, groups: list[AudienceGroup]) -> list[Group]:
    people = await identity.staff_of(uow, [one.owner_id for one in groups])
    return [
        Group(
            one.id,
            one.name,
            one.why,
            one.fixed,
            one.size,
            _choice(one),
            one.owner_id,
            people[one.owner_id].name if one.owner_id in people else "",
            millis(one.made_at),
            one.removed_at is not None,
        )
        for one in groups
    ]
