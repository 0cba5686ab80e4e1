"""The bank's phones, for administrators (all) and heads (their branch's people): which need somebody."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backend.identity import api as identity
from backend.kernel.actor import HEADS, Role
from backend.kernel.clock import from_millis, millis
from backend.kernel.errors import Problem, not_allowed
from backend.kernel.uow import UnitOfWork
from backend.policy import api as policy
from backend.sync.models import SyncLoss
from backend.sync.schemas import OutboxState, PhoneLimits, PhoneList, PhoneView

MOST = 1000
WATCHES = HEADS | {Role.admin}
#: what a phone may need somebody for, the most urgent first
STATES = ("lost_work", "withdrawn_waiting", "stuck", "silent", "old_version", "withdrawn_done")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the bank knows of a phone. `lost_at`: when it last said that it lost its database with work in
    it."""

    enrolled_at: datetime
    last_seen_at: datetime | None
    outbox_depth: int
    outbox_same_since: datetime | None
    app_version: str
    revoked_at: datetime | None
    delivered_at: datetime | None
    lost_at: datetime | None


def said(state: OutboxState | None, app: str) -> identity.Waiting:
    """What a phone said of itself; an instant outside the calendar counts as unknown."""
    if state is None:
        return identity.Waiting(app=app)
    oldest = None
    if state.oldest is not None:
        with suppress(ValueError):
            oldest = from_millis(state.oldest)
    return identity.Waiting(state.depth, oldest, state.photos, app)


def states_of(phone: Facts, limits: PhoneLimits, now: datetime) -> list[str]:
    """The states of a phone, the most urgent first.

    A phone is stuck that speaks to the bank while its oldest entry stays where it is; one that says nothing
    at all is silent. A withdrawn phone is asked for nothing but its delivery.
    """
    found = set()
    if phone.lost_at is not None and now - phone.lost_at < timedelta(days=limits.loss_days):
        found.add("lost_work")
    if phone.revoked_at is not None:
        found.add("withdrawn_waiting" if phone.delivered_at is None else "withdrawn_done")
        return [one for one in STATES if one in found]
    heard = phone.last_seen_at or phone.enrolled_at
    still = heard - phone.outbox_same_since if phone.outbox_same_since is not None else timedelta()
    if phone.outbox_depth and still >= timedelta(hours=limits.stuck_hours):
        found.add("stuck")
    if now - heard >= timedelta(days=limits.silent_days):
        found.add("silent")
    if version(phone.app_version) < version(limits.oldest_app):
        found.add("old_version")
    return [one for one in STATES if one in found]


def version(text: str) -> tuple[int, ...]:
    """The numbers of `1.12.3-rc1`: (1, 12, 3); what has none is older than all."""
    found = re.match(r"\d+(\.\d+)*", text)
    return tuple(int(one) for one in found[0].split(".")) if found else ()


async def listing(uow: UnitOfWork, state: str | None, skip: int, limit: int) -> PhoneList:
    """Phones in the actor's scope, the most urgent first, within a state the longest unheard first.

    `state`: one of `STATES`, or `well`. Raises Problem `not_allowed`, `malformed`.
    """
    if uow.actor.role not in WATCHES:
        raise not_allowed("Phones are looked after by heads and administrators.")
    if not (1 <= limit <= MOST and skip >= 0) or state not in (None, "well", *STATES):
        raise Problem("malformed", 422, "This cannot be asked for", detail=f"Ask for 1 to {MOST} of a state.")
    limits = await _limits(uow)
    losses = await _losses(uow)
    judged = [_judged(uow, *one, losses, limits) for one in await identity.phones(uow)]
    judged.sort(key=_urgency)
    counts = Counter(one for phone in judged for one in phone.states or ["well"])
    wanted = [one for one in judged if state is None or state in (one.states or ["well"])]
    page = wanted[skip : skip + limit]
    return PhoneList(page, dict(counts) | {"all": len(judged)}, limits, more=len(wanted) > skip + limit)


def _judged(
    uow: UnitOfWork,
    device: Any,
    person: identity.StaffInfo,
    losses: Mapping[UUID, Sequence[SyncLoss]],
    limits: PhoneLimits,
) -> PhoneView:
    lost = losses.get(device.installation_id, ())
    lost_at = max((one.said_at for one in lost), default=None)
    states = states_of(
        Facts(
            device.enrolled_at,
            device.last_seen_at,
            device.outbox_depth,
            device.outbox_same_since,
            device.app_version,
            device.revoked_at,
            device.delivered_at,
            lost_at,
        ),
        limits,
        uow.now,
    )
    counted = [one.to_seq - one.from_seq + 1 for one in lost if one.to_seq is not None]
    return PhoneView(
        installation_id=device.installation_id,
        label=device.label,
        platform=device.platform,
        app_version=device.app_version,
        staff_id=person.id,
        person=person.name,
        role=person.role.value,
        branch_id=person.branch_id,
        branch=person.branch_name,
        enrolled_at=millis(device.enrolled_at),
        last_seen_at=_ms(device.last_seen_at),
        outbox_depth=device.outbox_depth,
        outbox_oldest_at=_ms(device.outbox_oldest_at),
        outbox_photos=device.outbox_photos,
        revoked_at=_ms(device.revoked_at),
        delivered_at=_ms(device.delivered_at),
        lost=sum(counted) if lost and len(counted) == len(lost) else None,
        lost_at=_ms(lost_at),
        unlock_ways=list(device.unlock_ways),
        states=states,
    )


def _urgency(phone: PhoneView) -> tuple[int, int, str]:
    rank = STATES.index(phone.states[0]) if phone.states else len(STATES)
    return rank, phone.last_seen_at or phone.enrolled_at, str(phone.installation_id)


async def _losses(uow: UnitOfWork) -> dict[UUID, list[SyncLoss]]:
    """What phones in the actor's scope said that they lost, by phone."""
    found: dict[UUID, list[SyncLoss]] = {}
    for one in await uow.session.scalars(select(SyncLoss)):
        found.setdefault(one.installation_id, []).append(one)
    return found


async def _limits(uow: UnitOfWork) -> PhoneLimits:
    return PhoneLimits(
        silent_days=await policy.figure(uow, "phone_silent_days"),
        stuck_hours=await policy.figure(uow, "phone_stuck_hours"),
        loss_days=await policy.figure(uow, "phone_loss_days"),
        oldest_app=await policy.figure(uow, "phone_oldest_app"),
    )


def _ms(at: datetime | None) -> int | None:
    return millis(at) if at else None
