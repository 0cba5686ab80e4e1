"""When the bank heard of each phone: its own record, whatever the phone's clock says."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, text

from backend.identity.models import Device, DeviceContact
from backend.kernel.uow import UnitOfWork

#: one contact is written down for each stretch of this many seconds
STRETCH = 600
#: longer than any phone may stay away and still be believed
KEPT = timedelta(days=30)

SEEN = text(
    "UPDATE device SET last_seen_at = :now, outbox_depth = coalesce(CAST(:depth AS bigint), outbox_depth),"
    " outbox_oldest_at = CASE WHEN CAST(:depth AS bigint) IS NULL THEN outbox_oldest_at"
    "  ELSE CAST(:oldest AS timestamptz) END"
    " WHERE installation_id = :id RETURNING OLD.last_seen_at AS before"
)
NOTED = text("INSERT INTO device_contact (installation_id, at) VALUES (:id, :now) ON CONFLICT DO NOTHING")


async def note_contact(
    uow: UnitOfWork, outbox_depth: int | None = None, outbox_oldest_at: datetime | None = None
) -> None:
    """A phone was heard of, with what still waits on it (shown to its owner and to administrators).

    `outbox_depth` None: it did not say, and what it said last stands.
    """
    installation_id = uow.actor.installation_id
    if installation_id is None:
        return
    given = {"id": installation_id, "now": uow.now, "depth": outbox_depth, "oldest": outbox_oldest_at}
    said = (await uow.session.execute(SEEN, given)).one_or_none()
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
