"""Handlers of notify: what becomes of an inbox item outside the app."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import delete, text, update

from backend.kernel.jobs import JobContext
from backend.kernel.uow import UnitOfWork
from backend.notify import queries, service
from backend.notify.errors import TryLater
from backend.notify.models import PushDelivery, PushSubscription
from backend.notify.push import Message, Pusher, Target

#: a message whose outcome was never recorded is sent again after this (its Topic replaces the first)
LOST_AFTER = timedelta(minutes=2)
#: refusals in a row after which a subscription is given up
MOST_REFUSALS = 20
#: how far back the morning looks for what the night held back
NIGHT = timedelta(hours=24)

# the row is written before the message leaves, so that a repeated job finds it
CLAIM = text(
    "INSERT INTO push_delivery AS d (inbox_id, subscription_id, staff_id, state, at)"
    " VALUES (:inbox, :subscription, :staff, 'sending', :now)"
    " ON CONFLICT (inbox_id, subscription_id) DO UPDATE SET state = 'sending', at = :now"
    " WHERE d.state = 'failed' OR (d.state = 'sending' AND d.at < :lost) RETURNING d.inbox_id"
)

log = structlog.get_logger("tiange.notify")


async def push_item(ctx: JobContext, payload: Mapping[str, Any]) -> None:
    """`notify.item_created` {inbox_id}: a push to each of the person's phones, at most one each.

    Nothing is sent for an item that was read meanwhile; at night only what is urgent. Raises TryLater where a
    push service asks for patience: the job comes again for those phones only.
    """
    inbox_id = UUID(payload["inbox_id"])
    async with ctx.unit() as uow:
        found = await queries.items(uow, [inbox_id])
        if not found or found[0].read_at is not None:
            return
        item = found[0]
        if item.urgency != "urgent" and await queries.quiet_now(uow):
            return
        targets = [
            Target(one.id, one.endpoint, one.p256dh, one.auth)
            for one in await queries.subscriptions_of(uow, item.staff_id)
        ]
    later = 0
    async with Pusher(ctx.settings, ctx.keys) as pusher:
        for target in targets:
            if not await _claim(ctx, inbox_id, item.staff_id, target.id):
                continue
            status = await pusher.push(target, Message(inbox_id, item.kind, item.urgency))
            later += await _record(ctx, inbox_id, target.id, status)
    if later:
        raise TryLater(f"{later} of {len(targets)} push services asked for patience")


async def push_waiting(ctx: JobContext, _payload: Mapping[str, Any]) -> None:
    """`notify.quiet_over`: one push per person for what the night held back."""
    async with ctx.unit() as uow:
        for inbox_id in await queries.waiting_items(uow, uow.now - NIGHT):
            uow.emit("notify.item_created", {"inbox_id": str(inbox_id)})


async def forget_phones(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`identity.device_revoked` {installation_id}, `identity.signed_out` {installations}: no more reminders
    there."""
    named = [*payload.get("installations", ()), payload.get("installation_id")]
    await service.forget_phones(uow, [UUID(one) for one in named if one])


async def _claim(ctx: JobContext, inbox_id: UUID, staff_id: UUID, subscription_id: UUID) -> bool:
    async with ctx.unit() as uow:
        claimed = await uow.session.execute(
            CLAIM,
            {
                "inbox": inbox_id,
                "subscription": subscription_id,
                "staff": staff_id,
                "now": uow.now,
                "lost": uow.now - LOST_AFTER,
            },
        )
        return claimed.one_or_none() is not None


async def _record(ctx: JobContext, inbox_id: UUID, subscription_id: UUID, status: int) -> bool:
    """Keeps the outcome. Returns whether it is worth trying again."""
    later = status == 0 or status == 429 or status >= 500
    state = (
        "sent"
        if 200 <= status < 300
        else "gone"
        if status in {404, 410}
        else "failed"
        if later
        else "refused"
    )
    log.info("push", state=state, status=status)
    async with ctx.unit() as uow:
        await uow.session.execute(
            update(PushDelivery)
            .where(PushDelivery.inbox_id == inbox_id, PushDelivery.subscription_id == subscription_id)
            .values(state=state, status=status, at=uow.now)
        )
        mine = PushSubscription.id == subscription_id
        if state == "sent":
            await uow.session.execute(
                update(PushSubscription).where(mine).values(last_ok_at=uow.now, failures=0)
            )
        elif state == "gone":
            await uow.session.execute(delete(PushSubscription).where(mine))
        elif state == "refused":
            await uow.session.execute(
                update(PushSubscription).where(mine).values(failures=PushSubscription.failures + 1)
            )
            await uow.session.execute(
                delete(PushSubscription).where(mine, PushSubscription.failures >= MOST_REFUSALS)
            )
    return later
