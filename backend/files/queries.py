"""Reads of stored photos, under row-level security of the caller."""

from collections.abc import Sequence

from sqlalchemy import select, update

from backend.files.models import StoredFile
from backend.kernel.uow import UnitOfWork


async def stored(uow: UnitOfWork, file_hash: str) -> StoredFile | None:
    """A photo by the hash of its bytes as sent."""
    return (await uow.session.scalars(select(StoredFile).where(StoredFile.hash == file_hash))).one_or_none()


async def arrived(uow: UnitOfWork, hashes: list[str]) -> set[str]:
    """Those of `hashes` whose bytes the bank has, as far as the caller may know."""
    return set(await uow.session.scalars(select(StoredFile.hash).where(StoredFile.hash.in_(hashes))))


async def close(uow: UnitOfWork, hashes: Sequence[str], *, closed: bool) -> None:
    """Shows files to nobody, who sent them included, or again as before. Needs the system's sight."""
    rows = update(StoredFile).where(StoredFile.hash.in_(hashes), StoredFile.closed != closed)
    await uow.session.execute(rows.values(closed=closed).execution_options(synchronize_session=False))


async def only_closed(uow: UnitOfWork, hashes: Sequence[str]) -> list[tuple[str, str]]:
    """(kept hash, media type) of those of the files that are closed, unless an open one is kept as it."""
    rows = await uow.session.execute(
        select(StoredFile.kept_hash, StoredFile.media_type).where(
            StoredFile.hash.in_(hashes),
            StoredFile.closed,
            StoredFile.kept_hash.not_in(select(StoredFile.kept_hash).where(~StoredFile.closed)),
        )
    )
    return [(row.kept_hash, row.media_type) for row in rows]
