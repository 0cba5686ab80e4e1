"""What a simulation tells of the demo county is what publishing then does there, to the fen."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import make_url, text

from backend.app.strategy_cli import lines
from backend.embedded import Urls
from backend.kernel.actor import Actor
from backend.kernel.clock import Clock
from backend.kernel.crypto import Keys
from backend.kernel.uow import Database
from backend.strategy import versions
from backend.strategy.api import Copy, recompute_all
from backend.strategy.engine import Edition, shipped
from backend.strategy.trying import compare
from tests.backend.demo.conftest import LoadedCounty
from tests.support.databases import Cluster

pytestmark = pytest.mark.slow
SYSTEM = Actor.system("test")


@pytest.fixture
def copied(cluster: Cluster, county: LoadedCounty) -> Iterator[Urls]:
    """A copy of the county that may be changed."""
    name = f"copied_{uuid4().hex}"
    yield asyncio.run(cluster.create(name, str(make_url(county.urls.owner).database)))
    asyncio.run(cluster.drop(name))


def draft() -> Edition:
    """High-end asks for less, limits in other steps, a feature and a tag more."""
    files = dict(shipped().files)
    for path, old, new in (
        ("limits/limit.yaml", "debts_counted_fen, limit_step_fen)", "debts_counted_fen, yuan(3000))"),
        ("figures/tier.yaml", "value: 60}", "value: 50}"),
    ):
        assert old in files[path]
        files[path] = files[path].replace(old, new)
    words = "    zh: 试\n    en: Tried\n    explain: {zh: 试一试。, en: Tried.}\n"
    files["features/tried.yaml"] = (
        f"features:\n  - name: tried_fen\n{words}    unit: fen\n    value: deposits_fen + loans_fen\n"
    )
    files["tags/tried.yaml"] = (
        f"tags:\n  - name: tried\n    bit: 4000\n    dimension: value\n{words}    when: tried_fen > 0\n"
    )
    return Edition(files)


async def on(_stage: str) -> bool:
    return True


@pytest.mark.timeout(400)
def test_what_is_told_is_what_publishing_does(county: LoadedCounty, copied: Urls, tmp_path: Path) -> None:
    asyncio.run(_compare(county, copied, tmp_path))


async def _compare(county: LoadedCounty, urls: Urls, folder: Path) -> None:
    keys = Keys.load(county.settings.keys_dir)
    db = Database.open(urls.worker, Clock(), keys=keys, application="test simulation")
    copy = Copy(urls.nightly, folder)
    try:
        await recompute_all(db, copy=copy)
        was = await _held(db)
        same, none, _ = await compare(db, SYSTEM, copy, shipped(), shipped(), on)
        assert (same.changed, same.rises, same.falls, none) == (0, 0, 0, [])
        assert all(one.gained == one.lost == 0 for one in same.turns)
        told, movers, _ = await compare(db, SYSTEM, copy, shipped(), draft(), on)
        async with db.unit(SYSTEM) as uow:
            version = await versions.add(uow, draft(), uow.today, author_id=uuid4(), publisher_id=uuid4())
            await versions.take_force(uow, version)
        summary = await recompute_all(db, copy=copy, cause="published")
        async with db.unit(SYSTEM) as uow:
            assert f"catalogue {version}" in (await lines(uow, 1))[0]
        will = await _held(db)
    finally:
        await db.close()
    assert told.customers == len(was) == len(will) > 2_400
    assert told.changed == summary.changed > 1_000
    assert {(one.before, one.after): one.customers for one in told.matrix} == Counter(
        (was[one].tier, will[one].tier) for one in was
    )
    assert told.before.limit_fen == sum(one.limit_fen for one in was.values())
    assert told.after.limit_fen == sum(one.limit_fen for one in will.values()) != told.before.limit_fen
    assert told.zero_gate.count == sum(was[one].limit_fen > 0 == will[one].limit_fen for one in was)
    bits = [{tag.name: tag.bit for tag in one.catalogue.tags} for one in (shipped(), draft())]
    for turn in (one for one in told.turns if one.kind == "tag"):
        pairs = Counter(
            tuple(
                _holds(held[one].tag_words, of.get(turn.name))
                for held, of in zip((was, will), bits, strict=True)
            )
            for one in was
        )
        assert (turn.gained, turn.lost, turn.held) == (
            pairs[False, True],
            pairs[True, False],
            pairs[True, True],
        )
    largest = sorted((abs(will[one].limit_fen - was[one].limit_fen) for one in was), reverse=True)[:100]
    assert [abs(one.limit_after_fen - one.limit_before_fen) for one in movers] == largest
    for one in told.branches:
        assert one.name is not None
    assert sum(one.before.customers for one in told.branches) == told.customers
    assert {one.name for one in told.rules if one.customers} >= {"limit_before_veto_fen"}


async def _held(db: Database) -> dict[Any, Any]:
    async with db.unit(SYSTEM) as uow:
        rows = await uow.session.execute(
            text("SELECT customer_id, tier, limit_fen, rate_bp, tag_words FROM profile")
        )
        return {row.customer_id: row for row in rows}


def _holds(words: list[int], bit: int | None) -> bool:
    return bit is not None and bool(words[bit // 64] >> (bit % 64) & 1)
