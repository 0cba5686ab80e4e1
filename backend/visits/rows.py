"""A visit laid out as it travels: for the row on phones and, inside an approval, as its evidence."""

from collections.abc import Mapping, Sequence, Set
from typing import Any
from uuid import UUID

from backend.files import api as files
from backend.kernel.clock import millis
from backend.kernel.uow import UnitOfWork
from backend.visits import queries
from backend.visits.models import Visit, VisitPhoto, VisitSupplement
from backend.visits.rules import BESIDE_PHOTOS

FIELDS = (
    "customer_id",
    "staff_id",
    "at",
    "channel",
    "purpose",
    "outcome",
    "needs",
    "wanted_fen",
    "wanted_for",
    "note",
    "lon",
    "lat",
    "accuracy_m",
    "distance_m",
    "flags",
    "photos",
    "companion_id",
    "next_on",
    "next_purpose",
    "files",
    "meeting_id",
    "presented",
    "supplements",
)


async def visit_rows(uow: UnitOfWork, ids: Sequence[str]) -> Mapping[str, Sequence[Any]]:
    """Values in the order of FIELDS per visit id, for those that the actor may see."""
    wanted = [UUID(one) for one in ids]
    rows = await queries.visits(uow, wanted)
    photos = await queries.photos_of(uow, wanted)
    added = await queries.supplements_of(uow, wanted)
    arrived = await files.arrived(uow, [photo.file_hash for some in photos.values() for photo in some])
    return {str(row.id): _values(row, photos.get(row.id, []), added.get(row.id, []), arrived) for row in rows}


def _values(
    visit: Visit, photos: Sequence[VisitPhoto], added: Sequence[VisitSupplement], arrived: Set[str]
) -> list[Any]:
    """A visit's values in the order of FIELDS."""
    return [
        str(visit.customer_id),
        str(visit.staff_id),
        millis(visit.at),
        visit.channel,
        visit.purpose,
        visit.outcome,
        visit.needs,
        visit.wanted_fen,
        visit.wanted_for,
        visit.note,
        visit.lon,
        visit.lat,
        visit.accuracy_m,
        visit.distance_m,
        visit.flags,
        [
            [one.file_hash, one.file_class, one.file_hash in arrived]
            for one in photos
            if one.file_class not in BESIDE_PHOTOS
        ],
        str(visit.companion_id) if visit.companion_id else None,
        visit.next_on.isoformat() if visit.next_on else None,
        visit.next_purpose,
        [
            [one.file_hash, one.file_class, one.file_hash in arrived, one.duration_ms]
            for one in photos
            if one.file_class in BESIDE_PHOTOS
        ],
        str(visit.meeting_id) if visit.meeting_id else None,
        visit.presented,
        [[str(one.id), str(one.staff_id), millis(one.at), one.note] for one in added],
    ]
