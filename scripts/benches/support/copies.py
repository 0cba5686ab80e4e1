"""Many customers out of few: each of a county's is copied so many times, by the database itself."""

import time
from collections.abc import Sequence

import asyncpg

from backend.kernel.settings import Settings
from scripts.benches.support.bank import say

#: what only a customer has whose file was built, or who was visited
OF_A_FILE = frozenset({"customer_value", "file_record", "visit"})
#: columns that name a row of these tables, and those that must differ from copy to copy
OWN = frozenset({"id", "customer_id", "person_id", "filed_under", "phone_person_id"})
UNIQUE = frozenset({"number_index", "contract", "holder"})


async def copy_everybody(
    settings: Settings, tables: Sequence[str], copies: int, *, filed_percent: int = 100
) -> None:
    """Copies every row of `tables` (the referred first) so many times with ids of its own, as the owner of
    the tables: the same spread of families, farms and shops, results included. `filed_percent`: in how many
    of a hundred copies people have a file; in the others the bank knows them and their accounts only."""
    url = settings.database_url.replace("+asyncpg", "")
    connection = await asyncpg.connect(url, command_timeout=None)
    try:
        await connection.execute("SELECT set_config('tiange.role', 'system', false)")
        for table in tables:
            columns = await connection.fetch(
                "SELECT column_name AS name, udt_name AS type FROM information_schema.columns"
                " WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER'",
                table,
            )
            names = ", ".join(one["name"] for one in columns)
            values = ", ".join(_copied(one["name"], one["type"]) for one in columns)
            of_these = copies * filed_percent // 100 if table in OF_A_FILE else copies
            began = time.perf_counter()
            # names are the database's own
            await connection.execute(
                f"INSERT INTO {table} ({names}) SELECT {values}"
                f" FROM {table} AS o, generate_series(1, {of_these}) AS k"
            )
            say(f"  {table}: {time.perf_counter() - began:.0f} s")
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


async def swept(settings: Settings) -> None:
    """Takes away the dead rows that preparing left, as autovacuum would in the hours that a bench has not."""
    connection = await asyncpg.connect(settings.database_url.replace("+asyncpg", ""), command_timeout=None)
    try:
        await connection.execute("VACUUM (ANALYZE)")
    finally:
        await connection.close()


def _copied(name: str, type_: str) -> str:
    if name in OWN and type_ == "uuid":
        return f"CAST(md5(o.{name}::text || k) AS uuid)"
    if name in UNIQUE:
        return f"sha256(o.{name} || k::text::bytea)" if type_ == "bytea" else f"o.{name} || ':' || k"
    return f"o.{name}"
