"""The tags tell customers of the demo county apart: none is empty, none holds for nearly everybody it could
hold for, and no two say the same. Every event is raised, every product and offer suits somebody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from uuid import UUID

import pytest

from backend.strategy.bulk import Bulk
from backend.strategy.definitions import Event, Offer, Product, Tag
from backend.strategy.engine import shipped_catalogue, shipped_statements
from backend.strategy.rules import Result, bits_in
from tests.backend.demo.conftest import LoadedCounty
from tests.backend.demo.county import DAY

pytestmark = pytest.mark.slow

FEWEST, MOST = 0.001, 0.9
"""Shares of the customers that a tag can hold for."""

MOST_RAISED = 0.6
"""Beyond this share of whom it can be raised for, an event is no opportunity but the rule."""

ALIKE = 0.95
"""From this Jaccard index on, two tags are one."""

Thing = Tag | Event | Product | Offer
Marked = dict[str, set[UUID]]


@dataclass(frozen=True)
class Worked:
    """Customers by kind, by tag, and by what they may be offered."""

    kinds: Mapping[str, set[UUID]]
    tags: Marked
    events: Marked
    products: Marked
    offers: Marked

    def share(self, thing: Thing, marked: Marked) -> float:
        """Of whom it can hold for; it must hold for nobody else."""
        among = set().union(*(self.kinds[kind] for kind in thing.kinds or self.kinds))
        assert marked[thing.name] <= among, thing.name
        return len(marked[thing.name]) / len(among)


@pytest.fixture(scope="module")
def worked(county: LoadedCounty) -> Worked:
    catalogue = shipped_catalogue()
    offering = catalogue.offering
    kinds: dict[str, set[UUID]] = {"household": set(), "business": set()}
    found: list[tuple[UUID, Result]] = []
    with Bulk() as bulk:
        bulk.fetch(county.urls.nightly, catalogue)
        bulk.work_out(shipped_statements(), DAY, everyone=True)
        for some in bulk.changed(500):
            for row, result in some:
                for kind, ids in kinds.items():
                    if f'"kind":"{kind}"' in row.features.replace(" ", ""):
                        ids.add(row.customer_id)
                found.append((row.customer_id, result))

    def marked(things: Sequence[Thing], column: str) -> Marked:
        out: Marked = {thing.name: set() for thing in things}
        for customer, result in found:
            held = bits_in(getattr(result, column))
            for thing in things:
                if thing.bit in held:
                    out[thing.name].add(customer)
        return out

    return Worked(
        kinds,
        marked(catalogue.tags, "tag_words"),
        marked(offering.events, "event_words"),
        marked(offering.products, "product_words"),
        marked((*offering.packages, *offering.plans), "offer_words"),
    )


def test_each_tag_marks_some_and_not_nearly_all(worked: Worked) -> None:
    assert len(worked.kinds["household"]) > 2_000
    assert len(worked.kinds["business"]) > 150
    shares = {tag.name: worked.share(tag, worked.tags) for tag in shipped_catalogue().tags}
    assert {name: share for name, share in shares.items() if not FEWEST <= share <= MOST} == {}


def test_no_two_tags_mark_the_same_customers(worked: Worked) -> None:
    assert alike(worked.tags) == []


def alike(marked: Marked) -> list[tuple[str, str]]:
    return [
        (one, other)
        for one, other in combinations(sorted(marked), 2)
        if len(marked[one] & marked[other]) > ALIKE * len(marked[one] | marked[other])
    ]


def test_each_event_is_raised_for_somebody_and_is_not_the_rule(worked: Worked) -> None:
    events = shipped_catalogue().offering.events
    shares = {event.name: worked.share(event, worked.events) for event in events}
    assert [name for name, share in shares.items() if share == 0] == []
    assert {name: share for name, share in shares.items() if share > MOST_RAISED} == {}


def test_no_two_events_are_one(worked: Worked) -> None:
    """Unless only a handful of the county's customers is in either."""
    some = {name: ids for name, ids in worked.events.items() if len(ids) >= 10}
    assert alike(some) == []


def test_each_product_and_offer_suits_somebody(worked: Worked) -> None:
    offering = shipped_catalogue().offering
    shares = {one.name: worked.share(one, worked.products) for one in offering.products}
    shares |= {one.name: worked.share(one, worked.offers) for one in (*offering.packages, *offering.plans)}
    assert [name for name, share in shares.items() if share == 0] == []
    # social cards are for every household
    assert [name for name, share in shares.items() if share == 1] == ["social_card"]
