"""Events, products and offers in results: packed, kept, told of; and catalogues of the time before them."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from backend.strategy import compiler, queries, service, versions
from backend.strategy.api import decisions_of, ensure_published, recompute, recompute_all, replay
from backend.strategy.compiler import compile_catalogue
from backend.strategy.documents import CatalogueError, Problem, shipped_files
from backend.strategy.engine import Edition, shipped_catalogue
from backend.strategy.loader import load
from backend.strategy.packing import as_columns
from backend.strategy.progress import Copy
from backend.strategy.rules import bits_in
from backend.strategy.service import Basis, put_in_force
from backend.strategy.terms import agents_terms
from tests.backend.strategy.town import SYSTEM, TODAY, Town, loan_of
from tests.support.clock import MovingClock


async def run(town: Town, *ids: UUID) -> None:
    async with town.db.unit(SYSTEM) as uow:
        await recompute(uow, ids, "test")


def names(things: Iterable[object], words: list[int]) -> set[str]:
    held = bits_in(words)
    return {one.name for one in things if one.bit in held}  # type: ignore[attr-defined]


async def test_what_holds_is_in_the_profile(town: Town) -> None:
    one = await town.reference(await town.grid())
    await run(town, one)
    profile = await town.profile(one)
    offering = shipped_catalogue().offering
    assert {"loan", "social_card", "deposit"} <= names(offering.products, profile.product_words)
    assert "wages" not in names(offering.products, profile.product_words)
    (decision,) = await town.decisions(one)
    assert decision.result["product_words"] == [str(word) for word in profile.product_words]


async def test_events_that_begin_and_end_are_told_by_name(town: Town, clock: MovingClock) -> None:
    shop = await town.customer(await town.grid(), "business")
    await run(town, shop)
    before = len(await town.events(service.PROFILE_CHANGED))
    await town.value(shop, "turnover_year_fen", 10_000)
    await run(town, shop)
    told = await town.events(service.PROFILE_CHANGED)
    assert "qr_without" in told[-1]["events_raised"]
    assert told[-1]["events_ended"] == []
    assert len(told) == before + 1
    # what held already is not told again
    loan = loan_of(shop, 50_000)
    loan.due_on = TODAY + timedelta(days=10)
    await town.add(loan)
    await run(town, shop)
    last = (await town.events(service.PROFILE_CHANGED))[-1]
    assert "loan_due_soon" in last["events_raised"]
    assert not {"qr_without"} & {*last["events_raised"], *last["events_ended"]}
    await town.value(shop, "turnover_year_fen", 0)
    await run(town, shop)
    last = (await town.events(service.PROFILE_CHANGED))[-1]
    assert "qr_without" in last["events_ended"]
    assert "qr_without" not in last["events_raised"]


async def test_what_holds_at_the_first_result_counts_as_raised(town: Town) -> None:
    grid = await town.grid()
    shop, other = await town.customer(grid, "business"), await town.customer(grid, "business")
    for one in (shop, other):
        await town.value(one, "turnover_year_fen", 10_000)
    await run(town, shop)
    (first,) = await town.events(service.PROFILE_CHANGED)
    assert "qr_without" in first["events_raised"]
    async with town.db.unit(SYSTEM) as uow:
        await recompute(uow, [other], "test", tell=False)
    assert len(await town.events(service.PROFILE_CHANGED)) == 1


async def test_the_nightly_way_tells_of_events_that_a_day_brings(
    town: Town, copy: Copy, clock: MovingClock
) -> None:
    """The loan is due in six weeks: nothing is entered, a fortnight later it is soon."""
    one = await town.reference(await town.grid())
    loan = loan_of(one, 50_000)
    loan.due_on = TODAY + timedelta(days=42)
    await town.add(loan)
    await recompute_all(town.db, copy=copy)
    before = len(await town.events(service.PROFILE_CHANGED))
    clock.move_to_local(2026, 1, 30)
    await recompute_all(town.db, copy=copy)
    told = (await town.events(service.PROFILE_CHANGED))[before:]
    assert [event["events_raised"] for event in told] == [["loan_due_soon"]]
    async with town.db.unit(SYSTEM) as uow:
        raised = await uow.session.scalar(text("SELECT event_words FROM profile"))
    assert names(shipped_catalogue().offering.events, raised) >= {"loan_due_soon"}


def before_events() -> dict[str, str]:
    """The shipped files as they were before anything was offered."""
    kept = {}
    for file, content in shipped_files().items():
        if not file.startswith(("events/", "products/")):
            kept[file] = content.replace(", agents: true", "").replace("        agents: true\n", "")
    return kept


async def test_a_decision_of_the_time_before_replays(town: Town) -> None:
    one = await town.reference(await town.grid())
    former = Edition(before_events())
    async with town.db.unit(SYSTEM) as uow:
        version = await versions.add(uow, former, uow.today)
        await versions.take_force(uow, version)
        rows = {
            row.customer_id: row
            for row in await queries.feature_rows(uow, former.statements, [one], uow.today)
        }
        results = await queries.results_of(uow, former.statements, [rows[one].features], uow.today)
        await put_in_force(uow, rows, results, Basis(version, uow.today, None), "test", tell=False)
    async with town.db.unit(SYSTEM) as uow:
        assert await ensure_published(uow) == version + 1
    kept = await town.decisions(one)
    assert not {"event_words", "product_words", "offer_words"} & kept[0].result.keys()
    await run(town, one)
    async with town.db.unit(SYSTEM) as uow:
        both = await decisions_of(uow, one, 10)
        assert len(both) == 2
        assert await replay(uow, both) == []


def problems_of(file: str, *changes: tuple[str, str]) -> list[Problem]:
    files = shipped_files()
    for before, after in changes:
        assert before in files[file], before
        files[file] = files[file].replace(before, after, 1)
    with pytest.raises(CatalogueError) as refused:
        load(files)
    return refused.value.problems


def line_of(file: str, what: str) -> int:
    content = shipped_files()[file]
    return content[: content.index(what)].count("\n") + 1


EVENTS = "events/business_operation_shop.yaml"
PACKAGES = "products/packages.yaml"


@pytest.mark.parametrize(
    ("file", "before", "after", "what", "nearest"),
    [
        (
            EVENTS,
            "product: merchant_qr",
            "product: merchant_q",
            "product merchant_q is not known",
            "merchant_qr",
        ),
        (
            EVENTS,
            "    bit: 67\n",
            "    bit: 1\n",
            "the name event bit 1 is taken in events/business_operation_shop.yaml:4",
            None,
        ),
        (EVENTS, "owner: manager", "owner: manger", "manger is none of", "manager"),
        (
            EVENTS,
            "dimension: business_operation",
            "dimension: busines_operation",
            "dimension busines_operation is not known",
            "business_operation",
        ),
        (EVENTS, "when: tag_trader_no_qr", "when: tag_trader_qr", "tag_trader_qr is not", "tag_trader_no_qr"),
        (EVENTS, "priority: 2", "priority: 6", "6 is more than 5", None),
        (
            PACKAGES,
            "mobile_banking, wages]",
            "mobile_bank, wages]",
            "mobile_bank is not known",
            "mobile_banking",
        ),
        ("products/plans.yaml", "- offer: deposit", "- offer: deposits", "offer deposits is not", "deposit"),
        (
            PACKAGES,
            "suits: suits_merchant_qr",
            "suits: suit_merchant_qr",
            "suit_merchant_qr is not",
            "suits_merchant_qr",
        ),
        (PACKAGES, "name: shop_start", "name: merchant_qr", "merchant_qr is the code of a product", None),
        ("products/money.yaml", "family: wealth", "family: welth", "family welth is not known", "wealth"),
        (
            "products/money.yaml",
            "tags: [on_phone]",
            "tags: [on_fone]",
            "on_fone is not known here",
            "on_phone",
        ),
        (
            "products/money.yaml",
            "suits: limit_fen > 0",
            "suits: suits_deposit AND limit_fen > 0",
            "suits_deposit is not known here",
            None,
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(
    file: str, before: str, after: str, what: str, nearest: str | None
) -> None:
    found = [problem for problem in problems_of(file, (before, after)) if what in problem.what]
    assert [problem.file for problem in found] == [file]
    assert 0 <= line_of(file, before) - found[0].line <= 3
    assert nearest is None or found[0].nearest == nearest


AGENTS = (
    "    owner: manager\n    examples:\n      - {given: {kind: business, turnover",
    "    owner: manager\n    agent_visible: true\n    examples:\n      - {given: {kind: business, turnover",
)


def test_what_agents_may_see_says_and_rests_on_nothing_of_money() -> None:
    what = [one.what for one in problems_of(EVENTS, AGENTS)]
    assert "agents may see it, so it must not follow from value.amount" in what
    assert "agents may see it, so it must not follow from holding.product_code" in what
    named = [one.what for one in problems_of(EVENTS, AGENTS, ("当天到账，牌子", "贷款也能办，牌子"))]
    assert "agents may see it, so it must not say 贷" in named
    named = [
        one.what
        for one in problems_of(EVENTS, AGENTS, ("en: Shop without our QR code", "en: Shop with a LOAN"))
    ]
    assert "agents may see it, so it must not say LOAN" in named
    with_agents = (AGENTS[0], AGENTS[0].replace("owner: manager", "owner: agent"))
    named = [one.what for one in problems_of(EVENTS, with_agents)]
    assert "an agent who works on it must see it: agent_visible" in named


def test_agents_get_the_words_of_what_they_may_see_alone() -> None:
    catalogue = shipped_catalogue()
    seen = {one.name for one in catalogue.offering.events if one.agent_visible}
    assert set(agents_terms(catalogue)) == {f"{kind}:{name}" for kind in ("event", "script") for name in seen}
    assert all(term.bit is None for term in agents_terms(catalogue).values())


def test_a_retired_event_keeps_its_name_and_never_holds() -> None:
    files = shipped_files()
    files[EVENTS] = files[EVENTS].replace(
        "    owner: manager\n", "    owner: manager\n    retired: true\n", 1
    )
    catalogue = load(files)
    assert [event.name for event in catalogue.offering.events if event.retired] == ["qr_without"]
    assert "WHEN FALSE" in compile_catalogue(catalogue).results


_KEYS = st.sampled_from(
    [
        *("name", "bit", "dimension", "for", "zh", "en", "explain", "when", "product", "script", "priority"),
        *("valid_days", "again_days", "owner", "agent_visible", "retired", "family", "tags", "suits"),
        *("group", "products", "steps", "seeks", "examples", "extra"),
    ]
)
_WORDS = ("loan", "deposit", "suits_loan", "tag_rich", "event_an_event", "as_of", "money_fen > 0", "manager")
_VALUES = st.one_of(
    st.text(max_size=30),
    st.integers(-5, 9000),
    st.booleans(),
    st.none(),
    st.sampled_from(_WORDS),
    st.lists(st.sampled_from([*_WORDS, "household", "unsecured"]), max_size=3),
    st.dictionaries(st.sampled_from(["zh", "en", "offer", "do"]), st.text(max_size=9), max_size=2),
)
_NAMED = "zh: 名, en: Name, explain: {zh: 说明。, en: A sentence.}"
_BASE = f"""
sources:
  - {{name: customer, {_NAMED}, columns: [{{name: kind, type: text, codes: [household, business]}}]}}
  - {{name: account, {_NAMED}, columns: [{{name: balance_fen, type: bigint}}]}}
features:
  - {{name: kind, {_NAMED}, unit: code, from: customer, value: kind, codes: [household, business]}}
  - {{name: money_fen, {_NAMED}, unit: fen, from: account, value: SUM(balance_fen), otherwise: 0}}
dimensions: [{{name: value, {_NAMED}}}]
tags: [{{name: rich, bit: 0, dimension: value, {_NAMED}, when: money_fen > 5}}]
event_dimensions: [{{name: customer_value, {_NAMED}}}]
product_families: [{{name: loan, {_NAMED}}}]
product_tags: [{{name: unsecured, {_NAMED}}}]
products:
  - {{name: loan, bit: 0, family: loan, {_NAMED}, suits: tag_rich}}
  - {{name: deposit, bit: 1, family: loan, {_NAMED}, suits: money_fen > 0}}
"""


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["events", "products", "packages", "plans"]),
    st.dictionaries(_KEYS, _VALUES, max_size=4),
)
def test_whatever_is_written_is_taken_or_refused_politely(kind: str, changes: dict[str, object]) -> None:
    """Of each new kind one with some of its keys changed, or others added."""
    refused: list[Problem] = []
    written = msgspec.json.encode({kind: [{**SOUND[kind], **changes}]}).decode()
    try:
        load({"base.yaml": _BASE, "x.yaml": written})
    except CatalogueError as error:
        refused = error.problems
    assert all(problem.what and problem.file == "x.yaml" for problem in refused), refused
    assert changes or not refused


@pytest.mark.parametrize(
    ("kind", "changes", "what"),
    [
        ("events", {}, None),
        ("products", {}, None),
        ("packages", {}, None),
        ("plans", {}, None),
        ("events", {"extra": 1}, "there is no key extra here"),
        ("events", {"when": "event_an_event"}, "event_an_event is not known here"),
        ("products", {"suits": "suits_loan"}, "suits_loan is not known here"),
        ("packages", {"products": ["loan"]}, "at least 2 items"),
    ],
)
def test_what_is_sound_is_taken(kind: str, changes: dict[str, object], what: str | None) -> None:
    written = msgspec.json.encode({kind: [{**SOUND[kind], **changes}]}).decode()
    if what is None:
        load({"base.yaml": _BASE, "x.yaml": written})
        return
    with pytest.raises(CatalogueError, match=what):
        load({"base.yaml": _BASE, "x.yaml": written})


SAID = {"zh": "说明。", "en": "A sentence."}
SOUND: dict[str, dict[str, object]] = {
    "events": {
        "name": "an_event",
        "bit": 900,
        "dimension": "customer_value",
        "zh": "事件",
        "en": "Event",
        "explain": SAID,
        "when": "suits_loan AND tag_rich",
        "product": "loan",
        "script": SAID,
        "priority": 1,
        "valid_days": 30,
        "again_days": 60,
        "owner": "manager",
    },
    "products": {
        "name": "a_product",
        "bit": 900,
        "family": "loan",
        "zh": "产品",
        "en": "Product",
        "explain": SAID,
        "suits": "tag_rich",
    },
    "packages": {
        "name": "a_package",
        "bit": 900,
        "zh": "套餐",
        "en": "Package",
        "explain": SAID,
        "products": ["loan", "deposit"],
        "suits": "suits_loan",
    },
    "plans": {
        "name": "a_plan",
        "bit": 900,
        "zh": "计划",
        "en": "Plan",
        "explain": SAID,
        "seeks": "product",
        "group": "suits_loan",
        "steps": [{"offer": "loan", "do": SAID}],
    },
}


def test_more_columns_than_postgresql_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What others read is a column: here all shipped ones but one."""
    catalogue = shipped_catalogue()
    columns = len(catalogue.features) + len(as_columns(catalogue))
    monkeypatch.setattr(compiler, "MAX_COLUMNS", columns - 1)
    with pytest.raises(CatalogueError, match="that others read"):
        compile_catalogue(catalogue)
    monkeypatch.setattr(compiler, "MAX_COLUMNS", columns)
    compile_catalogue(catalogue)
