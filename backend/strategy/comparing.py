"""A draft, or an earlier version, against what is in force: files and definitions; names for completion."""

import asyncio
from collections.abc import Mapping
from uuid import UUID

from backend.kernel.errors import not_found
from backend.kernel.uow import UnitOfWork
from backend.strategy import drafting, versions
from backend.strategy.documents import CatalogueError
from backend.strategy.draft_store import draft_of, files_of, require_reader, told
from backend.strategy.drafts import published_files
from backend.strategy.engine import Edition, known
from backend.strategy.names import FUNCTIONS, names_in
from backend.strategy.schemas import Difference, DiffLine, FileDiff, Names, RuleDiff


async def of_draft(uow: UnitOfWork, draft_id: UUID) -> Difference:
    """Raises Problem `not_allowed`, `not_found`, `version_changed`."""
    require_reader(uow.actor)
    return await _against_force(uow, await files_of(uow, await draft_of(uow, draft_id)))


async def of_version(uow: UnitOfWork, version: int) -> Difference:
    """Raises Problem `not_allowed`, `not_found`, `version_changed`."""
    require_reader(uow.actor)
    return await _against_force(uow, await published_files(uow, version))


async def _against_force(uow: UnitOfWork, wanted: Mapping[str, str]) -> Difference:
    force = await versions.in_force(uow)
    if force is None:
        raise not_found("Version")
    return await asyncio.to_thread(difference, force.version, force.edition.files, wanted)


def difference(base_version: int, base: Mapping[str, str], wanted: Mapping[str, str]) -> Difference:
    """Files and definitions that differ."""
    changes, problems = drafting.changed_rules(base, wanted)
    return Difference(
        base_version,
        tuple(
            FileDiff(
                path,
                drafting.change_of(base.get(path), text),
                drafting.file_diff(path, base.get(path), text),
            )
            for path, text in drafting.overlay_between(base, wanted).items()
        ),
        tuple(map(_rule, changes)),
        told(problems),
    )


def _rule(one: drafting.RuleChange) -> RuleDiff:
    shown = one.shown
    change = "added" if one.before is None else "removed" if one.after is None else "changed"
    return RuleDiff(
        shown.kind,
        shown.name,
        str(shown.data.get("zh", "")),
        str(shown.data.get("en", "")),
        shown.path,
        shown.line,
        change,
        None if one.before is None else dict(one.before.data),
        None if one.after is None else dict(one.after.data),
        tuple(DiffLine(sign, text) for sign, text in one.lines()),
    )


async def names(uow: UnitOfWork, draft_id: UUID) -> Names:
    """Of the draft where it can be read, else of what it is based on. Raises Problem `not_allowed`,
    `not_found`, `version_changed`."""
    require_reader(uow.actor)
    draft = await draft_of(uow, draft_id)
    try:
        catalogue = await (known(draft.digest) or Edition(await files_of(uow, draft))).loaded()
    except CatalogueError:
        base = await versions.edition(uow, draft.base_version)
        return Names(False, names_in(await base.loaded()), FUNCTIONS)
    return Names(True, names_in(catalogue), FUNCTIONS)
