"""Everything also works with 500 features, 3,000 tags, 1,000 events and 200 products more."""

import pytest

from backend.embedded import Urls
from backend.strategy import binding, queries
from backend.strategy.bulk import Bulk
from backend.strategy.compiler import compile_catalogue
from backend.strategy.loader import load
from backend.strategy.rules import bits_in
from tests.backend.strategy.many import EVENTS, FEATURES, FIRST_BIT, OFFERS, PRODUCTS, TAGS, many_files
from tests.backend.strategy.town import SYSTEM, TODAY, Town


@pytest.mark.slow
async def test_thousands_of_tags_and_events_in_both_engines(town: Town, databases: Urls) -> None:
    catalogue = load(many_files())
    statements = compile_catalogue(catalogue)
    assert len(catalogue.features) > FEATURES
    assert len(catalogue.tags) > TAGS
    assert len(catalogue.offering.events) > EVENTS
    assert len(catalogue.offering.products) > PRODUCTS
    assert len(catalogue.offering.packages) > OFFERS
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
    result = results[ids[0]]
    for words, many, least in (
        (result.tag_words, TAGS, 100),
        (result.event_words, EVENTS, 30),
        (result.product_words, PRODUCTS, 10),
        (result.offer_words, OFFERS, 5),
    ):
        assert len(words) == (FIRST_BIT + many - 1) // 64 + 1
        assert len([bit for bit in bits_in(words) if bit >= FIRST_BIT]) > least
