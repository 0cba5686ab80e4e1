"""What holds for a customer as bits in words: tags, events, products that suit, offers.

A bank has thousands of these, and PostgreSQL 1,664 columns: each goes into its word without a column, unless
another rule reads it.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from sqlglot import exp

from backend.strategy.definitions import Catalogue, Rule
from backend.strategy.language.nodes import Case, Expr, Ref, Type, integer, refs, total
from backend.strategy.language.sql import Dialect, Sql, lower
from backend.strategy.rules import WORD_BITS

Bits = Sequence[tuple[int, Rule]]


def packs(catalogue: Catalogue) -> Mapping[str, Bits]:
    """What is packed, by the column of the results that takes its words: (bit, rule)."""
    offering = catalogue.offering
    offers = sorted((*offering.packages, *offering.plans), key=lambda one: one.bit)
    return {
        "tag_words": [(tag.bit, tag.rule) for tag in catalogue.tags],
        "event_words": [(event.bit, event.rule) for event in offering.events],
        "product_words": [(product.bit, product.suits) for product in offering.products],
        "offer_words": [(offer.bit, offer.rule) for offer in offers],
    }


def packed_rules(catalogue: Catalogue) -> list[Rule]:
    """All rules that are packed."""
    return [rule for bits in packs(catalogue).values() for _, rule in bits]


@lru_cache(maxsize=4)
def as_columns(catalogue: Catalogue) -> Mapping[str, Expr]:
    """The rules that are columns: those that are not packed, or read by another."""
    packed = {rule.name for rule in packed_rules(catalogue)}
    read = frozenset[str]().union(*(refs(rule.value) for rule in catalogue.rules.values()))
    return {name: rule.value for name, rule in catalogue.rules.items() if name not in packed or name in read}


def words(bits: Bits, columns: Mapping[str, Expr], dialect: Dialect) -> Sql:
    """An array of bigint; bit n of word w stands for position 64 × w + n. Empty where nothing is packed."""
    if not bits:
        return exp.cast(exp.Array(expressions=[]), exp.DataType.build("bigint[]", dialect="postgres"))
    held: list[list[Expr]] = [[] for _ in range(max(bit for bit, _ in bits) // WORD_BITS + 1)]
    for bit, rule in bits:
        place = bit % WORD_BITS
        value = -(1 << place) if place == WORD_BITS - 1 else 1 << place
        when = Ref(rule.name, Type.boolean) if rule.name in columns else rule.value
        held[bit // WORD_BITS].append(Case(((when, integer(value)),), integer(0), Type.bigint))
    return exp.Array(expressions=[lower(total(word), dialect) for word in held])
