"""Loads rows for a key and lays them out as groups."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from backend.kernel.projections import Projection
from backend.kernel.uow import UnitOfWork
from backend.sync.partitions import Key
from backend.sync.registry import Registry

BATCH = 1000
Row = list[Any]
Stamped = tuple[str, int]


async def load_kind(
    uow: UnitOfWork, registry: Registry, key: Key, kind: str, stamped: Sequence[Stamped]
) -> tuple[tuple[str, ...], list[Row]]:
    """(fields, rows) of `kind` for (id, revision) pairs; ([], ()) where this key does not receive the
    kind."""
    projection = registry.projections.get(kind)
    if projection is None or key.kind not in projection.books:
        return (), []
    fields = projection.fields.get(key.projection)
    if fields is None:
        return (), []
    rows: list[Row] = []
    for start in range(0, len(stamped), BATCH):
        part = stamped[start : start + BATCH]
        values = await projection.load(uow, [row_id for row_id, _ in part], key.projection)
        rows += [[row_id, revision, *values[row_id]] for row_id, revision in part if row_id in values]
    return fields, rows


def by_kind(changes: Iterable[Any]) -> dict[str, list[Any]]:
    """Changes grouped by kind, kinds in the order of their names."""
    found: dict[str, list[Any]] = {}
    for change in changes:
        found.setdefault(change.kind, []).append(change)
    return dict(sorted(found.items()))


async def groups_of(
    uow: UnitOfWork, registry: Registry, key: Key, changes: Iterable[Any]
) -> list[Mapping[str, Any]]:
    """Changes (kind, row_id, revision, gone, moved_to) as groups on the wire.

    For a kind that the key does not receive nothing is said at all, not even that a row is gone; nor to an
    agent of a row that never was theirs.
    """
    groups: list[Mapping[str, Any]] = []
    for kind, some in by_kind(changes).items():
        present = [(one.row_id, one.revision) for one in some if not one.gone]
        fields, rows = await load_kind(uow, registry, key, kind, present)
        if not fields and not _receives(registry, key, kind):
            continue
        gone = [[one.row_id, one.revision, one.moved_to] for one in some if one.gone]
        found = {row[0] for row in rows}
        unseen = [[row_id, revision, None] for row_id, revision in present if row_id not in found]
        if key.projection == "agent":
            gone = await _of_an_agent(uow, registry.projections[kind], gone, unseen)
        else:
            gone += unseen
        if rows or gone:
            groups.append({"kind": kind, "fields": fields, "rows": rows, "gone": gone})
    return groups


async def _of_an_agent(
    uow: UnitOfWork, projection: Projection, gone: list[Row], unseen: list[Row]
) -> list[Row]:
    """What an agent is told of rows that are not there (any more): not of those that never were, nor whose
    somebody's customer is now."""
    gone = [[row_id, revision, _ground(moved_to)] for row_id, revision, moved_to in gone]
    if projection.recorded is None:
        return gone
    # one that somebody else has edited since is not the agent's any more
    gone += unseen
    theirs = await projection.recorded(uow, [row[0] for row in gone]) if gone else set()
    return [row for row in gone if row[0] in theirs]


def _ground(book: str | None) -> str | None:
    return book if book is not None and book.startswith("grid:") else None


def _receives(registry: Registry, key: Key, kind: str) -> bool:
    projection = registry.projections.get(kind)
    return projection is not None and key.kind in projection.books and key.projection in projection.fields
