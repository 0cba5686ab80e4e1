"""DuckDB and PostgreSQL say the same of every customer of the demo county, feature by feature, to the fen."""

import asyncio
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.clock import Clock
from backend.kernel.crypto import Keys
from backend.kernel.uow import Database
from backend.strategy import freezing, queries
from backend.strategy.bulk import Bulk
from backend.strategy.engine import shipped_catalogue, shipped_statements
from backend.strategy.freezing import Figure
from backend.strategy.queries import FeatureRow
from backend.strategy.rules import Result
from tests.backend.demo.conftest import LoadedCounty
from tests.backend.demo.county import DAY

pytestmark = pytest.mark.slow
Said = dict[UUID, tuple[FeatureRow, Result]]


async def in_postgres(county: LoadedCounty) -> Said:
    keys = Keys.load(county.settings.keys_dir)
    db = Database.open(county.urls.worker, Clock(), keys=keys, application="test engines")
    statements = shipped_statements()
    try:
        async with db.unit(Actor.system("test")) as uow:
            ids: list[UUID] = []
            for grid, count in await queries.grids(uow):
                ids += await queries.in_grid(uow, grid, UUID(int=0), count)
            rows = await queries.feature_rows(uow, statements, ids, DAY)
            results = await queries.results_of(uow, statements, (row.features for row in rows), DAY)
    finally:
        await db.close()
    return {row.customer_id: (row, results[row.customer_id]) for row in rows}


def in_duckdb(county: LoadedCounty) -> Said:
    with Bulk() as bulk:
        bulk.fetch(county.urls.nightly, shipped_catalogue())
        bulk.work_out(shipped_statements(), DAY, everyone=True)
        return {row.customer_id: (row, result) for some in bulk.changed(500) for row, result in some}


def test_both_engines_say_the_same_of_everybody(county: LoadedCounty) -> None:
    one, other = asyncio.run(in_postgres(county)), in_duckdb(county)
    assert len(one) > 2_400
    assert one.keys() == other.keys()
    decode = msgspec.json.decode
    for customer, (row, result) in one.items():
        bulk_row, bulk_result = other[customer]
        assert bulk_result == result
        assert decode(bulk_row.features) == decode(row.features)
        assert bulk_row.inputs_revision == row.inputs_revision


def test_both_engines_freeze_the_same_figures_and_those_are_in_force(county: LoadedCounty) -> None:
    """And what the night stood on is what is kept of it: of villages, of townships, of the bank."""
    catalogue = shipped_catalogue()
    with Bulk() as bulk:
        bulk.fetch(county.urls.nightly, catalogue)
        one = bulk.freeze(tuple(catalogue.frozen.values()), DAY)

    async def other() -> tuple[list[Figure], list[Figure]]:
        keys = Keys.load(county.settings.keys_dir)
        db = Database.open(county.urls.worker, Clock(), keys=keys, application="test engines")
        in_force = text("SELECT level, place, definition, amount FROM facts.frozen")
        try:
            async with db.unit(Actor.system("test")) as uow:
                kept = [Figure(*row) for row in await uow.session.execute(in_force)]
                return await freezing.figures_in_postgres(uow, catalogue, DAY), kept
        finally:
            await db.close()

    in_postgres_, kept = asyncio.run(other())
    assert sorted(one, key=repr) == sorted(in_postgres_, key=repr) == sorted(kept, key=repr)
    levels = {(figure.definition.partition("@")[0], figure.level) for figure in one}
    assert ("place_income_per_head_fen", "village") in levels
    assert {level for _, level in levels} == {"village", "township", "bank"}
    assert {name for name, _ in levels} == set(catalogue.frozen)
