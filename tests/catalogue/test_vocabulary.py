"""The catalogue speaks the same words as the domains whose facts it reads."""

import pytest
from jsonschema import Draft202012Validator

from backend.customers.file_fields import file_fields
from backend.customers.person_fields import fields as person_fields
from backend.customers.record_kinds import kinds as record_kinds
from backend.customers.rules import THINGS, RecordKind, Relation
from backend.products.catalogue import SHIPPED as PRODUCTS
from backend.strategy.definitions import UNITS, Event, Offer, Product
from backend.strategy.documents import schema
from backend.strategy.engine import shipped_catalogue
from backend.strategy.terms import SHOWN_CHOICES, terms
from backend.visits.rules import Channel, Outcome


def codes(source: str, column: str) -> frozenset[str]:
    return shipped_catalogue().sources[source].columns[column].choices


def detail(*names: str) -> set[str]:
    """The choices that the named details of all kinds of records have."""
    fields = [(name, field) for kind in record_kinds().values() for name, field in kind.fields.items()]
    return {choice for name, field in fields if name in names for choice in field.choices}


@pytest.mark.parametrize(
    ("source", "column", "known"),
    [
        ("value", "field", set(file_fields())),
        ("value", "choice", {choice for field in file_fields().values() for choice in field.choices}),
        ("person", "relation", {str(one) for one in Relation}),
        ("asset", "asset_kind", {str(one) for one in THINGS}),
        ("holding", "product_code", {one.code for one in PRODUCTS}),
        ("need", "product_code", {one.code for one in PRODUCTS}),
        ("presented", "product_code", {one.code for one in PRODUCTS}),
        ("person", "sex", set(person_fields()["sex"].choices)),
        ("person", "education", set(person_fields()["education"].choices)),
        ("record", "record_kind", {str(one) for one in RecordKind}),
        (
            "record",
            "what",
            detail("type", "crop", "animal", "machine", "form", "lender", "product", "role"),
        ),
        ("record", "tenure", detail("tenure")),
        ("record", "structure", detail("structure")),
        ("record", "collateral", detail("collateral")),
        ("contact", "channel", {str(one) for one in Channel}),
        ("contact", "outcome", {str(one) for one in Outcome}),
    ],
)
def test_codes_are_those_of_the_domain(source: str, column: str, known: set[str]) -> None:
    assert codes(source, column) == known


def test_every_term_has_both_languages() -> None:
    found = terms(shipped_catalogue())
    for key, term in found.items():
        assert term.zh, key
        assert term.en, key
        assert any("\u4e00" <= character <= "\u9fff" for character in term.text_zh), key
        assert term.text_en.isascii(), key
    kinds = {"dimension", "tag", "reason", "event_dimension", "event", "script", "family", "product_tag"}
    assert {key.split(":")[0] for key in found} == kinds | {"product", "package", "plan", *SHOWN_CHOICES}


def test_products_are_those_of_the_domain() -> None:
    """Visits, holdings and imports have their list from there, the catalogue says whom they suit."""
    known = {one.code: (one.zh, one.en) for one in PRODUCTS}
    offering = shipped_catalogue().offering
    assert {one.name: (one.words.zh, one.words.en) for one in offering.products} == known
    assert len(known) == 20


def test_there_is_something_to_offer() -> None:
    """A hundred events and more, in all five dimensions, for both kinds; and what they lead to."""
    offering = shipped_catalogue().offering
    assert len(offering.events) >= 100
    assert {event.dimension for event in offering.events} == set(offering.dimensions)
    assert len(offering.dimensions) == 5
    for kind in ("household", "business"):
        assert sum(event.kinds in ((), (kind,)) for event in offering.events) >= 50
    assert {event.owner for event in offering.events} == {"manager", "agent", "branch_head"}
    assert {mark for product in offering.products for mark in product.marks} == set(offering.marks)
    assert {product.family for product in offering.products} == set(offering.families)
    assert min(len(offering.packages), len(offering.plans)) >= 6
    assert {plan.seeks for plan in offering.plans} == {"product", "customer"}
    led_to = {event.product for event in offering.events}
    led_to |= {step.offer for offer in (*offering.packages, *offering.plans) for step in offer.steps}
    assert led_to >= {product.name for product in offering.products}


def test_what_is_offered_speaks_plainly() -> None:
    """Names and sentences are each thing's own; an event names its data and shows when it holds."""
    offering = shipped_catalogue().offering
    things: tuple[Event | Product | Offer, ...]
    things = (*offering.events, *offering.products, *offering.packages, *offering.plans)
    for which in ("zh", "en", "explain_zh", "explain_en"):
        said = [getattr(one.words, which) for one in things]
        assert [words for words in set(said) if said.count(words) > 1] == []
    for one in things:
        assert {example.expect for example in one.examples} == {True, False}, one.name
    scripts = [event.script.zh for event in offering.events]
    assert len(set(scripts)) == len(scripts)
    for event in offering.events:
        assert "（" in event.words.explain_zh, event.name
        assert "(" in event.words.explain_en, event.name
        assert event.again_days >= event.valid_days, event.name
        assert event.script.en.isascii(), event.name


def test_there_is_a_catalogue_to_speak_of() -> None:
    """Over a hundred variables and three hundred tags, in all nine dimensions, for both kinds."""
    catalogue = shipped_catalogue()
    assert len(catalogue.features) > 100
    assert len(catalogue.tags) >= 300
    assert {tag.dimension for tag in catalogue.tags} == set(catalogue.dimensions)
    assert len(catalogue.dimensions) == 9
    assert sum(tag.kinds == ("business",) for tag in catalogue.tags) > 40
    assert sum(tag.kinds == ("household",) for tag in catalogue.tags) > 100


def test_no_two_tags_share_a_name() -> None:
    tags = shipped_catalogue().tags
    for words in ([tag.words.zh for tag in tags], [tag.words.en for tag in tags]):
        assert [word for word in set(words) if words.count(word) > 1] == []


def test_a_tag_of_the_newer_files_shows_when_it_holds_and_when_not() -> None:
    for tag in shipped_catalogue().tags:
        if tag.bit > 26:
            assert {example.expect for example in tag.examples} == {True, False}, tag.name


def test_tiers_stages_and_grades_are_those_of_the_domain() -> None:
    choices = shipped_catalogue().choices
    assert [one.code for one in choices["tier"].options] == ["high_end", "core", "basic", "potential"]
    assert {one.code for one in choices["stage"].options} == {
        "new",
        "growing",
        "mature",
        "declining",
        "dormant",
        "lost",
    }
    assert [one.code for one in choices["grade"].options] == ["AAA", "AA", "A", "none"]


def test_what_has_no_data_yet_is_said() -> None:
    pending = {one.name for one in shipped_catalogue().pending}
    assert {"negative_list", "other_limit", "product_cap"} <= pending


def test_the_policys_own_weights_hold_since_forms_are_recorded() -> None:
    """Before, the others shared the evaluation's points; now they do for whom nobody has evaluated."""
    catalogue = shipped_catalogue()
    of_policy = {
        "people": 8,
        "labour": 8,
        "assets": 13,
        "net_assets": 13,
        "income": 14,
        "completeness": 10,
        "bank": 14,
        "evaluation": 20,
    }
    assert sum(of_policy.values()) == 100
    for card in catalogue.scorecards:
        if card.gives != "score_points":
            continue
        assert [item.name for item in card.items] == list(of_policy)
        for item in card.items:
            before, now = (value for _, value in catalogue.figures[item.weight].values)
            assert now == of_policy[item.name]
            assert abs(before - (now * 100 / 80 if item.name != "evaluation" else 0)) <= 0.5
            assert (item.counts is not None) == (item.name == "evaluation")


def test_units_stand_in_names() -> None:
    catalogue = shipped_catalogue()
    units = {one.name: one.unit for one in catalogue.features.values()}
    units |= {one.name: one.unit for one in catalogue.amounts.values()}
    units |= {one.name: one.unit for one in catalogue.figures.values()}
    for name, unit in units.items():
        assert name.endswith(UNITS[unit][1])


def test_the_published_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())
