"""Commands of people who have lost the ground since: what only adds is taken, edits are suggested.

Whether the author had the right is the bank's own record: who held the grid until when, where the customer
lay until when, and when it last heard of the phone. The phone's clock can only make it stricter.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from backend.customers import api as customers
from backend.grids import api as grids
from backend.identity import api as identity
from backend.kernel.commands import CommandType, Envelope, Ground, Late
from backend.kernel.errors import Problem
from backend.kernel.uow import UnitOfWork
from backend.policy import api as policy
from backend.sync.batch import Delivery, Verdict

#: how far back a lost right is looked for; longer than any window
LOOK_BACK = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Ended:
    """A right that the author had until `at`. `home`: where the customer lies now (None: it is a grid).

    `customer_id`: the customer, or the household that it has become part of.
    """

    at: datetime
    home: customers.Home | None
    customer_id: UUID | None = None


def in_time(
    ended: datetime,
    before: datetime | None,
    after: datetime | None,
    observed: datetime,
    now: datetime,
    window: timedelta,
) -> bool:
    """Whether a phone worked in good faith.

    `before`: the phone's last contact up to the end of the right, `after`: the first one since, at which it
    could learn of it. The work must come within `window` of the one, and be no younger than the other.
    """
    if before is None or before > ended or now - before > window:
        return False
    return observed <= (after or now)


async def delivery_of(uow: UnitOfWork) -> Delivery:
    """What the bank knows of the withdrawn phone that delivers."""
    installation_id = uow.actor.installation_id
    assert installation_id is not None
    ended = await identity.revoked_at(uow, installation_id) or uow.now
    before, after = await identity.contacts_around(uow, installation_id, ended)
    hours = await policy.figure(uow, "offline_hours")
    return Delivery(ended, before, after, timedelta(hours=hours))


def undeliverable(delivery: Delivery, left: bool, observed: datetime, now: datetime) -> Verdict | None:
    """Why what a withdrawn phone brings goes to quarantine; None where it is taken like any other."""
    if left:
        return Verdict("rejected", "person_left", "Its author no longer works for the bank.")
    if not in_time(delivery.ended, delivery.before, delivery.after, observed, now, delivery.window):
        return Verdict(
            "rejected", "delivered_late", "The phone was withdrawn; this came too late, or was made after."
        )
    return None


async def take(
    uow: UnitOfWork, known: CommandType, how: Late, body: Any, envelope: Envelope, refusal: Problem
) -> Verdict:
    """The verdict on a command that was refused as out of scope. Raises Problem: `refusal` where the author
    never had the right, `too_late` past the window, and what applying it raises."""
    async with uow.elevated("the bank's own record of rights decides; nothing of it is answered"):
        ground = await how.ground(uow, body, envelope)
        ended = await _right_ended(uow, ground, envelope.staff_id) if ground is not None else None
        if ground is None or ended is None:
            raise refusal
        before, after = await identity.contacts_around(uow, envelope.installation_id, ended.at)
    window = timedelta(hours=await policy.figure(uow, "offline_hours"))
    if not in_time(ended.at, before, after, envelope.observed_at, uow.now, window):
        raise too_late()
    uow_note = {"type": known.name, "how": how.how, "ended": ended.at.isoformat()}
    if how.how == "moot":
        uow.audit("sync.late", "command", envelope.command_id, uow_note)
        return Verdict("merged", lost=how.lost)
    if how.how == "suggest":
        assert ended.customer_id is not None
        async with uow.savepoint(), uow.elevated("the new owner is told; the author learns nothing"):
            await customers.suggest(uow, ended.customer_id, known.name, known.newest, body, envelope)
            uow.audit("sync.late", "command", envelope.command_id, uow_note)
        return Verdict("suggested")
    with uow.watching() as books:
        async with uow.savepoint(), _as_before(uow, ground, ended):
            applied = await known.apply(uow, body, envelope)
            await uow.session.flush()
            uow.audit("sync.late", "command", envelope.command_id, uow_note)
    return Verdict(
        "merged" if applied.lost else "applied",
        lost=applied.lost,
        alias=applied.alias,
        books=frozenset(books),
    )


def _as_before(uow: UnitOfWork, ground: Ground, ended: Ended) -> AbstractAsyncContextManager[None]:
    why = "the author had this right when the phone was last in touch"
    if ended.home is None:
        assert ground.grid_id is not None
        return uow.widened(why, grid_ids=[ground.grid_id])
    if ended.home.grid_id is None:
        return uow.widened(why, branch_ids=[ended.home.branch_id])
    return uow.widened(why, grid_ids=[ended.home.grid_id])


async def _right_ended(uow: UnitOfWork, ground: Ground, staff_id: UUID) -> Ended | None:
    """Until when the author had the right; None where they never had it, or still have."""
    if ground.grid_id is not None:
        held = await grids.held(uow, staff_id, [ground.grid_id])
        if not held or any(one.until is None for one in held):
            return None
        return Ended(max(one.until for one in held if one.until is not None), None)
    assert ground.customer_id is not None
    places: list[customers.Home] = []
    for customer_id, merged_at in await customers.lineage(uow, ground.customer_id):
        homes = await customers.homes(uow, customer_id, uow.now - LOOK_BACK)
        if not homes:
            return None
        # nobody holds a household any more that is part of another
        present = homes[0] if merged_at is None else replace(homes[0], until=merged_at)
        places = [present, *homes[1:], *places]
    held = await grids.held(uow, staff_id, {one.grid_id for one in places if one.grid_id})
    ends = [end for home in places for end in _ends(uow, home, held, staff_id)]
    if not ends or any(end is None for end in ends):
        return None
    return Ended(max(end for end in ends if end is not None), places[0], customer_id)


def _ends(
    uow: UnitOfWork, home: customers.Home, held: Sequence[grids.Held], staff_id: UUID
) -> list[datetime | None]:
    """When the author's rights in one place of the customer ended; None for one that lasts."""
    ends: list[datetime | None] = []
    if home.owner_id == staff_id or home.branch_id in uow.actor.branch_ids:
        ends.append(home.until)
    for one in held:
        began_after = home.until is not None and one.from_on > uow.clock.local(home.until).date()
        if one.grid_id == home.grid_id and not began_after:
            known = [end for end in (home.until, one.until) if end is not None]
            ends.append(min(known) if known else None)
    return ends


def too_late() -> Problem:
    """The right was lost before the phone was last in touch, or too long ago."""
    return Problem(
        "too_late",
        403,
        "No longer yours",
        detail="You no longer look after this customer, and this comes too late to be taken as made before.",
        remedy="Your entry is kept whole. Ask your branch's head, who can see it.",
    )
