"""Snapshots: a partition as compressed pages, made once per key and revision and kept."""

import gzip
import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import insert, text

from backend.kernel import revisions
from backend.kernel.uow import UnitOfWork
from backend.sync import queries
from backend.sync.models import SyncPage
from backend.sync.partitions import Key
from backend.sync.registry import Registry
from backend.sync.rows import Row, by_kind, load_kind

ROWS_PER_PAGE = 500
REUSE_BEHIND = 2000
# households first: with them a phone can show its lists while the rest arrives
FIRST_KINDS = (
    "grid",
    "staffer",
    "product",
    "term",
    "policy",
    "customer",
    "task",
    "inbox",
    "approval",
    "profile",
)


async def manifest(uow: UnitOfWork, registry: Registry, key: Key) -> Mapping[str, Any]:
    """The pages of a snapshot of `key`; an older kept set serves while few rows changed since."""
    stored = key.stored_as(uow.actor)
    await uow.session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"pages:{stored}"}
    )
    revision, floor = (await revisions.current(uow.session, [key.book]))[key.book]
    kept = await queries.page_set(uow, stored)
    if kept and floor <= kept[0].revision <= revision:
        behind = await queries.count_after(uow, key.book, kept[0].revision, REUSE_BEHIND)
        if behind < min(REUSE_BEHIND, sum(page.count for page in kept) // 4 + 1):
            return _describe(key, kept[0].revision, kept)
    pages = await _build(uow, registry, key, stored, revision)
    await queries.drop_older_pages(uow, stored, revision)
    return _describe(key, revision, pages)


def _describe(key: Key, revision: int, pages: list[SyncPage]) -> Mapping[str, Any]:
    return {
        "key": str(key),
        "state": "snapshot",
        "revision": revision,
        "pages": [
            {
                "n": page.n,
                "kind": page.kind,
                "count": page.count,
                "bytes": page.size,
                "sha256": page.sha256,
                **_span(page),
            }
            for page in pages
        ],
    }


def _span(page: SyncPage) -> Mapping[str, str]:
    """Nothing of a page that was kept before pages said it."""
    return {} if page.first is None or page.last is None else {"first": page.first, "last": page.last}


async def _build(uow: UnitOfWork, registry: Registry, key: Key, stored: str, revision: int) -> list[SyncPage]:
    kinds = by_kind(await queries.rows_of(uow, key.book))
    pages: list[SyncPage] = []
    for kind in sorted(kinds, key=_order):
        stamped = [(one.row_id, one.revision) for one in kinds[kind]]
        fields, rows = await load_kind(uow, registry, key, kind, stamped)
        if not rows:
            continue
        sort = registry.projections[kind].sort
        place = 2 + fields.index(sort) if sort in fields else 0
        rows.sort(key=lambda row: (row[place], row[0]))
        for start in range(0, len(rows), ROWS_PER_PAGE):
            part = rows[start : start + ROWS_PER_PAGE]
            span = (str(part[0][place]), str(part[-1][place]))
            pages.append(_page(uow, stored, revision, len(pages), kind, fields, part, span))
    if pages:
        names = SyncPage.__table__.columns.keys()
        await uow.session.execute(
            insert(SyncPage), [{name: getattr(page, name) for name in names} for page in pages]
        )
    return pages


def _page(
    uow: UnitOfWork,
    stored: str,
    revision: int,
    n: int,
    kind: str,
    fields: tuple[str, ...],
    rows: list[Row],
    span: tuple[str, str],
) -> SyncPage:
    groups = [{"kind": kind, "fields": fields, "rows": rows, "gone": []}]
    content = gzip.compress(msgspec.msgpack.encode(groups), compresslevel=6, mtime=0)
    return SyncPage(
        key=stored,
        revision=revision,
        n=n,
        kind=kind,
        count=len(rows),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        made_at=uow.now,
        first=span[0],
        last=span[1],
    )


def _order(kind: str) -> tuple[int, str]:
    return (FIRST_KINDS.index(kind) if kind in FIRST_KINDS else len(FIRST_KINDS), kind)
