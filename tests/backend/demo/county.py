"""A demo county in a database of its own, and a look at its rows from outside the product."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from backend.embedded import Urls
from backend.kernel.settings import Settings, load_settings
from tests.support.databases import connect

Result = TypeVar("Result")

DAY = date(2026, 11, 21)

#: tells how the loads went, one that was cut off with two runs
HISTORY = frozenset({"strategy_run"})
#: what two loads of the same county may differ in: secrets, the strategy's own ids, life of the database
NEVER_THE_SAME = {
    "staff_secret": {"password_hash"},
    # an import names its batch, whose id is its own each time
    "audit_entry": {"xid", "subject_id"},
    "import_batch": {"id"},
    "provincial_grade": {"batch_id"},
    # numbers of a sequence: a load that was cut off has used some
    "customer_past": {"id"},
    "decision": {"id", "frozen_run_id"},
    "frozen_run": {"id", "made_at"},
    "frozen_value": {"run_id"},
    # sealed with a fresh key each time
    "evaluation_form": {"sealed"},
    "opportunity": {"id", "decision_id"},
    "opportunity_step": {"id", "opportunity_id", "decision_id"},
    "outbox_event": {"id"},
    "profile": {"decision_id"},
    "catalogue_version": {"published_at"},
}


def settings_for(urls: Urls, home: Path, **more: str) -> Settings:
    """Settings of a demo installation on the test's servers."""
    environ = {
        "TIANGE_ENVIRONMENT": "demo",
        "TIANGE_HOME": str(home),
        "TIANGE_DATABASE_URL": urls.owner,
        "TIANGE_DATABASE_URL_WEB": urls.web,
        "TIANGE_DATABASE_URL_WORKER": urls.worker,
        "TIANGE_DATABASE_URL_NIGHTLY": urls.nightly,
    }
    return load_settings(environ | {f"TIANGE_{name.upper()}": value for name, value in more.items()})


def quiet(_step: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


def looking(urls: Urls, look: Callable[[Any], Awaitable[Result]]) -> Result:
    """What `look` sees over a superuser's connection, whom row security does not bind."""

    async def go() -> Result:
        connection = await connect(urls.admin)
        try:
            return await look(connection)
        finally:
            await connection.close()

    return asyncio.run(go())


def rows(urls: Urls, query: str) -> list[Any]:
    """The rows of a query, as a superuser sees them."""
    return looking(urls, lambda connection: connection.fetch(query))


def value(urls: Urls, query: str) -> Any:
    """The one value of a query, as a superuser sees it."""
    return looking(urls, lambda connection: connection.fetchval(query))


def fingerprints(urls: Urls) -> dict[str, str]:
    """SHA-256 of every table's rows, ordered, without what is never the same."""

    async def look(connection: Any) -> dict[str, str]:
        found: dict[str, str] = {}
        columns: dict[str, list[str]] = {}
        for row in await connection.fetch(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN"
            " information_schema.tables t"
            " USING (table_schema, table_name) WHERE c.table_schema = 'public' AND t.table_type ="
            " 'BASE TABLE'"
            " ORDER BY c.table_name, c.ordinal_position"
        ):
            if row["table_name"] in HISTORY:
                continue
            if row["column_name"] not in NEVER_THE_SAME.get(row["table_name"], ()):
                columns.setdefault(row["table_name"], []).append(row["column_name"])
        for table, names in columns.items():
            lines = hashlib.sha256()

            async def take(data: bytes, lines: Any = lines) -> None:
                lines.update(data)

            text = ", ".join(names)
            where = " WHERE name = 'demo'" if table == "server_fact" else ""
            order = ", ".join(f"{name}::text" for name in names)
            await connection.copy_from_query(
                f"SELECT {text} FROM {table}{where} ORDER BY {order}", output=take, timeout=60
            )
            found[table] = lines.hexdigest()
        return found

    return looking(urls, look)
