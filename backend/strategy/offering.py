"""Opportunity events, products, packages and coverage plans: loaded and checked.

Products may read tags; packages, plans and events may read tags and which products suit. An event that agents
may see must say nothing of money or credit, and follow from nothing but what agents may know.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TypeVar

from backend.strategy.definitions import (
    FROZEN,
    Event,
    Feature,
    Offer,
    Offering,
    Product,
    Rule,
    Said,
    Source,
    Step,
)
from backend.strategy.documents import Part
from backend.strategy.language.errors import wrong
from backend.strategy.language.nodes import FALSE, Expr, Type, refs
from backend.strategy.language.scope import Column, Scope
from backend.strategy.loading import Loading, kinds_of, words_of

TAG, SUITS, PACKAGE, PLAN, EVENT = "tag_", "suits_", "package_", "plan_", "event_"
"""How the columns of tags, products and the rest begin: what an expression calls them."""

UNSAID = re.compile(
    "[贷欠元钱]|授信|额度|信用|利率|利息|存款|余额|资金|流水|逾期|负债|抵押|担保|评级|评分|分层|等级|理财|收入"
    r"|\b(?:loans?|lend\w*|borrow\w*|credit|limits?|interest|deposits?|balances?|cash|money|overdue|debts?|owes?"
    r"|collateral|guarant\w+|grades?|scores?|tiers?|wealth|income|yuan)\b",
    re.IGNORECASE,
)
"""What an event that agents see may not speak of: money and credit."""


def rules_of(offering: Offering) -> Iterator[Rule]:
    """The rules of all its parts."""
    yield from (one.suits for one in offering.products)
    yield from (one.rule for one in (*offering.packages, *offering.plans))
    yield from (one.rule for one in offering.events)


_Bit = TypeVar("_Bit", Event, Product, Offer)


class OfferingParts(Loading):
    """The part of a load that reads events, products and offers."""

    def _offering(self, scope: Scope) -> Offering:
        """`scope`: what tags may read. Problems are collected."""
        marks = self._flags("tags", TAG)
        suits = self._flags("products", SUITS)
        with_tags = Scope({**scope.columns, **marks}, scope.figures)
        with_products = Scope({**with_tags.columns, **suits}, scope.figures)
        families, product_tags = self._headings("product_families"), self._headings("product_tags")
        dimensions = self._headings("event_dimensions")
        products = {part.text("name"): part for part in self._each("products")}
        packages = {part.text("name"): part for part in self._each("packages")}
        for name in products.keys() & packages.keys():
            self._add(packages[name], wrong("product_code", name=name), "name")
        return Offering(
            dimensions,
            _in_order(
                self._event(part, with_products, dimensions, products) for part in self._each("events")
            ),
            families,
            product_tags,
            _in_order(self._product(part, with_tags, families, product_tags) for part in products.values()),
            _in_order(self._package(part, with_products, products) for part in packages.values()),
            _in_order(
                self._plan(part, with_products, {**products, **packages}) for part in self._each("plans")
            ),
        )

    def _flags(self, key: str, prefix: str) -> dict[str, Column]:
        return {prefix + name: Column(Type.boolean) for name in self._names(key)}

    def _product(
        self, part: Part, scope: Scope, families: Mapping[str, object], product_tags: Mapping[str, object]
    ) -> Product | None:
        name, bit = self._mark(part, "product", SUITS, "product bit")
        known = self._named_by(part, "family", families)
        marks = self._all_named(part, "tags", product_tags)
        rule = self._holds(part, "suits", scope, SUITS + name)
        if rule is None or not known:
            return None
        return Product(
            name, bit, part.text("family"), marks, kinds_of(part), words_of(part), rule, self._examples(part)
        )

    def _package(self, part: Part, scope: Scope, products: Mapping[str, object]) -> Offer | None:
        name, bit = self._mark(part, "package", PACKAGE, "offer bit")
        listed = self._all_named(part, "products", products)
        rule = self._holds(part, "suits", scope, PACKAGE + name)
        if rule is None:
            return None
        steps = tuple(Step(one, Said("", "")) for one in listed)
        return Offer(name, bit, None, kinds_of(part), words_of(part), steps, rule, self._examples(part))

    def _plan(self, part: Part, scope: Scope, offers: Mapping[str, object]) -> Offer | None:
        name, bit = self._mark(part, "plan", PLAN, "offer bit")
        steps = [
            Step(step.text("offer"), _said(step.at("do")))
            for step in part.each("steps")
            if self._named_by(step, "offer", offers)
        ]
        rule = self._holds(part, "group", scope, PLAN + name)
        if rule is None:
            return None
        return Offer(
            name,
            bit,
            part.text("seeks"),
            kinds_of(part),
            words_of(part),
            tuple(steps),
            rule,
            self._examples(part),
        )

    def _event(
        self,
        part: Part,
        scope: Scope,
        dimensions: Mapping[str, object],
        products: Mapping[str, object],
    ) -> Event | None:
        name, bit = self._mark(part, "event", EVENT, "event bit")
        known = [self._named_by(part, "dimension", dimensions), self._named_by(part, "product", products)]
        rule = self._holds(part, "when", scope, EVENT + name)
        if rule is None or not all(known):
            return None
        retired = bool(part.data.get("retired", False))
        return Event(
            name,
            bit,
            part.text("dimension"),
            kinds_of(part),
            words_of(part),
            Rule(rule.name, rule.column, FALSE, part) if retired else rule,
            part.text("product"),
            _said(part.at("script")),
            int(part.data["priority"]),
            int(part.data["valid_days"]),
            int(part.data["again_days"]),
            part.text("owner"),
            bool(part.data.get("agent_visible", False)),
            retired,
            self._examples(part),
        )

    def _check_agents(
        self,
        offering: Offering,
        sources: Mapping[str, Source],
        features: Mapping[str, Feature],
        rules: Mapping[str, Rule],
    ) -> None:
        for event in offering.events:
            part = event.rule.part
            if event.owner == "agent" and not event.agent_visible:
                self._add(part, wrong("agent_owner"), "owner")
            if not event.agent_visible:
                continue
            said = f"{event.words.zh}\n{event.words.en}\n{event.script.zh}\n{event.script.en}"
            for word in sorted({found.group() for found in UNSAID.finditer(said)}):
                self._add(part, wrong("agent_says", word=word), "agent_visible")
            for what in sorted(_kept_from_agents(event.rule.value, sources, features, rules)):
                self._add(part, wrong("agent_follows", what=what), "when")


def _kept_from_agents(
    value: Expr, sources: Mapping[str, Source], features: Mapping[str, Feature], rules: Mapping[str, Rule]
) -> set[str]:
    """The columns behind `value` that agents may not know, as `source.column`."""
    kept: set[str] = set()
    seen: set[str] = set()
    stack = [*refs(value)]
    while stack:
        name = stack.pop()
        if name in seen:
            continue
        seen.add(name)
        feature = features.get(name)
        if feature is None:
            stack.extend(refs(rules[name].value))
        elif feature.source is None:
            stack.extend(refs(feature.value))
        elif feature.source == FROZEN:
            kept.add(f"{FROZEN}.{name}")
        else:
            source = sources[feature.source]
            kept |= {f"{source.name}.{one}" for one in refs(feature.value) - source.for_agents}
    return kept


def _said(part: Part) -> Said:
    return Said(part.text("zh"), part.text("en"))


def _in_order(parts: Iterator[_Bit | None]) -> tuple[_Bit, ...]:
    return tuple(sorted((part for part in parts if part is not None), key=lambda part: part.bit))
