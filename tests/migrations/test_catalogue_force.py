"""A database with several published catalogues: the newest is in force from when it was published."""

import asyncio

from backend.app.migrate import upgrade
from backend.embedded import Urls
from tests.support.databases import connect


def test_the_newest_of_several_published_catalogues_is_in_force(empty_database: Urls) -> None:
    upgrade(empty_database.owner, "0045")
    asyncio.run(_publish(empty_database, 3))
    upgrade(empty_database.owner)
    assert asyncio.run(_force(empty_database)) == [
        ("2026-01-01", "2026-01-02"),
        ("2026-01-02", "2026-01-03"),
        ("2026-01-03", None),
    ]


async def _publish(urls: Urls, many: int) -> None:
    admin = await connect(urls.admin)
    await admin.execute(
        "INSERT INTO catalogue_version (version, digest, content, valid_from, published_at)"
        " SELECT n, n::text, '{}', '2026-01-01', '2026-01-01'::timestamptz + (n - 1) * interval '1 day'"
        " FROM generate_series(1, $1) AS n",
        many,
    )
    await admin.close()


async def _force(urls: Urls) -> list[tuple[str, str | None]]:
    admin = await connect(urls.admin)
    rows = await admin.fetch(
        "SELECT took_force_at::date::text AS took, left_force_at::date::text AS gone"
        " FROM catalogue_version ORDER BY version"
    )
    await admin.close()
    return [(row["took"], row["gone"]) for row in rows]
