"""Published catalogue versions: which is in force, how one takes force, what is done with a shipped one.

One row of `catalogue_version` is in force at a time. A version takes force in one transaction that no result
of the one before can outlast: whoever writes results holds a lock shared (`hold`), whoever moves the force
takes it alone.
"""

import asyncio
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select, text, update

from backend.kernel.uow import UnitOfWork
from backend.strategy import binding
from backend.strategy.definitions import Catalogue
from backend.strategy.documents import CatalogueError
from backend.strategy.engine import Edition, edition_of, known, shipped
from backend.strategy.errors import Superseded, Tampered
from backend.strategy.loader import digest
from backend.strategy.models import CatalogueVersion
from backend.strategy.phone import RULES
from backend.strategy.schemas import VersionState
from backend.strategy.terms import terms

PUBLISHED = "strategy.published"
_HOLD = text("SELECT pg_advisory_xact_lock_shared(hashtextextended('strategy force', 0))")
_MOVE = text("SELECT pg_advisory_xact_lock(hashtextextended('strategy force', 0))")
_IN_FORCE = (CatalogueVersion.took_force_at.is_not(None), CatalogueVersion.left_force_at.is_(None))


@dataclass(frozen=True, slots=True)
class Force:
    """The version in force."""

    version: int
    edition: Edition


async def number_in_force(uow: UnitOfWork) -> int | None:
    """The number of the version in force; None before the first."""
    return await uow.session.scalar(select(CatalogueVersion.version).where(*_IN_FORCE))


async def in_force(uow: UnitOfWork, *, afresh: bool = False) -> Force | None:
    """The version in force with its edition; `afresh`: its files are read and compared with their digest even
    where this process has them. Raises Tampered."""
    wanted = select(CatalogueVersion.version, CatalogueVersion.digest).where(*_IN_FORCE)
    row = (await uow.session.execute(wanted)).one_or_none()
    if row is None:
        return None
    kept = None if afresh else known(row.digest)
    return Force(row.version, kept or await edition(uow, row.version))


async def edition(uow: UnitOfWork, version: int) -> Edition:
    """The edition of a published version, out of the database. Raises Tampered, LookupError."""
    wanted = select(CatalogueVersion.digest, CatalogueVersion.content)
    row = (await uow.session.execute(wanted.where(CatalogueVersion.version == version))).one_or_none()
    if row is None:
        raise LookupError(f"no catalogue version {version}")
    if digest(row.content) != row.digest:
        raise Tampered(version)
    return await asyncio.to_thread(edition_of, row.content)


async def catalogue_in_force(uow: UnitOfWork) -> Catalogue:
    """The catalogue in force; the shipped one before any is, and where the one in force was changed: for what
    shows results, works nothing out. Raises CatalogueError."""
    return await (await edition_in_force(uow)).loaded()


async def edition_in_force(uow: UnitOfWork) -> Edition:
    """What `catalogue_in_force` says, with all that is made of it."""
    try:
        force = await in_force(uow)
    except Tampered:
        force = None  # phones and lists must not go without words
    return shipped() if force is None else force.edition


async def falls(uow: UnitOfWork, before: str | None, after: str) -> bool:
    """Whether the tier `after` stands below `before`; not where one of them is of another catalogue, or
    there was none before."""
    catalogue = await catalogue_in_force(uow)
    order = [one.code for one in catalogue.choices["tier"].options]
    return before in order and after in order and order.index(after) > order.index(before)


async def held_in_force(uow: UnitOfWork) -> Force:
    """The version in force, which stays so until this transaction ends. On a database without any the shipped
    one is published. Needs the role `system`. Raises Tampered, CatalogueError."""
    if await number_in_force(uow) is None:
        await ensure_published(uow)  # takes the lock alone: not while it is held shared here
    await uow.session.execute(_HOLD)
    found = await in_force(uow)
    assert found is not None
    return found


async def hold(uow: UnitOfWork, version: int) -> None:
    """Sees to it that `version` is in force until this transaction ends. Raises Superseded."""
    await uow.session.execute(_HOLD)
    if await number_in_force(uow) != version:
        raise Superseded(str(version))


async def move_alone(uow: UnitOfWork) -> None:
    """Waits for results that are being written, and lets nobody begin until this transaction ends."""
    await uow.session.execute(_MOVE)


async def ensure_published(uow: UnitOfWork) -> int:
    """The version in force. Needs the role `system`.

    The shipped catalogue is published where there is none yet, or where the one in force is itself one that
    shipped, with an older program. Binds every expression against the database first; raises CatalogueError
    naming what does not fit.
    """
    newest = (
        await uow.session.execute(
            select(CatalogueVersion.version, CatalogueVersion.digest, CatalogueVersion.publisher_id).where(
                *_IN_FORCE
            )
        )
    ).one_or_none()
    ours = await asyncio.to_thread(shipped)
    if newest is not None and (newest.digest == ours.digest or newest.publisher_id is not None):
        return int(newest.version)
    if newest is not None and await _was_published(uow, ours.digest):
        return int(newest.version)  # an older program beside a newer one, as while a bank upgrades
    problems = await binding.bind(uow, await ours.loaded())
    if problems:
        raise CatalogueError(problems)
    await uow.session.execute(_MOVE)
    if await number_in_force(uow) != (newest.version if newest else None):
        return await ensure_published(uow)
    version = await add(uow, ours, uow.today)
    await take_force(uow, version)
    return version


async def _was_published(uow: UnitOfWork, wanted_digest: str) -> bool:
    wanted = select(CatalogueVersion.version).where(CatalogueVersion.digest == wanted_digest).limit(1)
    return await uow.session.scalar(wanted) is not None


async def add(
    uow: UnitOfWork,
    what: Edition,
    valid_from: date,
    *,
    author_id: UUID | None = None,
    publisher_id: UUID | None = None,
) -> int:
    """Publishes under the next number, to take force later. Without a publisher it is one that shipped."""
    # one publisher at a time, so that numbers have no gaps and no clash
    await uow.session.execute(text("SELECT pg_advisory_xact_lock(hashtext('tiange.catalogue_version'))"))
    version = (await uow.session.scalar(select(func.max(CatalogueVersion.version))) or 0) + 1
    uow.session.add(
        CatalogueVersion(
            version=version,
            digest=what.digest,
            content=what.files,
            valid_from=valid_from,
            published_at=uow.now,
            author_id=author_id,
            publisher_id=publisher_id,
            took_force_at=None,
            left_force_at=None,
            withdrawn_at=None,
        )
    )
    await uow.session.flush()
    uow.audit("strategy.publish", "catalogue", str(version), {"digest": what.digest, "from": str(valid_from)})
    return version


def state_of(one: CatalogueVersion) -> VersionState:
    """Where a published version stands."""
    if one.withdrawn_at is not None:
        return "withdrawn"
    if one.took_force_at is None:
        return "waiting"
    return "in_force" if one.left_force_at is None else "retired"


async def withdraw(uow: UnitOfWork, version: int) -> bool:
    """Takes a version back that waits for its day; whether there was one. Needs the role `system`."""
    await uow.session.execute(_MOVE)
    found = await uow.session.scalar(
        update(CatalogueVersion)
        .where(
            CatalogueVersion.version == version,
            CatalogueVersion.took_force_at.is_(None),
            CatalogueVersion.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=uow.now)
        .returning(CatalogueVersion.version)
    )
    return found is not None


async def take_force(uow: UnitOfWork, version: int) -> None:
    """Puts a published version in force now: phones get the words that differ, everybody is worked out anew.

    Needs the role `system`; waits for results of the version before that are being written. Emits
    `strategy.published` {version} when it takes the place of another. Raises Tampered, CatalogueError.
    """
    await uow.session.execute(_MOVE)
    last = await number_in_force(uow)
    if last == version:
        return
    was, fresh = await _sent(uow, last), await edition(uow, version)
    before, after = terms(was.catalogue) if was else {}, terms(await fresh.loaded())
    await uow.session.execute(
        update(CatalogueVersion).where(CatalogueVersion.version == last).values(left_force_at=uow.now)
    )
    await uow.session.execute(
        update(CatalogueVersion).where(CatalogueVersion.version == version).values(took_force_at=uow.now)
    )
    for key in after.keys() | before.keys():
        if before.get(key) != after.get(key):
            uow.touch("bank", "term", key, gone=key not in after)
    if was is None or was.phone_rules != await fresh.for_phones():
        uow.touch("bank", "rules", RULES)
    uow.audit("strategy.take_force", "catalogue", str(version), {"before": last})
    if last is not None:  # the first one moves nobody: whoever loads customers has them worked out
        uow.emit(PUBLISHED, {"version": version})


async def _sent(uow: UnitOfWork, version: int | None) -> Edition | None:
    """What phones have from the version, worked out; None where that cannot be told any more."""
    if version is None:
        return None
    try:
        found = await edition(uow, version)
        await found.for_phones()
    except (CatalogueError, Tampered):
        return None  # written for an older schema, or changed since: words and rules are sent anew
    return found


async def newest(uow: UnitOfWork) -> int | None:
    """The version that drafts change: the one that takes force last of those that wait, else the one in
    force."""
    wanted = (
        select(CatalogueVersion.version)
        .where(CatalogueVersion.left_force_at.is_(None), CatalogueVersion.withdrawn_at.is_(None))
        .order_by(CatalogueVersion.valid_from.desc(), CatalogueVersion.version.desc())
        .limit(1)
    )
    return await uow.session.scalar(wanted)


async def due(uow: UnitOfWork) -> int | None:
    """The version whose day has come and that is not in force yet; of several that of the latest day. None if
    there is none: a version whose day is before that of the one in force was overtaken."""
    standing = await uow.session.scalar(select(CatalogueVersion.valid_from).where(*_IN_FORCE))
    wanted = (
        select(CatalogueVersion.version)
        .where(
            CatalogueVersion.took_force_at.is_(None),
            CatalogueVersion.withdrawn_at.is_(None),
            CatalogueVersion.valid_from <= uow.today,
        )
        .order_by(CatalogueVersion.valid_from.desc(), CatalogueVersion.version.desc())
        .limit(1)
    )
    if standing is not None:
        wanted = wanted.where(CatalogueVersion.valid_from >= standing)
    return await uow.session.scalar(wanted)


async def turn(uow: UnitOfWork) -> int | None:
    """Lets the version take force whose day has come; its number. Needs the role `system`. Raises Tampered,
    CatalogueError."""
    version = await due(uow)
    if version is not None:
        await take_force(uow, version)
    return version
