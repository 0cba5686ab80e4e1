"""A phone's rules say of every customer of the county what the bank's say, from the rows that it holds."""

import asyncio
import os
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from backend.app.wiring import registry
from backend.kernel.actor import Actor
from backend.kernel.clock import Clock
from backend.kernel.crypto import Keys
from backend.kernel.uow import Database, UnitOfWork
from backend.strategy.engine import shipped
from tests.backend.demo.conftest import LoadedCounty
from tests.backend.demo.county import DAY
from tests.backend.demo.test_engines import Said, in_postgres

pytestmark = pytest.mark.slow
PWA = Path(__file__).parents[3] / "pwa"
AT_ONCE = 500
TOLD = (
    "tier",
    "stage",
    "grade",
    "score",
    "limit_fen",
    "rate_bp",
    "contact_days",
    "visit_days",
    "reasons",
)
HANGING = {
    "file": "SELECT id::text FROM customer WHERE status = 'active' ORDER BY 1",
    "member": "SELECT id::text FROM membership WHERE until_on IS NULL ORDER BY 1",
    "record": "SELECT id::text FROM file_record WHERE removed_at IS NULL ORDER BY 1",
    "photo": "SELECT id::text FROM customer_photo WHERE removed_at IS NULL ORDER BY 1",
}


async def rows_on_phones(uow: UnitOfWork, kind: str) -> list[dict[str, Any]]:
    """Every row of a kind as a manager's phone gets it."""
    projection = registry().projections[kind]
    ids: Sequence[str] = list(await uow.session.scalars(text(HANGING[kind])))
    rows = []
    for start in range(0, len(ids), AT_ONCE):
        found = await projection.load(uow, ids[start : start + AT_ONCE], "manager")
        rows += [
            {"id": one, "revision": 0, **dict(zip(projection.fields["manager"], values, strict=True))}
            for one, values in found.items()
        ]
    return rows


async def written(county: LoadedCounty, said: Said, path: Path) -> None:
    """What a phone holds of each customer, beside what the bank says of them."""
    keys = Keys.load(county.settings.keys_dir)
    db = Database.open(county.urls.worker, Clock(), keys=keys, application="test phone rules")
    try:
        async with db.unit(Actor.system("test")) as uow:
            files = {row["id"]: row for row in await rows_on_phones(uow, "file")}
            hanging: dict[str, dict[str, list[Any]]] = {}
            for kind in ("member", "record", "photo"):
                of = hanging[kind] = defaultdict(list)
                for row in await rows_on_phones(uow, kind):
                    of[row["customer_id"]].append(row)
    finally:
        await db.close()
    rules = shipped().phone_rules
    cases = []
    for customer, (feature_row, result) in said.items():
        one, features = str(customer), msgspec.json.decode(feature_row.features)
        plain = result.plain()
        cases.append(
            {
                "id": one,
                "known": {
                    "file": files[one],
                    "members": hanging["member"][one],
                    "records": hanging["record"][one],
                    "photos": hanging["photo"][one],
                },
                "inputs": [features[name] for name in rules.inputs],
                "result": {name: plain[name] for name in TOLD},
            }
        )
    county_of = {"asOf": DAY.isoformat(), "rules": rules.plain(), "cases": cases}
    path.write_bytes(msgspec.json.encode(county_of))


def test_a_phone_says_the_same_of_everybody(county: LoadedCounty, tmp_path: Path) -> None:
    said = asyncio.run(in_postgres(county))
    asyncio.run(written(county, said, tmp_path / "county.json"))
    done = subprocess.run(
        ["node", "node_modules/vitest/vitest.mjs", "run", "src/domain/agreement.test.ts"],
        cwd=PWA,
        env={**os.environ, "TIANGE_AGREEMENT": str(tmp_path / "county.json"), "CI": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
