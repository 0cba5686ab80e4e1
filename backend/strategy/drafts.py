"""Drafts of the strategy: made, written by several at once, checked, taken along to a newer base."""

import re
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from backend.kernel.errors import Problem, not_found
from backend.kernel.ids import uuid7
from backend.kernel.uow import UnitOfWork
from backend.strategy import binding, drafting, examples, versions
from backend.strategy.documents import CatalogueError
from backend.strategy.documents import Problem as Wrong
from backend.strategy.draft_store import (
    OPEN,
    base_files,
    draft_of,
    files_of,
    moment,
    named,
    overlay_of,
    people_of,
    put_overlay,
    require_editor,
    require_reader,
    told,
    view,
    views,
)
from backend.strategy.engine import Edition, known, shelf
from backend.strategy.errors import Tampered
from backend.strategy.loader import digest
from backend.strategy.models import CatalogueVersion, StrategyDraft
from backend.strategy.schemas import (
    Checked,
    DraftView,
    FileLine,
    FileView,
    Imported,
    Rebased,
    SaveFile,
    Strategy,
    VersionView,
)

_PATH = re.compile(r"[a-z][a-z0-9_]{0,39}/[a-z][a-z0-9_]{0,59}\.yaml")
#: files of a catalogue, and characters in all of them
MOST_FILES = 400
MOST_CHARACTERS = 6_000_000


async def overview(uow: UnitOfWork) -> Strategy:
    """All versions and the open drafts. Raises Problem `not_allowed`."""
    require_reader(uow.actor)
    rows = list(await uow.session.scalars(select(CatalogueVersion).order_by(CatalogueVersion.version.desc())))
    people = await people_of(uow, (who for one in rows for who in (one.author_id, one.publisher_id)))
    open_drafts = list(
        await uow.session.scalars(
            select(StrategyDraft)
            .where(StrategyDraft.state.in_(OPEN))
            .order_by(StrategyDraft.changed_at.desc(), StrategyDraft.id)
            .execution_options(populate_existing=True)
        )
    )
    return Strategy(
        await versions.number_in_force(uow),
        uow.today,
        tuple(
            VersionView(
                one.version,
                versions.state_of(one),
                one.valid_from,
                one.published_at,
                named(people, one.author_id),
                named(people, one.publisher_id),
                one.took_force_at,
                one.left_force_at,
                one.publisher_id is None,
                digest(one.content) == one.digest,
            )
            for one in rows
        ),
        await views(uow, open_drafts),
    )


async def one_draft(uow: UnitOfWork, draft_id: UUID) -> DraftView:
    """Raises Problem `not_allowed`, `not_found`."""
    require_reader(uow.actor)
    return await view(uow, await draft_of(uow, draft_id))


async def make(
    uow: UnitOfWork, title: str, wanted: Mapping[str, str] | None, *, origin: str = "own", note: str = ""
) -> StrategyDraft:
    """A new draft upon the newest version: as that is, or with what makes `wanted` of it. Raises Tampered."""
    base_version = await versions.newest(uow)
    if base_version is None:
        raise not_found("Version")
    base = (await versions.edition(uow, base_version)).files
    draft = StrategyDraft(
        id=uuid7(),
        title=title,
        note=note,
        origin=origin,
        state="draft",
        base_version=base_version,
        overlay={},
        revision=0,
        digest="",
        checked_digest=None,
        author_id=uow.actor.staff_id,
        editors=[],
        created_at=uow.now,
        changed_at=uow.now,
        changed_by=uow.actor.staff_id,
        submitted_by=None,
        returned_reason=None,
        published_version=None,
    )
    put_overlay(uow, draft, base, drafting.overlay_between(base, base if wanted is None else wanted))
    uow.session.add(draft)
    detail = {"base": base_version, "origin": origin, "digest": draft.digest}
    uow.audit("strategy.draft_made", "strategy_draft", draft.id, detail)
    await uow.session.flush()
    return draft


async def start(uow: UnitOfWork, title: str, from_version: int | None) -> DraftView:
    """A person's new draft. Raises Problem `not_allowed`, `not_found`, `version_changed`."""
    require_editor(uow.actor)
    wanted = None if from_version is None else await published_files(uow, from_version)
    return await view(uow, await make(uow, title, wanted))


async def published_files(uow: UnitOfWork, version: int) -> dict[str, str]:
    """Raises Problem `not_found`, `version_changed`."""
    try:
        return (await versions.edition(uow, version)).files
    except LookupError as error:
        raise not_found("Version") from error


async def name(uow: UnitOfWork, draft_id: UUID, title: str, note: str) -> DraftView:
    """Another title or note; what it says of customers stays, so it stays checked. Raises Problem
    `not_allowed`, `not_found`, `draft_closed`."""
    require_editor(uow.actor)
    draft = await draft_of(uow, draft_id, to_change=True)
    draft.title, draft.note = title, note
    uow.audit("strategy.draft_named", "strategy_draft", draft.id, {"title": title, "note": note})
    return await view(uow, draft)


async def files(uow: UnitOfWork, draft_id: UUID) -> tuple[FileLine, ...]:
    """Every file of a draft. Raises Problem `not_allowed`, `not_found`."""
    require_reader(uow.actor)
    draft = await draft_of(uow, draft_id)
    base = await base_files(uow, draft)
    overlay = overlay_of(draft)
    people = await people_of(uow, draft.editors)
    return tuple(
        FileLine(
            path,
            drafting.change_of(base.get(path), overlay.get(path, base.get(path))),
            int(draft.overlay[path]["revision"]) if path in draft.overlay else 0,
            named(people, draft.overlay[path]["by"]) if path in draft.overlay else None,
            moment(draft.overlay[path]["at"]) if path in draft.overlay else None,
        )
        for path in sorted(base.keys() | overlay.keys())
    )


async def file(uow: UnitOfWork, draft_id: UUID, path: str) -> FileView:
    """One file of a draft. Raises Problem `not_allowed`, `not_found`."""
    require_reader(uow.actor)
    return await _file(uow, await draft_of(uow, draft_id), path)


async def _file(uow: UnitOfWork, draft: StrategyDraft, path: str) -> FileView:
    base = (await base_files(uow, draft)).get(path)
    said = draft.overlay.get(path)
    if base is None and said is None:
        raise not_found("File")
    people = await people_of(uow, draft.editors)
    return FileView(
        path,
        base if said is None else said["text"],
        base,
        0 if said is None else int(said["revision"]),
        draft.revision,
        None if said is None else named(people, said["by"]),
        None if said is None else moment(said["at"]),
    )


async def save(uow: UnitOfWork, draft_id: UUID, saved: SaveFile) -> FileView:
    """Writes one file; any edit takes the draft back to its beginning. Two people at different files do not
    meet. Raises Problem `not_allowed`, `not_found`, `draft_closed`, `bad_path`, `file_moved` with the other's
    text: nothing of either is lost."""
    require_editor(uow.actor)
    draft = await draft_of(uow, draft_id, to_change=True)
    _check_path(saved.path)
    base = await base_files(uow, draft)
    overlay = overlay_of(draft)
    now = overlay.get(saved.path, base.get(saved.path))
    said = draft.overlay.get(saved.path)
    if now == saved.text:
        return await _file(uow, draft, saved.path)  # the same twice, as after an answer that got lost
    if saved.revision > draft.revision or (said is not None and int(said["revision"]) > saved.revision):
        raise await _moved(uow, draft, saved.path)
    overlay[saved.path] = saved.text
    if saved.text == base.get(saved.path):
        del overlay[saved.path]
    _check_size(drafting.laid_over(base, overlay))
    put_overlay(uow, draft, base, overlay)
    detail = {"path": saved.path, "revision": draft.revision, "digest": draft.digest}
    uow.audit("strategy.draft_edited", "strategy_draft", draft.id, detail)
    await uow.session.flush()
    if saved.path not in base and saved.path not in overlay:
        return FileView(saved.path, None, None, 0, draft.revision, None, None)
    return await _file(uow, draft, saved.path)


async def _moved(uow: UnitOfWork, draft: StrategyDraft, path: str) -> Problem:
    theirs = await _file(uow, draft, path)
    by = theirs.changed_by
    return Problem(
        "file_moved",
        409,
        "Somebody else has changed this file meanwhile",
        detail="Nothing was written. `theirs` is the text as it is now; yours is still with you.",
        remedy="Put both together and save with this revision.",
        theirs=theirs.text,
        revision=draft.revision,
        by=None if by is None else {"id": str(by.id), "name": by.name},
        at=None if theirs.changed_at is None else theirs.changed_at.isoformat(),
    )


def _check_path(path: str) -> None:
    if not _PATH.fullmatch(path):
        raise Problem(
            "bad_path",
            422,
            "There can be no such file",
            detail="A file lies in one folder and ends in .yaml; small letters, digits and _ only.",
        )


def _check_size(wanted: Mapping[str, str]) -> None:
    if len(wanted) > MOST_FILES or sum(map(len, wanted.values())) > MOST_CHARACTERS:
        raise Problem(
            "catalogue_too_large",
            422,
            "The catalogue is too large",
            detail=f"At most {MOST_FILES} files with {MOST_CHARACTERS} characters together.",
        )


async def problems_of(uow: UnitOfWork, wanted: Mapping[str, str]) -> list[Wrong]:
    """What keeps these files from being a catalogue that this database can work out; nothing if all is
    well."""
    made = known(digest(wanted)) or Edition(wanted)
    try:
        catalogue = await made.loaded()
        await made.compiled()
    except CatalogueError as error:
        return error.problems
    problems = await binding.bind(uow, catalogue)
    if not problems:
        shelf().put(made)
    return problems


async def check(uow: UnitOfWork, draft_id: UUID) -> Checked:
    """Reads, types and binds every rule against the database, and runs the examples. Raises Problem
    `not_allowed`, `not_found`, `draft_closed`."""
    require_editor(uow.actor)
    draft = await draft_of(uow, draft_id, to_change=True)
    problems = await settle_check(uow, draft)
    if problems:
        return Checked(told(problems), await view(uow, draft))
    made = known(draft.digest) or Edition(await files_of(uow, draft))
    wrong = await examples.missed(uow, await made.loaded())
    return Checked((), await view(uow, draft), told(wrong))


async def settle_check(uow: UnitOfWork, draft: StrategyDraft) -> list[Wrong]:
    """Checks a draft and notes it where nothing is wrong; a later state of the same files stays."""
    problems = await problems_of(uow, await files_of(uow, draft))
    if not problems:
        draft.checked_digest = draft.digest
        if draft.state == "draft":
            draft.state = "checked"
    elif draft.state != "draft":
        draft.state = "draft"  # a database that became another one since
    found = {"digest": draft.digest, "problems": len(problems)}
    uow.audit("strategy.draft_checked", "strategy_draft", draft.id, found)
    return problems


async def rebase(uow: UnitOfWork, draft_id: UUID) -> Rebased:
    """Takes a draft's changes along to the newest version. Where that changed the same file otherwise, the
    draft's text stays, and the file is named. Raises Problem `not_allowed`, `not_found`, `draft_closed`."""
    require_editor(uow.actor)
    draft = await draft_of(uow, draft_id, to_change=True)
    newest = await versions.newest(uow)
    assert newest is not None
    if newest == draft.base_version:
        return Rebased(await view(uow, draft), ())
    old, new = await base_files(uow, draft), (await versions.edition(uow, newest)).files
    overlay, both = drafting.taken_along(old, new, overlay_of(draft))
    draft.base_version = newest
    put_overlay(uow, draft, new, overlay)
    detail = {"base": newest, "both": list(both), "digest": draft.digest}
    uow.audit("strategy.draft_rebased", "strategy_draft", draft.id, detail)
    return Rebased(await view(uow, draft), both)


async def drop(uow: UnitOfWork, draft_id: UUID) -> DraftView:
    """Gives a draft up; it stays on record. Raises Problem `not_allowed`, `not_found`, `draft_closed`."""
    require_editor(uow.actor)
    draft = await draft_of(uow, draft_id, to_change=True)
    draft.state = "dropped"
    uow.audit("strategy.draft_dropped", "strategy_draft", draft.id, {"digest": draft.digest})
    return await view(uow, draft)


async def bring(uow: UnitOfWork, title: str, wanted: Mapping[str, str]) -> Imported:
    """A draft of files that somebody sends, checked at once. Raises Problem `not_allowed`, `bad_path`,
    `catalogue_too_large`."""
    require_editor(uow.actor)
    for path in wanted:
        _check_path(path)
    _check_size(wanted)
    draft = await make(uow, title, wanted, origin="imported")
    problems = await settle_check(uow, draft)
    return Imported(await view(uow, draft), told(problems))


def version_changed(error: Tampered) -> Problem:
    """A published version whose files are not those that were published."""
    return Problem(
        "version_changed",
        409,
        "A published version was changed in the database",
        detail=f"Version {error.version} is not what was published. Nothing is worked out with it, and"
        " results stay as they are.",
        remedy="Bring its row back from a backup, or publish another version.",
        version=error.version,
    )
