"""Reads of inbox items and push subscriptions."""

from collections.abc import Sequence
from datetime import datetime, time
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import distinct_on

from backend.kernel.uow import UnitOfWork
from backend.notify.models import InboxItem, PushDelivery, PushSubscription
from backend.notify.rules import is_quiet
from backend.policy import api as policy


async def items(uow: UnitOfWork, ids: Sequence[UUID]) -> list[InboxItem]:
    """Items by id, as far as the caller may see them."""
    return list(await uow.session.scalars(select(InboxItem).where(InboxItem.id.in_(ids))))


async def subscriptions_of(uow: UnitOfWork, staff_id: UUID) -> list[PushSubscription]:
    """A person's subscriptions, oldest first."""
    return list(
        await uow.session.scalars(
            select(PushSubscription)
            .where(PushSubscription.staff_id == staff_id)
            .order_by(PushSubscription.created_at, PushSubscription.id)
        )
    )


async def waiting_items(uow: UnitOfWork, since: datetime) -> list[UUID]:
    """Per person the newest unread item since `since`, if no push of any was tried: what the night held
    back."""
    tried = exists().where(PushDelivery.inbox_id == InboxItem.id)
    reachable = exists().where(PushSubscription.staff_id == InboxItem.staff_id)
    return list(
        await uow.session.scalars(
            select(InboxItem.id)
            .ext(distinct_on(InboxItem.staff_id))
            .where(InboxItem.created_at >= since, InboxItem.read_at.is_(None), ~tried, reachable)
            .order_by(InboxItem.staff_id, InboxItem.created_at.desc())
        )
    )


async def quiet_now(uow: UnitOfWork) -> bool:
    """Whether only urgent items may be pushed at this hour (policy figures, local time)."""
    begins = time.fromisoformat(str(await policy.figure(uow, "notify_quiet_from")))
    ends = time.fromisoformat(str(await policy.figure(uow, "notify_quiet_to")))
    return is_quiet(uow.clock.local(uow.now).time(), begins, ends)
