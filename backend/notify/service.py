"""Inbox items and push subscriptions."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, update
from sqlalchemy.dialects.postgresql import insert

from backend.kernel.actor import Role
from backend.kernel.ids import uuid7
from backend.kernel.settings import Settings
from backend.kernel.uow import UnitOfWork
from backend.notify import errors
from backend.notify.models import InboxItem, PushSubscription
from backend.notify.rules import URGENCIES, endpoint_allowed, keys_valid
from backend.notify.schemas import Subscription


async def send(
    uow: UnitOfWork,
    staff_id: UUID,
    kind: str,
    params: Mapping[str, Any],
    *,
    dedupe: str,
    urgency: str = "normal",
) -> UUID | None:
    """Puts an item into a person's inbox; the push follows after the commit.

    `params`: ids and counts only, the phone makes the words. `dedupe`: the same message is sent once, whoever
    asks again; then None is returned. `urgency`: low, normal or urgent (which does not wait for the morning).
    """
    if urgency not in URGENCIES:
        raise ValueError(f"no such urgency: {urgency}")
    item_id = uuid7()
    async with AsyncExitStack() as stack:
        if uow.actor.role is not Role.system and uow.actor.staff_id != staff_id:
            await stack.enter_async_context(uow.elevated("a message to somebody else"))
        added = await uow.session.scalar(
            insert(InboxItem)
            .values(
                id=item_id,
                staff_id=staff_id,
                kind=kind,
                params=dict(params),
                urgency=urgency,
                dedupe=dedupe,
                created_at=uow.now,
            )
            .on_conflict_do_nothing(index_elements=["dedupe"])
            .returning(InboxItem.id)
        )
    if added is None:
        return None
    uow.touch(f"staff:{staff_id}", "inbox", item_id)
    uow.emit("notify.item_created", {"inbox_id": str(item_id)})
    return item_id


async def withdraw(uow: UnitOfWork, staff_id: UUID, *, dedupe: str) -> None:
    """Takes an item back that was sent with this `dedupe`, where what it is about is not theirs any more: it
    leaves their phones and is pushed no more. The row stays, as sent and seen to; nobody is told twice."""
    async with AsyncExitStack() as stack:
        if uow.actor.role is not Role.system and uow.actor.staff_id != staff_id:
            await stack.enter_async_context(uow.elevated("a message to somebody else"))
        found = await uow.session.scalar(
            update(InboxItem)
            .where(InboxItem.staff_id == staff_id, InboxItem.dedupe == dedupe)
            .values(read_at=func.coalesce(InboxItem.read_at, uow.now))
            .returning(InboxItem.id)
        )
    if found is not None:
        uow.touch(f"staff:{staff_id}", "inbox", found, gone=True)


async def mark_read(uow: UnitOfWork, ids: Sequence[UUID], at: datetime) -> None:
    """The actor has seen these items; those of others, and those read before, stay as they are."""
    staff_id = uow.actor.require_staff()
    read = await uow.session.scalars(
        update(InboxItem)
        .where(InboxItem.id.in_(ids), InboxItem.staff_id == staff_id, InboxItem.read_at.is_(None))
        .values(read_at=at)
        .returning(InboxItem.id)
    )
    for item_id in read:
        uow.touch(f"staff:{staff_id}", "inbox", item_id)


async def subscribe(uow: UnitOfWork, settings: Settings, wanted: Subscription) -> None:
    """Takes a browser's subscription for the session's person and phone, in place of the phone's earlier one.

    Phones send it again at each start, since browsers change it. Raises Problem `push_endpoint_refused`,
    `malformed`, `not_enrolled`.
    """
    if not endpoint_allowed(wanted.endpoint, settings.push_allow_hosts, settings.push_test_hosts):
        raise errors.endpoint_refused()
    if not keys_valid(wanted.keys.p256dh, wanted.keys.auth):
        raise errors.keys_refused()
    staff_id, installation_id = uow.actor.require_staff(), uow.actor.installation_id
    if installation_id is None:
        raise errors.not_enrolled()
    async with uow.elevated("the same browser may have served another person before"):
        await uow.session.execute(
            delete(PushSubscription).where(
                or_(
                    PushSubscription.endpoint == wanted.endpoint,
                    PushSubscription.installation_id == installation_id,
                ),
                ~(
                    (PushSubscription.endpoint == wanted.endpoint)
                    & (PushSubscription.staff_id == staff_id)
                    & (PushSubscription.installation_id == installation_id)
                ),
            )
        )
    row = {
        "id": uuid7(),
        "staff_id": staff_id,
        "installation_id": installation_id,
        "endpoint": wanted.endpoint,
        "p256dh": wanted.keys.p256dh,
        "auth": wanted.keys.auth,
        "created_at": uow.now,
        "seen_at": uow.now,
    }
    renewed = {name: row[name] for name in ("p256dh", "auth", "seen_at")}
    await uow.session.execute(
        insert(PushSubscription).values(row).on_conflict_do_update(index_elements=["endpoint"], set_=renewed)
    )


async def unsubscribe(uow: UnitOfWork) -> None:
    """Ends the reminders on the session's phone."""
    await uow.session.execute(
        delete(PushSubscription).where(
            PushSubscription.staff_id == uow.actor.require_staff(),
            PushSubscription.installation_id == uow.actor.installation_id,
        )
    )


async def forget_phones(uow: UnitOfWork, installations: Sequence[UUID]) -> None:
    """Drops the subscriptions of phones that were withdrawn or where nobody is signed in."""
    await uow.session.execute(
        delete(PushSubscription).where(PushSubscription.installation_id.in_(installations))
    )
