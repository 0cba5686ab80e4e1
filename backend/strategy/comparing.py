"""A draft, or an earlier version, against what is in force: files and definitions; names for completion."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from functools import cache
from uuid import UUID

from backend.kernel.errors import not_found
from backend.kernel.uow import UnitOfWork
from backend.strategy import drafting, fields, versions
from backend.strategy.documents import CatalogueError
from backend.strategy.draft_store import draft_of, files_of, require_reader, told
from backend.strategy.drafts import published_files
from backend.strategy.engine import Edition, known
from backend.strategy.models import StrategyDraft
from backend.strategy.names import FUNCTIONS, names_in
from backend.strategy.schemas import Difference, DiffLine, FileDiff, Names, RuleDiff

#: drafts in one state whose names a process keeps
NAMES_KEPT = 8


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
    before, _ = drafting.definitions(base)
    after, problems = drafting.definitions(wanted)
    names = fields.names_of(before, after)
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
        tuple(_rule(one, names) for one in drafting.between(before, after)),
        told(problems),
    )


def _rule(one: drafting.RuleChange, names: fields.Names) -> RuleDiff:
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
        fields.moves(one.before, one.after, names),
    )


async def names(uow: UnitOfWork, draft_id: UUID) -> Names:
    """Of the draft where it can be read, else of what it is based on. Raises Problem `not_allowed`,
    `not_found`, `version_changed`."""
    require_reader(uow.actor)
    draft = await draft_of(uow, draft_id)
    kept = _kept()
    if draft.digest not in kept:
        kept[draft.digest] = await _names_of(uow, draft)
        while len(kept) > NAMES_KEPT:
            kept.popitem(last=False)
    kept.move_to_end(draft.digest)
    return kept[draft.digest]


@cache
def _kept() -> OrderedDict[str, Names]:
    """This process's answers by digest of what was asked about: what a digest names cannot change."""
    return OrderedDict()


async def _names_of(uow: UnitOfWork, draft: StrategyDraft) -> Names:
    try:
        catalogue = await (known(draft.digest) or Edition(await files_of(uow, draft))).loaded()
    except CatalogueError:
        base = await versions.edition(uow, draft.base_version)
        return Names(False, names_in(await base.loaded()), FUNCTIONS)
    return Names(True, names_in(catalogue), FUNCTIONS)
