"""The figures of a draft as fields: name, unit, number by day; a number is changed without touching YAML."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from backend.kernel.errors import Problem, not_found
from backend.kernel.uow import UnitOfWork
from backend.strategy import drafting, drafts
from backend.strategy.documents import CatalogueError
from backend.strategy.draft_store import (
    base_files,
    draft_of,
    files_of,
    require_editor,
    require_reader,
)
from backend.strategy.figure_text import with_value
from backend.strategy.schemas import FigureDay, Figures, FigureView, PutFigure, SaveFile


async def figures(uow: UnitOfWork, draft_id: UUID) -> Figures:
    """Every figure of the files that can be read. Raises Problem `not_allowed`, `not_found`."""
    require_reader(uow.actor)
    draft = await draft_of(uow, draft_id)
    base = _found(await base_files(uow, draft))
    now = _found(await files_of(uow, draft))
    return Figures(draft.revision, tuple(_view(one, base.get(name)) for name, one in now.items()))


async def put(uow: UnitOfWork, draft_id: UUID, name: str, wanted: PutFigure) -> Figures:
    """Another number, in place of one or from a later day on; the file's text changes with it.

    Raises Problem `not_allowed`, `not_found`, `draft_closed`, `file_moved`, `bad_day`, `bad_catalogue` where
    the file cannot be read.
    """
    require_editor(uow.actor)
    draft = await draft_of(uow, draft_id, to_change=True)
    files = await files_of(uow, draft)
    found = _found(files).get(name)
    if found is None:
        raise not_found("Figure")
    try:
        text = with_value(found.path, files[found.path], name, wanted.since, wanted.value)
    except CatalogueError as error:
        raise Problem("bad_catalogue", 409, "The figure's file cannot be read", detail=str(error)) from error
    except ValueError as error:
        raise Problem("bad_day", 422, "A figure changes on one of its days or later") from error
    await drafts.save(uow, draft_id, SaveFile(found.path, wanted.revision, text))
    return await figures(uow, draft_id)


def _found(files: Mapping[str, str]) -> dict[str, drafting.Definition]:
    found, _ = drafting.definitions({path: text for path, text in files.items() if "figures:" in text})
    return {name: one for (kind, name), one in sorted(found.items()) if kind == "figures"}


def _view(now: drafting.Definition, base: drafting.Definition | None) -> FigureView:
    data = now.data
    said = data.get("explain")
    explain: Mapping[str, Any] = said if isinstance(said, dict) else {}
    was = {} if base is None else _days(base.data)
    return FigureView(
        now.name,
        str(data.get("zh", "")),
        str(data.get("en", "")),
        str(explain.get("zh", "")),
        str(explain.get("en", "")),
        str(data.get("unit", "")),
        str(data.get("source", "")),
        now.path,
        now.line,
        tuple(FigureDay(day, value, was.get(day)) for day, value in _days(data).items()),
    )


def _days(data: Mapping[str, Any]) -> dict[date, int]:
    """Of a figure that says days and whole numbers; what else it says is for the check."""
    found = {}
    for one in data.get("values") or ():
        try:
            found[date.fromisoformat(str(one["from"]))] = int(one["value"])
        except (KeyError, TypeError, ValueError):
            continue
    return found
