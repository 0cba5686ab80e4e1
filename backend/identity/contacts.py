"""When the bank heard of each phone: its own record, whatever the phone's clock says."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, text

from backend.identity.models import Device, DeviceContact
from backend.identity.queries import Heard
from backend.kernel.uow import UnitOfWork

#: one contact is written down for each stretch of this many seconds
STRETCH = 600
#: longer than any phone may stay away and still be believed
KEPT = timedelta(days=30)

# `outbox_same_since`: since when the oldest entry that waits has been the same one, by the bank's clock
SEEN = text(
    "UPDATE device SET last_seen_at = :now, outbox_depth = coalesce(CAST(:depth AS bigint), outbox_depth),"
    " outbox_oldest_at = CASE WHEN CAST(:depth AS bigint) IS NULL THEN outbox_oldest_at"
    "  ELSE CAST(:oldest AS timestamptz) END,"
    " outbox_same_since = CASE WHEN CAST(:depth AS bigint) IS NULL THEN outbox_same_since"
    "  WHEN CAST(:depth AS bigint) = 0 THEN NULL"
    "  WHEN outbox_oldest_at = CAST(:oldest AS timestamptz) THEN coalesce(outbox_same_since, :now)"
    "  ELSE :now END,"
    " outbox_photos = coalesce(CAST(:photos AS bigint), outbox_photos),"
    " app_version = coalesce(nullif(CAST(:app AS text), ''), app_version)"
    " WHERE installation_id = :id RETURNING OLD.last_seen_at AS before"
)
NOTED = text("INSERT INTO device_contact (installation_id, at) VALUES (:id, :now) ON CONFLICT DO NOTHING")


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a phone says of itself: commands that wait, the oldest one's instant, photos that wait, and the
    app's version. What is None (or no version) it did not say."""

    depth: int | None = None
    oldest_at: datetime | None = None
    photos: int | None = None
    app: str = ""


def is_news(heard: Heard | None, now: datetime, said: Waiting) -> bool:
    """Whether `note_contact` would write down anything but the second: a phone that asks again and again, and
    on which nothing has changed, costs no write."""
    if heard is None or heard.at is None or _stretch(heard.at) != _stretch(now):
        return True
    if said.depth is not None and (said.depth, said.oldest_at) != (heard.depth, heard.oldest_at):
        return True
    return said.photos not in (None, heard.photos) or said.app not in ("", heard.app)


async def note_contact(uow: UnitOfWork, said: Waiting) -> None:
    """A phone was heard of, with what still waits on it (shown to its owner, heads and administrators). What
    it did not say stands as it said it last."""
    installation_id = uow.actor.installation_id
    if installation_id is None:
        return
    given = {
        "id": installation_id,
        "now": uow.now,
        "depth": said.depth,
        "oldest": said.oldest_at,
        "photos": said.photos,
        "app": said.app,
    }
    seen = (await uow.session.execute(SEEN, given)).one_or_none()
    if seen is None or (seen.before is not None and _stretch(seen.before) == _stretch(uow.now)):
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
