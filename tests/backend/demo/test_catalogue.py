"""The tags tell customers of the demo county apart: none is empty, none holds for nearly everybody it could
hold for, and no two say the same."""

from itertools import combinations
from uuid import UUID

import pytest

from backend.strategy.bulk import Bulk
from backend.strategy.definitions import Tag
from backend.strategy.engine import shipped_catalogue, shipped_statements
from backend.strategy.rules import bits_in
from tests.backend.demo.conftest import LoadedCounty
from tests.backend.demo.county import DAY

pytestmark = pytest.mark.slow

FEWEST, MOST = 0.001, 0.9
"""Shares of the customers that a tag can hold for."""

ALIKE = 0.95
"""From this Jaccard index on, two tags are one."""

Marked = dict[str, set[UUID]]


@pytest.fixture(scope="module")
def worked(county: LoadedCounty) -> tuple[dict[str, set[UUID]], Marked]:
    """Customers by kind, and by tag."""
    catalogue = shipped_catalogue()
    kinds: dict[str, set[UUID]] = {"household": set(), "business": set()}
    marked: Marked = {tag.name: set() for tag in catalogue.tags}
    with Bulk() as bulk:
        bulk.fetch(county.urls.nightly, catalogue)
        bulk.work_out(shipped_statements(), DAY, everyone=True)
        for some in bulk.changed(500):
            for row, result in some:
                for kind, ids in kinds.items():
                    if f'"kind":"{kind}"' in row.features.replace(" ", ""):
                        ids.add(row.customer_id)
                held = bits_in(result.tag_words)
                for tag in catalogue.tags:
                    if tag.bit in held:
                        marked[tag.name].add(row.customer_id)
    return kinds, marked


def may_hold_for(tag: Tag, kinds: dict[str, set[UUID]]) -> set[UUID]:
    return set().union(*(kinds[kind] for kind in tag.kinds or kinds))


def test_each_tag_marks_some_and_not_nearly_all(worked: tuple[dict[str, set[UUID]], Marked]) -> None:
    kinds, marked = worked
    assert len(kinds["household"]) > 2_000
    assert len(kinds["business"]) > 150
    odd = {}
    for tag in shipped_catalogue().tags:
        among = may_hold_for(tag, kinds)
        assert marked[tag.name] <= among, tag.name
        share = len(marked[tag.name]) / len(among)
        if not FEWEST <= share <= MOST:
            odd[tag.name] = share
    assert odd == {}


def test_no_two_tags_mark_the_same_customers(worked: tuple[dict[str, set[UUID]], Marked]) -> None:
    _, marked = worked
    alike = [
        (one, other)
        for one, other in combinations(sorted(marked), 2)
        if len(marked[one] & marked[other]) > ALIKE * len(marked[one] | marked[other])
    ]
    assert alike == []
