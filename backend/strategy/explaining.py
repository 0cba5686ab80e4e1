"""A kept decision made again from its own feature row, and the way to it line by line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from uuid import UUID

import msgspec
from sqlalchemy import select, text

from backend.kernel.uow import UnitOfWork
from backend.strategy import queries, versions
from backend.strategy.compiler import calculation_statement
from backend.strategy.definitions import FROZEN_ON, LEVEL, Catalogue, Item, Scorecard, Words
from backend.strategy.models import Decision
from backend.strategy.rules import Result, bits_in


@dataclass(frozen=True, slots=True)
class Line:
    """A named value on the way. `unit` as in `definitions.UNITS`: money in fen, rates in basis points.
    `counted`, of a figure over many customers: at which place (None: the policy's figure stands in), and the
    day."""

    name: str
    words: Words
    unit: str
    value: Any
    counted: tuple[str | None, str | None] | None = None


@dataclass(frozen=True, slots=True)
class Points:
    """A line of the scorecard: `percent` of `weight` points; `counts` false: shared among the others."""

    item: Item
    percent: int
    weight: int
    counts: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a decision came about. `reasons`: (words, fen); the words of tags held, of events that hold, of
    products that suit, and of packages and plans."""

    decision: Decision
    result: Result
    features: tuple[Line, ...]
    score: tuple[Points, ...]
    amounts: tuple[Line, ...]
    reasons: tuple[tuple[Words, int], ...]
    tags: tuple[Words, ...]
    events: tuple[Words, ...]
    products: tuple[Words, ...]
    offers: tuple[Words, ...]


async def decisions_of(uow: UnitOfWork, customer_id: UUID | None, most: int) -> list[Decision]:
    """Kept decisions, the newest first: a customer's, or everybody's."""
    wanted = select(Decision).order_by(Decision.made_at.desc(), Decision.id.desc()).limit(most)
    if customer_id is not None:
        wanted = wanted.where(Decision.customer_id == customer_id)
    return list(await uow.session.scalars(wanted))


async def replay(uow: UnitOfWork, decisions: Sequence[Decision]) -> list[tuple[Decision, Result]]:
    """Those of `decisions` that come out otherwise from their own feature row, version and date, and what
    comes out. Raises CatalogueError, Tampered."""
    different = []
    for version, as_of in sorted({(one.version, one.as_of) for one in decisions}):
        statements = await (await versions.edition(uow, version)).compiled()
        of_these = {one.customer_id: one for one in decisions if (one.version, one.as_of) == (version, as_of)}
        # a customer's several decisions of one day are made one after the other
        rounds = [list(of_these.values())]
        rounds += [
            [one]
            for one in decisions
            if (one.version, one.as_of) == (version, as_of) and of_these[one.customer_id] is not one
        ]
        for some in rounds:
            rows = [queries.text_of(one.features) for one in some]
            results = await queries.results_of(uow, statements, rows, as_of)
            different += [
                (one, results[one.customer_id])
                for one in some
                if results[one.customer_id].plain() != one.result
            ]
    return different


async def explain(uow: UnitOfWork, decision: Decision) -> Explanation:
    """The way to a decision, worked out again from its feature row. Raises CatalogueError, Tampered."""
    edition = await versions.edition(uow, decision.version)
    statements = await edition.compiled()
    catalogue = edition.catalogue
    row = queries.text_of(decision.features)
    features = msgspec.json.decode(row)
    results = await queries.results_of(uow, statements, [row], decision.as_of)
    given = {"features": f"[{row}]", "as_of": decision.as_of}
    found = (await uow.session.execute(text(calculation_statement(catalogue)), given)).one()
    values = iter(found[1:])
    amounts = [Line(name, one.words, one.unit, next(values)) for name, one in catalogue.amounts.items()]
    score: list[Points] = []
    for card in catalogue.scorecards:
        points = [_points(catalogue, one, next(values), next(values), decision.as_of) for one in card.items]
        if _is_the_credit_score(card) and features.get("kind") in card.kinds:
            score = points
    result = results[decision.customer_id]
    reasons = {one.code: one.words for one in catalogue.reasons}
    return Explanation(
        decision,
        result,
        tuple(_features(catalogue, features)),
        tuple(score),
        tuple(amounts),
        tuple((reasons[code], amount) for code, amount in result.reasons),
        _held(catalogue.tags, result.tag_words),
        _held(catalogue.offering.events, result.event_words),
        _held(catalogue.offering.products, result.product_words),
        _held((*catalogue.offering.packages, *catalogue.offering.plans), result.offer_words),
    )


def _is_the_credit_score(card: Scorecard) -> bool:
    return card.gives == "score_points"


def _points(catalogue: Catalogue, item: Item, percent: int | None, counts: bool | None, day: date) -> Points:
    return Points(item, percent or 0, catalogue.figures[item.weight].on(day), bool(counts))


class _Worded(Protocol):
    """What has a bit and words."""

    @property
    def bit(self) -> int: ...

    @property
    def words(self) -> Words: ...


def _features(catalogue: Catalogue, row: Mapping[str, Any]) -> list[Line]:
    frozen = catalogue.frozen
    told_beside = {FROZEN_ON, *(name + LEVEL for name in frozen)} if frozen else set[str]()
    return [
        Line(
            name,
            one.words,
            one.unit,
            row.get(name),
            (row.get(name + LEVEL), row.get(FROZEN_ON)) if name in frozen else None,
        )
        for name, one in catalogue.features.items()
        if name not in told_beside
    ]


def _held(things: Iterable[_Worded], words: Sequence[int]) -> tuple[Words, ...]:
    bits = bits_in(words)
    return tuple(one.words for one in things if one.bit in bits)
