"""Puts one row into every table of a database, whatever its revision, by reading the schema from it.

Bypasses the product on purpose: for tests of the schema itself (migrations, row security), not of features.
"""

import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from backend.kernel.db import encode_json

STAFF = uuid.UUID(int=1)
GRID = uuid.UUID(int=2)
BRANCH = uuid.UUID(int=3)
CUSTOMER = uuid.UUID(int=4)
INSTALLATION = uuid.UUID(int=5)
_WHEN = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)

# What a column's type alone cannot tell: whose row it is, and values that a constraint or a policy reads.
_BY_NAME: Mapping[str, Any] = {
    "staff_id": STAFF,
    "recorded_by": STAFF,
    "created_by": STAFF,
    "uploaded_by": STAFF,
    "owner_id": STAFF,
    "manager_id": STAFF,
    "assignee_id": STAFF,
    "grid_id": GRID,
    "branch_id": BRANCH,
    "customer_id": CUSTOMER,
    "installation_id": INSTALLATION,
}
_BY_COLUMN: Mapping[tuple[str, str], Any] = {
    ("staff", "id"): STAFF,
    ("grid", "id"): GRID,
    ("org_unit", "id"): BRANCH,
    ("customer", "id"): CUSTOMER,
    ("customer", "kind"): "household",
    ("customer_move", "kind"): "merge",
    ("customer_unanswered", "why"): "refused",
    ("customer_dispute", "state"): "open",
    ("duplicate_pair", "state"): "open",
    ("business_pair", "state"): "open",
    ("import_batch", "state"): "taken",
    ("customer", "status"): "active",
    ("device", "installation_id"): INSTALLATION,
    ("visit_photo", "file_hash"): "text",
    ("sync_page", "key"): f"grid:{GRID}/manager@1",
}
_EMPTY = frozenset(
    {
        ("org_unit", "parent_id"),
        ("asset", "removed_at"),
        ("debt", "removed_at"),
        ("file_record", "removed_at"),
        ("customer_photo", "removed_at"),
        ("membership", "until_on"),
        ("person", "guardian_id"),
        ("person", "part_of"),
    }
)
_UNTOUCHED = frozenset({"alembic_version"})


def _value(table: str, column: sa.Column[Any]) -> Any:
    """A value for `column`, the same each time, or None where it may be absent."""
    if (table, column.name) in _EMPTY:
        return None
    if (table, column.name) in _BY_COLUMN:
        return _BY_COLUMN[table, column.name]
    if column.name in _BY_NAME:
        return _BY_NAME[column.name]
    kind = column.type
    if isinstance(kind, pg.ARRAY):
        return [_of_type(kind.item_type, f"{table}.{column.name}")]
    return _of_type(kind, f"{table}.{column.name}")


def _of_type(kind: sa.types.TypeEngine[Any], what: str) -> Any:
    if isinstance(kind, sa.Uuid):
        return uuid.uuid5(uuid.NAMESPACE_OID, what)
    if isinstance(kind, sa.Boolean):
        return True
    if isinstance(kind, sa.Integer):
        return 1
    if isinstance(kind, sa.Float):
        return 1.0
    if isinstance(kind, sa.LargeBinary):
        return b"bytes"
    if isinstance(kind, sa.DateTime):
        return _WHEN
    if isinstance(kind, sa.Date):
        return date(2026, 3, 2)
    if isinstance(kind, pg.JSONB):
        return {}
    if isinstance(kind, sa.String):
        return "text"
    raise NotImplementedError(f"{what}: teach the filler the type {kind!r}")


def _fill(connection: sa.Connection) -> list[str]:
    tables = sa.MetaData()
    tables.reflect(connection)
    filled = []
    for table in tables.sorted_tables:
        if table.name in _UNTOUCHED:
            continue
        row: dict[str, Any] = {}
        for column in table.columns:
            if column.identity is not None or column.computed is not None:
                continue
            if column.server_default is not None and (table.name, column.name) not in _BY_COLUMN:
                continue
            row[column.name] = _value(table.name, column)
            for key in column.foreign_keys:
                if (table.name, column.name) not in _EMPTY:
                    parent = key.column
                    row[column.name] = connection.execute(sa.select(parent).limit(1)).scalar_one()
        connection.execute(table.insert().values(row))
        filled.append(table.name)
    return sorted(filled)


async def fill(admin_url: str) -> list[str]:
    """One row in each table of schema public; returns the tables' names. `admin_url`: a superuser's."""
    engine = create_async_engine(admin_url, poolclass=NullPool, json_serializer=encode_json)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(_fill)
    finally:
        await engine.dispose()


async def counts(admin_url: str) -> dict[str, int]:
    """Rows of each table of schema public, row security aside."""
    engine = create_async_engine(admin_url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            names = (
                await connection.execute(
                    sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
                )
            ).scalars()
            return {
                name: (await connection.execute(sa.text(f'SELECT count(*) FROM "{name}"'))).scalar_one()
                for name in names
            }
    finally:
        await engine.dispose()
