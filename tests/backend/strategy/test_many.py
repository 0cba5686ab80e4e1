"""Everything also works with 3,000 tags and 500 features more."""

import pytest

from backend.embedded import Urls
from backend.strategy import binding, queries
from backend.strategy.bulk import Bulk
from backend.strategy.compiler import compile_catalogue
from backend.strategy.loader import load
from tests.backend.strategy.many import FEATURES, FIRST_BIT, TAGS, many_files
from tests.backend.strategy.town import SYSTEM, TODAY, Town


@pytest.mark.slow
async def test_thousands_of_tags_in_both_engines(town: Town, databases: Urls) -> None:
    catalogue = load(many_files())
    statements = compile_catalogue(catalogue)
    assert len(catalogue.features) > FEATURES
    assert len(catalogue.tags) > TAGS
    grid = await town.grid()
    ids = [await town.reference(grid) for _ in range(3)] + [await town.customer(grid, "business")]
    async with town.db.unit(SYSTEM) as uow:
        assert await binding.bind(uow, catalogue) == []
        rows = await queries.feature_rows(uow, statements, ids, TODAY)
        results = await queries.results_of(uow, statements, (row.features for row in rows), TODAY)
    with Bulk() as bulk:
        bulk.fetch(databases.nightly, catalogue)
        bulk.work_out(statements, TODAY)
        found = {row.customer_id: result for some in bulk.changed(10) for row, result in some}
    assert found == results
    words = results[ids[0]].tag_words
    assert len(words) == (FIRST_BIT + TAGS - 1) // 64 + 1
    held = sum(word.bit_count() if word >= 0 else (word + 2**64).bit_count() for word in words)
    assert held > 100
