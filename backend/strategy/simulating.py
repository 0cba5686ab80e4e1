"""Everybody by two catalogues over one copy in DuckDB, and what differs. Writes nothing to PostgreSQL.

Blocking; meant for a thread. One copy, one moment, one day: what differs comes of the rules alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import numpy as np
import pyarrow as pa

from backend.strategy import drafting, simulated_rows
from backend.strategy.beyond import OUT_OF_BOUNDS
from backend.strategy.bulk import Bulk
from backend.strategy.compiler import columns_of, results_beside
from backend.strategy.definitions import Catalogue, Event, Offer, Product, Tag, Words
from backend.strategy.engine import Edition
from backend.strategy.errors import BeyondBounds
from backend.strategy.population import missing
from backend.strategy.rules import WORD_BITS
from backend.strategy.simulation_schemas import (
    Affected,
    Band,
    Gate,
    Label,
    Move,
    Mover,
    OfBranch,
    ReasonMove,
    SimulationResult,
    Sums,
    Turn,
)

MOST_MOVERS = 100
MOST_REASONS = 3
#: upper ends of bands: limits in fen (0, then in 10,000 yuan), rates in basis points
LIMITS = (0, *(wan * 1_000_000 for wan in (3, 5, 8, 15, 30)))
RATES = (300, 350, 400, 450, 500, 550, 600, 700)
_SIDES = ("was", "will")
#: rows whose bits are added up together
AT_ONCE = 50_000

#: what a person would see differ, and the sum's parts; `place`: of the tier, 0 the highest
_COMPARED = """
CREATE TABLE compared AS
SELECT was.customer_id, home.branch_id,
    was.tier AS tier_was, will.tier AS tier_will, a.place AS place_was, b.place AS place_will,
    was.limit_fen AS limit_was, will.limit_fen AS limit_will,
    was.rate_bp AS rate_was, will.rate_bp AS rate_will,
    was.tier <> will.tier OR was.stage <> will.stage OR was.grade <> will.grade
    OR was.score_points <> will.score_points OR was.limit_fen <> will.limit_fen
    OR was.rate_bp IS DISTINCT FROM will.rate_bp OR was.contact_days <> will.contact_days
    OR was.visit_days <> will.visit_days OR was.tag_words <> will.tag_words
    OR was.event_words <> will.event_words OR was.product_words <> will.product_words
    OR was.offer_words <> will.offer_words
    OR was.reason_codes <> will.reason_codes OR was.reason_amounts_fen <> will.reason_amounts_fen AS differs
FROM was JOIN will USING (customer_id)
JOIN home USING (customer_id)
LEFT JOIN tiers AS a ON a.code = was.tier LEFT JOIN tiers AS b ON b.code = will.tier
"""
_SUMS = """
count(*), coalesce(sum(limit_{side}), 0)::BIGINT, count(*) FILTER (WHERE limit_{side} > 0),
(sum(limit_{side}::HUGEINT * rate_{side})
    // nullif(sum(limit_{side}) FILTER (WHERE rate_{side} IS NOT NULL), 0))::BIGINT
"""
_MOVED = """
count(*) FILTER (WHERE place_will < place_was), count(*) FILTER (WHERE place_will > place_was),
count(*) FILTER (WHERE limit_will = 0 AND limit_was > 0)
"""
_BOTH = "was JOIN will USING (customer_id)"
_WITH_BOTH = "JOIN was USING (customer_id) JOIN will USING (customer_id)"
#: those that move most first
_LARGEST_FIRST = """
ORDER BY abs(limit_will - limit_was) DESC, abs(coalesce(place_will, 0) - coalesce(place_was, 0)) DESC,
    abs(coalesce(rate_will, 0) - coalesce(rate_was, 0)) DESC, c.customer_id
"""
_KEPT = """
unhex(replace(c.customer_id::VARCHAR, '-', '')) AS customer_id,
unhex(replace(c.branch_id::VARCHAR, '-', '')) AS branch_id,
place_was::TINYINT AS tier_was, place_will::TINYINT AS tier_will, limit_was, limit_will, rate_was, rate_will
"""
_MOVERS = f"""
SELECT c.customer_id, c.branch_id, tier_was, tier_will, limit_was, limit_will, rate_was, rate_will,
    was.reason_codes, was.reason_amounts_fen, will.reason_codes, will.reason_amounts_fen
FROM compared AS c {_WITH_BOTH}
WHERE limit_was <> limit_will OR tier_was <> tier_will OR rate_was IS DISTINCT FROM rate_will
{_LARGEST_FIRST}
LIMIT $most
"""  # noqa: S608 - constants of ours


Packed = Mapping[tuple[str, str], tuple[int, Words]]
Bits = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The policy's gates, in per mille of customers."""

    tiers: int
    limits: int


class Simulation(Bulk):
    """One comparison: `fetch`, `work_out_side` for both, `compare_both`, in this order."""

    BESIDE: ClassVar[Mapping[str, str]] = {
        "home": "SELECT id AS customer_id, branch_id FROM customer WHERE status = 'active'"
    }

    def __init__(
        self, before: Edition, after: Edition, folder: Path | None = None, frozen: Iterable[str] = ()
    ) -> None:
        """`before` and `after` are loaded and compiled; `frozen`: definitions of the run in force. What
        either asks for beside those is worked out here, for the comparison alone."""
        super().__init__(folder)
        #: every customer before and after, as `simulated_rows` reads them
        self.customers = b""
        self._lacking = missing((one.catalogue.frozen.values() for one in (before, after)), frozen)
        self._sides = {"was": before, "will": after}
        self._beside = beside(before, after)

    def work_out_side(self, side: str, as_of: date) -> None:
        """The results of one side, `was` first, into the table of that name; features are made once where
        both have the same. Raises BeyondBounds."""
        edition = self._sides[side]
        features = edition.statements.nightly.features
        results = results_beside(edition.catalogue, self._beside)
        given = {"as_of": as_of}
        same = features == self._sides["was"].statements.nightly.features
        try:
            if side == "was":
                self.freeze(self._lacking, as_of, afresh=False)
            if side == "was" or not same:
                self._db.execute(f"CREATE OR REPLACE TABLE features AS {features}", given)
            self._db.execute(f"CREATE TABLE {side} AS {results}", given)
        except OUT_OF_BOUNDS as error:
            raise BeyondBounds(str(error).splitlines()[0]) from error

    def compare_both(
        self, bounds: Bounds, branches: Mapping[UUID, str]
    ) -> tuple[SimulationResult, list[Mover]]:
        """What differs, and the customers that move most, without names; from then on `customers` has all."""
        before, after = (one.catalogue for one in self._sides.values())
        tiers = _tiers(before, after)
        self._db.execute("CREATE TABLE tiers (code VARCHAR, place BIGINT)")
        self._db.executemany(
            "INSERT INTO tiers VALUES (?, ?)", [(one.code, n) for n, one in enumerate(tiers)]
        )
        self._db.execute(_COMPARED)
        (customers, changed, rises, falls, zeroed) = self._one(
            f"count(*), count(*) FILTER (WHERE differs), {_MOVED}", "compared"
        )
        matrix = self._rows(
            "tier_was, tier_will, count(*)",
            "compared GROUP BY ALL ORDER BY any_value(place_was), any_value(place_will)",
        )
        turned = sum(count for was, will, count in matrix if was != will)
        result = SimulationResult(
            customers,
            changed,
            rises,
            falls,
            tuple(tiers),
            tuple(Move(*row) for row in matrix),
            _gate(turned, customers, bounds.tiers),
            _gate(zeroed, customers, bounds.limits),
            Sums(*self._one(_SUMS.format(side="was"), "compared")),
            Sums(*self._one(_SUMS.format(side="will"), "compared")),
            self._bands("limit_{side}", "true", LIMITS),
            self._bands("rate_{side}", "limit_{side} > 0 AND rate_{side} IS NOT NULL", RATES),
            self._turns(before, after),
            self._affected(),
            self._branches(branches),
            {},
        )
        return result, self._movers(before, after, branches)

    def _one(self, columns: str, of: str) -> tuple[Any, ...]:
        # names are the catalogues' own, checked by their schema
        found: tuple[Any, ...] | None = self._db.execute(f"SELECT {columns} FROM {of}").fetchone()  # noqa: S608
        assert found is not None
        return found

    def _rows(self, columns: str, of: str) -> list[tuple[Any, ...]]:
        return self._db.execute(f"SELECT {columns} FROM {of}").fetchall()  # noqa: S608 - as in `_one`

    def _bands(self, value: str, where: str, ends: Sequence[int]) -> tuple[Band, ...]:
        """Customers by band of `value`, before and after; each with its upper end."""
        edges = list(zip((None, *ends), (*ends, None), strict=True))
        columns = [
            f"count(*) FILTER (WHERE {where.format(side=side)} AND {_within(value.format(side=side), *edge)})"
            for edge in edges
            for side in _SIDES
        ]
        found = iter(self._one(", ".join(columns), "compared"))
        return tuple(Band(*edge, next(found), next(found)) for edge in edges)

    def _turns(self, before: Catalogue, after: Catalogue) -> tuple[Turn, ...]:
        """Every tag, event, product and offer of either catalogue by name, those that turn most first; every
        customer goes by here, and is kept."""
        sides = [_packed(one) for one in (before, after)]
        keys = sorted(sides[0].keys() | sides[1].keys())
        columns = [
            f"coalesce({side}.{kind}_words[{word + 1}], 0) AS {side}_{kind}_{word}"
            for side, packed in zip(_SIDES, sides, strict=True)
            for kind, word in _words(packed)
        ]
        # a thousand sums over bits take DuckDB twenty seconds to plan: the bits are added up here
        reader = self._db.execute(
            f"SELECT {', '.join((_KEPT, *columns))} FROM compared AS c {_WITH_BOTH} {_LARGEST_FIRST}"  # noqa: S608
        ).to_arrow_reader(AT_ONCE)
        kept = simulated_rows.Writer(keys)
        counts = np.zeros((3, len(keys)), np.int64)
        for batch in reader:
            was, will = (
                _bits(batch, side, packed)[:, _places(packed, keys)]
                for side, packed in zip(_SIDES, sides, strict=True)
            )
            gained, lost = will & ~was, was & ~will
            counts += [both.sum(axis=0, dtype=np.int64) for both in (gained, lost, was & will)]
            kept.add(batch, gained, lost)
        self.customers = kept.content()
        turns = []
        for key, counted in zip(keys, counts.T.tolist(), strict=True):
            _, words = sides[1].get(key) or sides[0][key]
            turns.append(Turn(*key, words.zh, words.en, *counted))
        return tuple(sorted(turns, key=lambda one: (-(one.gained + one.lost), one.kind, one.name)))

    def _affected(self) -> tuple[Affected, ...]:
        names = self._beside
        if not names:
            return ()
        columns = [f"count(*) FILTER (WHERE was.x_{name} IS DISTINCT FROM will.x_{name})" for name in names]
        found = self._one(", ".join(columns), _BOTH)
        return tuple(Affected(name, count) for name, count in zip(names, found, strict=True))

    def _branches(self, names: Mapping[UUID, str]) -> tuple[OfBranch, ...]:
        sums = ", ".join(_SUMS.format(side=side) for side in _SIDES)
        rows = self._rows(f"branch_id, {sums}, {_MOVED}", "compared GROUP BY branch_id")
        found = [
            OfBranch(row[0], names.get(row[0]), Sums(*row[1:5]), Sums(*row[5:9]), *row[9:]) for row in rows
        ]
        return tuple(sorted(found, key=lambda one: (one.name is None, one.name or "", str(one.branch_id))))

    def _movers(self, before: Catalogue, after: Catalogue, branches: Mapping[UUID, str]) -> list[Mover]:
        words = {one.code: one.words for one in (*before.reasons, *after.reasons)}
        rows = self._db.execute(_MOVERS, {"most": MOST_MOVERS}).fetchall()
        return [_mover(row, words, branches) for row in rows]


def _mover(row: tuple[Any, ...], words: Mapping[str, Words], branches: Mapping[UUID, str]) -> Mover:
    customer, branch, tier_was, tier_will, limit_was, limit_will, rate_was, rate_will, *reasons = row
    was, will = (dict(zip(reasons[at], reasons[at + 1], strict=True)) for at in (0, 2))
    lines = _lines(was, will, words)
    return Mover(
        customer_id=customer,
        name=None,
        branch_id=branch,
        branch=branches.get(branch),
        tier_before=tier_was,
        tier_after=tier_will,
        limit_before_fen=limit_was,
        limit_after_fen=limit_will,
        rate_before_bp=rate_was,
        rate_after_bp=rate_will,
        reasons=_differing(lines),
        lines=lines,
    )


def beside(one: Edition, other: Edition) -> list[str]:
    """The definitions that differ and are columns of both: how many they move can be counted."""
    changes, _ = drafting.changed_rules(one.files, other.files)
    of_one, of_other = columns_of(one.catalogue), columns_of(other.catalogue)
    named = {change.shown.data.get("gives", change.shown.name) for change in changes}
    return sorted(
        name for name in named if of_one.get(name) is not None and of_one[name] is of_other.get(name)
    )


def _tiers(before: Catalogue, after: Catalogue) -> list[Label]:
    """Of both, the later catalogue's first, highest first."""
    options = {
        one.code: one.words for catalogue in (before, after) for one in catalogue.choices["tier"].options
    }
    order = dict.fromkeys(
        one.code for catalogue in (after, before) for one in catalogue.choices["tier"].options
    )
    return [Label(code, options[code].zh, options[code].en) for code in order]


def _gate(count: int, known: int, per_mille: int) -> Gate:
    return Gate(count, known, per_mille, count * 1000 > known * per_mille)


def _within(value: str, over: int | None, up_to: int | None) -> str:
    parts = [f"{value} > {over}"] if over is not None else []
    parts += [f"{value} <= {up_to}"] if up_to is not None else []
    return " AND ".join(parts)


def _packed(catalogue: Catalogue) -> Packed:
    """Bit and words by kind and name of everything that is packed into words."""
    offering = catalogue.offering
    kinds: dict[str, Sequence[Tag | Event | Product | Offer]] = {
        "tag": catalogue.tags,
        "event": offering.events,
        "product": offering.products,
        "offer": (*offering.packages, *offering.plans),
    }
    return {(kind, one.name): (one.bit, one.words) for kind, of in kinds.items() for one in of}


def _words(packed: Packed) -> list[tuple[str, int]]:
    """(kind, word) of every word that holds one of them."""
    return sorted({(kind, bit // WORD_BITS) for (kind, _), (bit, _) in packed.items()})


def _places(packed: Packed, keys: Sequence[tuple[str, str]]) -> list[int]:
    """Where each key's bit stands among those of `_bits`; the last one for what that side lacks."""
    words = _words(packed)
    first = {word: place * WORD_BITS for place, word in enumerate(words)}
    return [
        first[kind, packed[kind, name][0] // WORD_BITS] + packed[kind, name][0] % WORD_BITS
        if (kind, name) in packed
        else len(words) * WORD_BITS
        for kind, name in keys
    ]


def _bits(batch: pa.RecordBatch, side: str, packed: Packed) -> Bits:
    """A row per customer, a column per bit of the words, and one without any."""
    words = [batch.column(f"{side}_{kind}_{word}").to_numpy() for kind, word in _words(packed)]
    if not words:
        return np.zeros((batch.num_rows, 1), bool)
    # bit n of a word is bit n % 8 of its byte n // 8
    stacked = np.column_stack(words).astype("<i8").view(np.uint8)
    bits = np.unpackbits(stacked, axis=1, bitorder="little").astype(bool)
    return np.pad(bits, ((0, 0), (0, 1)))


def _lines(
    was: Mapping[str, int], will: Mapping[str, int], words: Mapping[str, Words]
) -> tuple[ReasonMove, ...]:
    """Both explanations side by side, in their order, the later one's first."""
    return tuple(
        ReasonMove(code, words[code].zh, words[code].en, was.get(code), will.get(code))
        for code in dict.fromkeys((*will, *was))
    )


def _differing(lines: Sequence[ReasonMove]) -> tuple[ReasonMove, ...]:
    """Those that differ most, by amount."""
    moved = [one for one in lines if one.before_fen != one.after_fen]
    moved.sort(key=lambda one: -abs((one.after_fen or 0) - (one.before_fen or 0)))
    return tuple(moved[:MOST_REASONS])
