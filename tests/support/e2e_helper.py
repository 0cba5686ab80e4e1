"""What browser tests need from Python, as one process: the push service, and a look into the database.

Prints `{"origin": …}` once it answers, and ends when its standard input does. `POST /control/sql` takes
`{"query", "args"}` and answers `{"rows": [[…], …]}` as the database's superuser sees them: a test's judge
must not be bound by the row security that it judges.
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from aiohttp import web

from backend.embedded import running_servers
from tests.support.databases import connect
from tests.support.push_service import PushService


class Helper(PushService):
    """The push service with `/control/sql` beside it, for the servers that run on `home`."""

    def __init__(self, home: Path, port: int = 0) -> None:
        super().__init__(port=port)
        self._home = home

    def add_routes(self, app: web.Application) -> None:
        """As the push service, and the look into the database."""
        super().add_routes(app)
        app.router.add_post("/control/sql", self._control_sql)

    async def _control_sql(self, request: web.Request) -> web.Response:
        body = await request.json()
        urls = await asyncio.to_thread(running_servers, self._home)
        if urls is None:
            return web.json_response({"error": f"no servers run on {self._home}"}, status=503)
        connection = await connect(urls.admin)
        try:
            await connection.set_type_codec(
                "jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
            )
            rows: list[Any] = await connection.fetch(body["query"], *body.get("args", []))
        except asyncpg.PostgresError as error:
            return web.json_response({"error": str(error)}, status=400)
        finally:
            await connection.close()
        return web.Response(
            body=msgspec.json.encode({"rows": [list(row.values()) for row in rows]}),
            content_type="application/json",
        )


async def _serve(home: Path, port: int) -> None:
    async with Helper(home, port) as helper:
        print(json.dumps({"origin": helper.origin}), flush=True)
        # whoever started it holds the other end of its input; when that ends, so does it
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="e2e_helper")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    asyncio.run(_serve(given.home, given.port))
