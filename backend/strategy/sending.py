"""Versions and drafts out as a ZIP of their YAML files, and in again as a draft."""

from uuid import UUID

from backend.kernel.errors import Problem
from backend.kernel.uow import UnitOfWork
from backend.strategy import archives, drafts
from backend.strategy.draft_store import draft_of, files_of, require_editor, require_reader
from backend.strategy.schemas import Imported

MOST_TITLE = 80


async def version(uow: UnitOfWork, number: int) -> bytes:
    """A version's files. Raises Problem `not_allowed`, `not_found`, `version_changed`."""
    require_reader(uow.actor)
    content = archives.packed(await drafts.published_files(uow, number))
    uow.audit("strategy.exported", "catalogue", str(number))
    return content


async def draft(uow: UnitOfWork, draft_id: UUID) -> bytes:
    """A draft's files. Raises Problem `not_allowed`, `not_found`, `version_changed`."""
    require_reader(uow.actor)
    found = await draft_of(uow, draft_id)
    uow.audit("strategy.exported", "strategy_draft", draft_id, {"digest": found.digest})
    return archives.packed(await files_of(uow, found))


async def bring(uow: UnitOfWork, title: str, content: bytes) -> Imported:
    """A draft of what was sent. Raises Problem `not_allowed`, `bad_archive`, `bad_path`,
    `catalogue_too_large`."""
    require_editor(uow.actor)
    if not 1 <= len(title.strip()) <= MOST_TITLE:
        raise Problem("malformed", 422, "A draft needs a title", detail=f"1 to {MOST_TITLE} characters.")
    try:
        files = archives.unpacked(content)
    except archives.BadArchive as error:
        raise Problem(
            "bad_archive",
            422,
            "This is no archive of a strategy",
            detail=f"It cannot be taken: {error}. Nothing was made of it.",
            remedy="Send the ZIP that the export of a version or draft gives, with its .yaml files changed.",
        ) from error
    return await drafts.bring(uow, title.strip(), files)
