"""When the bank heard of each phone: its own record, whatever the phone's clock says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text

from backend.identity.models import Device, DeviceContact
from backend.identity.queries import Heard
from backend.kernel.uow import UnitOfWork

#: one contact is written down for each stretch of this many seconds
STRETCH = 600
#: longer than any phone may stay away and still be believed
KEPT = timedelta(days=30)

# the database's function: the device's row, and its contact once a stretch (migration 0016)
CONTACT = (
    "identity_note_contact(:contact, :now, CAST(:depth AS bigint), CAST(:oldest AS timestamptz),"
    " CAST(:photos AS bigint), CAST(:app AS text), :stretch, :kept)"
)


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
    if uow.actor.installation_id is not None:
        await uow.session.execute(text(f"SELECT {CONTACT}"), contact_given(uow, said))


def contact_given(uow: UnitOfWork, said: Waiting) -> Mapping[str, Any]:
    """The parameters of `CONTACT` for the actor's phone."""
    return {
        "contact": uow.actor.installation_id,
        "now": uow.now,
        "depth": said.depth,
        "oldest": said.oldest_at,
        "photos": said.photos,
        "app": said.app,
        "stretch": STRETCH,
        "kept": uow.now - KEPT,
    }


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
