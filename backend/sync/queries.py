"""Reads and writes of the synchronisation's own tables."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.orm import defer

from backend.identity import api as identity
from backend.kernel.bulk import Part
from backend.kernel.models import SyncChange
from backend.kernel.uow import UnitOfWork
from backend.sync.batch import Saved, Stream
from backend.sync.facts import Life, life_in
from backend.sync.models import SyncCommand, SyncLoss, SyncPage

# the table's columns: a partition's rows come by the thousand, and the ORM would take as long as all else
_change = SyncChange.__table__.c


async def changes_after(uow: UnitOfWork, book: str, revision: int, limit: int) -> Sequence[Any]:
    """Changes of a partition after a revision, oldest first."""
    return (
        await uow.session.execute(
            select(
                SyncChange.kind, SyncChange.row_id, SyncChange.revision, SyncChange.gone, SyncChange.moved_to
            )
            .where(SyncChange.book == book, SyncChange.revision > revision)
            .order_by(SyncChange.revision, SyncChange.kind, SyncChange.row_id)
            .limit(limit)
        )
    ).all()


async def rows_of(uow: UnitOfWork, book: str) -> Sequence[Any]:
    """(kind, row_id, revision) of all rows that a partition holds now."""
    return (
        await uow.session.execute(
            select(_change.kind, _change.row_id, _change.revision)
            .where(_change.book == book, _change.gone.is_(False))
            .order_by(_change.kind, _change.row_id)
        )
    ).all()


async def count_after(uow: UnitOfWork, book: str, revision: int, most: int) -> int:
    """How many rows changed after a revision, counted up to `most`."""
    statement = text(
        "SELECT count(*) FROM (SELECT 1 FROM sync_change"
        " WHERE book = :book AND revision > :revision LIMIT :most) c"
    )
    return (await uow.session.scalar(statement, {"book": book, "revision": revision, "most": most})) or 0


OPEN = "sync_open_push({installation}, :staff, CAST(:ids AS uuid[]))"
OPEN_ALONE = text(f"SELECT * FROM {OPEN.format(installation=':i')}")  # noqa: S608
# the phone's own row before its stream's
OPEN_HEARD = text(
    f"SELECT o.* FROM {identity.CONTACT} AS heard(installation)"  # noqa: S608
    f" CROSS JOIN LATERAL {OPEN.format(installation='heard.installation')} o"
)
KEEP_STREAM = (
    "UPDATE sync_stream SET applied_seq = :applied, last_at = CAST(:last_at AS timestamptz),"
    " last_stands_at = CAST(:stands_at AS timestamptz)"
    " WHERE installation_id = CAST(:i AS uuid) AND staff_id = CAST(:s AS uuid)"
)


async def open_push(
    uow: UnitOfWork, installation_id: UUID, ids: Sequence[UUID], heard: identity.Waiting | None
) -> tuple[Life, Stream, bool]:
    """The life of the database; the actor's stream, made if new, locked: pushes of one stream come one after
    another; and whether any of `ids` is recorded, whoever recorded it. `heard`: what the phone says of
    itself, which is noted, where it is the phone that speaks."""
    given = {"staff": uow.actor.require_staff(), "ids": list(ids)}
    if heard is None:
        row = (await uow.session.execute(OPEN_ALONE, given | {"i": installation_id})).one()
    else:
        row = (await uow.session.execute(OPEN_HEARD, given | dict(identity.contact_given(uow, heard)))).one()
    last = Saved(row.last_at, row.last_stands_at) if row.last_at and row.last_stands_at else None
    stream = Stream(installation_id, uow.actor.require_staff(), row.applied_seq, last)
    return life_in(dict(zip(row.fact_names or (), row.fact_values or (), strict=True))), stream, row.recorded


def keeping_stream(stream: Stream) -> Part:
    """What writes down how far the stream has come."""
    return Part(
        KEEP_STREAM,
        {
            "applied": stream.applied_seq,
            "last_at": stream.last.at if stream.last else None,
            "stands_at": stream.last.stands_at if stream.last else None,
            "i": stream.installation_id,
            "s": stream.staff_id,
        },
    )


async def known_commands(uow: UnitOfWork, ids: Sequence[UUID]) -> dict[UUID, SyncCommand]:
    """The actor's recorded commands among `ids`."""
    rows = await uow.session.scalars(
        select(SyncCommand).where(SyncCommand.id.in_(ids), SyncCommand.staff_id == uow.actor.staff_id)
    )
    return {row.id: row for row in rows}


async def foreign_ids(uow: UnitOfWork, ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of `ids` under which somebody else's commands are recorded."""
    if not ids:
        return frozenset()
    async with uow.elevated("an id must not be taken twice; whose it is is answered to nobody"):
        return frozenset(
            await uow.session.scalars(
                select(SyncCommand.id).where(
                    SyncCommand.id.in_(list(ids)), SyncCommand.staff_id != uow.actor.staff_id
                )
            )
        )


async def lost_place(uow: UnitOfWork, stream: Stream, seq: int) -> bool:
    """Whether a place of the stream was declared lost, and nothing was found for it since."""
    declared = await uow.session.scalar(
        select(SyncLoss.from_seq).where(
            SyncLoss.installation_id == stream.installation_id,
            SyncLoss.staff_id == stream.staff_id,
            SyncLoss.from_seq <= seq,
            SyncLoss.to_seq >= seq,
        )
    )
    if declared is None:
        return False
    taken = await uow.session.scalar(
        select(SyncCommand.id).where(
            SyncCommand.installation_id == stream.installation_id,
            SyncCommand.staff_id == stream.staff_id,
            SyncCommand.seq == seq,
        )
    )
    return taken is None


async def page_set(uow: UnitOfWork, key: str) -> list[SyncPage]:
    """The newest kept set of pages of a key, without their content: rows in order of n."""
    newest = await uow.session.scalar(
        select(SyncPage.revision).where(SyncPage.key == key).order_by(SyncPage.revision.desc()).limit(1)
    )
    if newest is None:
        return []
    return list(
        await uow.session.scalars(
            select(SyncPage)
            .options(defer(SyncPage.content, raiseload=True))
            .where(SyncPage.key == key, SyncPage.revision == newest)
            .order_by(SyncPage.n)
        )
    )


async def contents(uow: UnitOfWork, key: str, revision: int, first: int, last: int) -> Sequence[bytes]:
    """The bytes of the kept pages `first` to `last`, in order."""
    return (
        await uow.session.scalars(
            select(SyncPage.content)
            .where(SyncPage.key == key, SyncPage.revision == revision, SyncPage.n.between(first, last))
            .order_by(SyncPage.n)
        )
    ).all()


async def drop_older_pages(uow: UnitOfWork, key: str, revision: int) -> None:
    """Forgets the sets before the last two: a phone in the middle of the older one starts again."""
    kept = (
        select(SyncPage.revision)
        .where(SyncPage.key == key, SyncPage.revision < revision)
        .order_by(SyncPage.revision.desc())
        .limit(1)
        .scalar_subquery()
    )
    await uow.session.execute(
        delete(SyncPage)
        .where(SyncPage.key == key, SyncPage.revision < kept)
        .execution_options(synchronize_session=False)
    )


async def drop_pages_before(uow: UnitOfWork, before: datetime) -> None:
    """Forgets pages made before an instant, of every key: whoever asks for them starts again."""
    await uow.session.execute(
        delete(SyncPage).where(SyncPage.made_at < before).execution_options(synchronize_session=False)
    )
