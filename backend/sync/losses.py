"""What a phone lost before it could send it: the gap closes, and people hear of it."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from backend.identity import api as identity
from backend.kernel.uow import UnitOfWork
from backend.notify import api as notify
from backend.sync.batch import Batch
from backend.sync.models import SyncCommand, SyncLoss
from backend.sync.schemas import Lost

#: no phone keeps more unsent work; a larger claim is a fault, and would use up the stream
MOST_LOST = 100_000


async def take(uow: UnitOfWork, batch: Batch, lost: Sequence[Lost], sent: Sequence[int]) -> None:
    """Closes the gap that begins at the stream's next place, where the phone says that it is lost.

    A range closes only up to a command that stands behind it in `sent` (the request's places), so that a
    wrong number cannot use up the stream. One without an end closes nothing and is told all the same. What
    was closed before, and what does not begin at or before the next place, changes nothing; but where a copy
    of the phone has filled the places with something else, that the phone lost its own is told, too.
    """
    for one in sorted(lost, key=lambda one: one.first):
        following = batch.stream.applied_seq + 1
        if one.first > following:
            continue
        if one.last is None:
            await _tell(uow, batch, following, None)
        elif one.last >= following and one.last - following < MOST_LOST and max(sent, default=0) > one.last:
            await _tell(uow, batch, following, one.last)
            batch.stream.applied_seq = one.last
        elif one.hash is not None and one.last < following and await _is_another(uow, batch, one):
            await _tell(uow, batch, one.last, None)
    await uow.session.flush()


async def _is_another(uow: UnitOfWork, batch: Batch, lost: Lost) -> bool:
    """Whether the last of the places holds something else than what the phone had there."""
    there = await uow.session.scalar(
        select(SyncCommand.hash).where(
            SyncCommand.installation_id == batch.installation_id,
            SyncCommand.staff_id == batch.actor.require_staff(),
            SyncCommand.seq == lost.last,
        )
    )
    return there is not None and there != lost.hash


async def _tell(uow: UnitOfWork, batch: Batch, first: int, last: int | None) -> None:
    staff_id = batch.actor.require_staff()
    said = insert(SyncLoss).values(
        installation_id=batch.installation_id,
        staff_id=staff_id,
        from_seq=first,
        to_seq=last,
        said_at=uow.now,
    )
    # said first that something was lost, with the next command which places: both on record, one alert
    news = await uow.session.scalar(
        said.on_conflict_do_update(
            index_elements=[SyncLoss.installation_id, SyncLoss.staff_id, SyncLoss.from_seq],
            set_={"to_seq": said.excluded.to_seq},
            where=SyncLoss.to_seq.is_(None) & said.excluded.to_seq.is_not(None),
        ).returning(SyncLoss.from_seq)
    )
    if news is None:
        return
    count = None if last is None else last - first + 1
    uow.audit("sync.lost", "device", batch.installation_id, {"from": first, "to": last, "count": count})
    for person in await identity.administrators(uow):
        await notify.send(
            uow,
            person,
            "phone_lost_work",
            {"installation_id": str(batch.installation_id), "staff_id": str(staff_id), "count": count},
            dedupe=f"lost:{batch.installation_id}:{staff_id}:{first}:{person}",
            urgency="urgent",
        )
