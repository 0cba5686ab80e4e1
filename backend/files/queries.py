"""Reads of stored photos, under row-level security of the caller."""

from sqlalchemy import select

from backend.files.models import StoredFile
from backend.kernel.uow import UnitOfWork


async def stored(uow: UnitOfWork, file_hash: str) -> StoredFile | None:
    """A photo by the hash of its bytes as sent."""
    return (await uow.session.scalars(select(StoredFile).where(StoredFile.hash == file_hash))).one_or_none()


async def arrived(uow: UnitOfWork, hashes: list[str]) -> set[str]:
    """Those of `hashes` whose bytes the bank has, as far as the caller may know."""
    return set(await uow.session.scalars(select(StoredFile.hash).where(StoredFile.hash.in_(hashes))))
