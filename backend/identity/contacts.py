"""When the bank heard of each phone: its own record, whatever the phone's clock says."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, text, update

from backend.identity.models import Device, DeviceContact
from backend.kernel.uow import UnitOfWork

#: one contact is written down for each stretch of this many seconds
STRETCH = 600
#: longer than any phone may stay away and still be believed
KEPT = timedelta(days=30)

SEEN = text(
    "UPDATE device SET last_seen_at = :now WHERE installation_id = :id RETURNING OLD.last_seen_at AS before"
)
NOTED = text("INSERT INTO device_contact (installation_id, at) VALUES (:id, :now) ON CONFLICT DO NOTHING")


async def note_contact(
    uow: UnitOfWork, outbox_depth: int | None = None, outbox_oldest_at: datetime | None = None
) -> None:
    """A phone was heard of, with what still waits on it (shown to its owner and to administrators)."""
    installation_id = uow.actor.installation_id
    if installation_id is None:
        return
    said = (await uow.session.execute(SEEN, {"id": installation_id, "now": uow.now})).one_or_none()
    if outbox_depth is not None:
        await uow.session.execute(
            update(Device)
            .where(Device.installation_id == installation_id)
            .values(outbox_depth=outbox_depth, outbox_oldest_at=outbox_oldest_at)
        )
    if said is None or (said.before is not None and _stretch(said.before) == _stretch(uow.now)):
        return
    await uow.session.execute(NOTED, {"id": installation_id, "now": uow.now})
    await uow.session.execute(
        delete(DeviceContact).where(
            DeviceContact.installation_id == installation_id, DeviceContact.at < uow.now - KEPT
        )
    )


async def contacts_around(
    uow: UnitOfWork, installation_id: UUID, at: datetime
) -> tuple[datetime | None, datetime | None]:
    """The phone's last contact up to `at` (its enrolment is one), and the first one after it.

    They are known to `STRETCH` seconds.
    """
    noted = DeviceContact.installation_id == installation_id
    before = await uow.session.scalar(select(func.max(DeviceContact.at)).where(noted, DeviceContact.at <= at))
    after = await uow.session.scalar(select(func.min(DeviceContact.at)).where(noted, DeviceContact.at > at))
    if before is None:
        before = await uow.session.scalar(
            select(Device.enrolled_at).where(
                Device.installation_id == installation_id, Device.enrolled_at <= at
            )
        )
    return before, after


def _stretch(at: datetime) -> int:
    return int(at.timestamp()) // STRETCH
