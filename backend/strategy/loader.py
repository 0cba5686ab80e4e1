"""From files to a checked catalogue: names, units, expressions, scopes. Every problem is found in one go."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import msgspec

from backend.kernel.garbage import seldom_collected
from backend.strategy import building, supposing
from backend.strategy.definitions import (
    ON_PHONE,
    SPINE,
    UNITS,
    Amount,
    Catalogue,
    Choice,
    Dimension,
    Feature,
    Figure,
    Option,
    Pending,
    Reason,
    Rule,
    Said,
    Scorecard,
    Source,
    SourceGate,
    Tag,
)
from backend.strategy.documents import Part, read, shipped_files
from backend.strategy.frozen import FrozenParts
from backend.strategy.language.errors import ExpressionError, nearest_name, wrong
from backend.strategy.language.nodes import (
    Aggregated,
    Expr,
    Literal,
    Type,
    refs,
    rewrite,
    surely,
)
from backend.strategy.language.scope import Column, Scope
from backend.strategy.loading import kinds_of, words_of
from backend.strategy.offering import TAG, OfferingParts, rules_of
from backend.strategy.taint import taints


def digest(files: Mapping[str, str]) -> str:
    """SHA-256 over paths and texts: what makes two catalogues the same one."""
    return hashlib.sha256(msgspec.json.encode(sorted(files.items()))).hexdigest()


def load_shipped() -> Catalogue:
    """The catalogue that ships with the product. Raises CatalogueError."""
    return load(shipped_files())


@seldom_collected()
def load(files: Mapping[str, str]) -> Catalogue:
    """Reads and checks `files` (path → YAML). Raises CatalogueError with every problem found."""
    return _Loader(read(files)).load(digest(files))


class _Loader(OfferingParts, FrozenParts):
    """One load."""

    def load(self, digest_: str) -> Catalogue:
        figures = {part.text("name"): self._figure(part) for part in self._each("figures")}
        sources = {part.text("name"): self._source(part, figures) for part in self._each("sources")}
        constants = {name: building.figure_value(figure) for name, figure in figures.items()}
        columns = {
            **self._declared("features", self._feature_column),
            **(frozen_columns := self._frozen_columns()),
            **self._declared("scorecards", lambda _: Column(Type.bigint), key="gives", several=True),
            **self._declared("choices", self._choice_column),
            **self._declared("amounts", self._unit_column),
        }
        for name in figures:
            self._once(name, next(part for part in self._each("figures") if part.text("name") == name))
        self._own_sources()
        self._stop()  # a name that is missing would be reported again wherever it is read

        scope = Scope(columns, constants)
        named = self._names("features") | frozen_columns.keys()
        inputs = {name: column for name, column in columns.items() if name in named}
        feature_scope = Scope(inputs, constants)
        features = {
            part.text("name"): feature
            for part in self._each("features")
            if (feature := self._feature(part, sources, feature_scope)) is not None
        }
        frozen = self._frozen(feature_scope, features, figures)
        features |= self._frozen_features(frozen, feature_scope)
        dimensions = self._headings("dimensions")
        rules: dict[str, Rule] = {}
        scorecards = [
            card
            for part in self._each("scorecards")
            if (card := self._scorecard(part, scope, figures)) is not None
        ]
        rules |= building.score_rules(scorecards, constants)
        for name in rules.keys() - columns.keys():
            self._once(name, rules[name].part)
        choices = {part.text("name"): self._choice(part, scope, rules) for part in self._each("choices")}
        amounts = {part.text("name"): self._amount(part, scope, rules) for part in self._each("amounts")}
        self._suppose(scope, features, rules)
        tags = [tag for part in self._each("tags") if (tag := self._tag(part, scope, dimensions)) is not None]
        reasons = [
            reason for part in self._each("reasons") if (reason := self._reason(part, scope)) is not None
        ]
        self._stop()
        rules |= {tag.rule.name: tag.rule for tag in tags}
        rules |= {rule.name: rule for reason in reasons for rule in (reason.when, reason.amount)}
        rules |= {one.holds.name: one.holds for one in reasons if one.holds is not None}
        rules |= supposing.largest_only(reasons)
        offering = self._offering(scope)
        self._stop()
        rules |= {rule.name: rule for rule in rules_of(offering)}
        self.problems += building.circles(features, rules)
        self._stop()
        self._check_agents(offering, sources, features, rules)
        self.problems += taints(sources, features, rules, frozen)
        self._stop()
        return Catalogue(
            digest=digest_,
            sources=sources,
            figures=figures,
            features=features,
            dimensions=dimensions,
            tags=tuple(sorted(tags, key=lambda tag: tag.bit)),
            scorecards=tuple(scorecards),
            choices=choices,
            amounts=amounts,
            reasons=tuple(sorted(reasons, key=lambda reason: (reason.order, reason.code))),
            pending=tuple(self._pending(part) for part in self._each("pending")),
            offering=offering,
            rules=rules,
            frozen=frozen,
        )

    # columns that names stand for

    def _unit_column(self, part: Part) -> Column:
        type_, ending = UNITS[part.text("unit")]
        if not part.text("name").endswith(ending):
            self._add(part, wrong("unit_name", unit=part.text("unit"), ending=ending), "name")
        return Column(type_)

    def _feature_column(self, part: Part) -> Column:
        column = self._unit_column(part)
        return replace(column, choices=frozenset(map(str, part.data.get("codes", ()))))

    def _choice_column(self, part: Part) -> Column:
        return Column(Type.text, frozenset(case.text("code") for case in part.each("cases")))

    # definitions

    def _source(self, part: Part, figures: Mapping[str, Figure]) -> Source:
        columns = {
            column.text("name"): Column(Type(column.text("type")), frozenset(column.data.get("codes", ())))
            for column in part.each("columns")
        }
        known = frozenset(one.text("name") for one in part.each("columns") if one.data.get("agents"))
        gate = self._gate(part.at("gate"), figures) if part.has("gate") else None
        return Source(part.text("name"), words_of(part), columns, part, known, part.has("model"), gate)

    def _gate(self, part: Part, figures: Mapping[str, Figure]) -> SourceGate | None:
        if not self._named_by(part, "late", figures):
            return None
        if figures[part.text("late")].unit != "days":
            self._add(part, wrong("gate_days"), "late")
        return SourceGate(tuple(part.data["files"]), part.text("late"))

    def _figure(self, part: Part) -> Figure:
        self._unit_column(part)
        values: list[tuple[date, int]] = []
        for value in part.each("values"):
            since = self._day(value, "from")
            if values and since <= values[-1][0]:
                self._add(value, wrong("days_rise"), "from")
            values.append((since, value.data["value"]))
        return Figure(
            part.text("name"), words_of(part), part.text("unit"), tuple(values), part.text("source"), part
        )

    def _feature(self, part: Part, sources: Mapping[str, Source], scope: Scope) -> Feature | None:
        name, source = part.text("name"), None
        type_, _ = UNITS[part.text("unit")]
        if part.has("from"):
            if not self._named_by(part, "from", sources):
                return None
            source = part.text("from")
            rows = source != SPINE
            scope = Scope(sources[source].columns, scope.figures, aggregates=rows)
        value = self._expression(part, "value", scope, type_)
        if part.has("where"):
            where = self._expression(part, "where", replace(scope, aggregates=False), Type.boolean)
            if source is None or source == SPINE:
                self._add(part, wrong("where_rows"), "where")
            elif where is not None and value is not None:
                value = rewrite(value, lambda node: _picked(node, where))
        if value is None:
            return None
        otherwise = part.data.get("otherwise")
        if otherwise is not None and not _fits(otherwise, type_):
            self._add(part, wrong("otherwise", type=type_.value), "otherwise")
        return Feature(
            name,
            words_of(part),
            part.text("unit"),
            Column(type_, frozenset(map(str, part.data.get("codes", ())))),
            source,
            value,
            Literal(otherwise, type_),
            self._on_phone(part, source, value),
            self._examples(part),
            part,
        )

    def _on_phone(self, part: Part, source: str | None, value: Expr) -> bool:
        marked = part.has("on_phone")
        if marked and not isinstance(value, Aggregated):
            self._add(part, wrong("phone_single"), "on_phone")
        elif marked and (beyond := refs(value) - ON_PHONE.get(source or "", frozenset())):
            lacking = wrong("phone_lacks", names=", ".join(sorted(beyond)), source=source or "features")
            self._add(part, lacking, "on_phone")
        return marked

    def _scorecard(self, part: Part, scope: Scope, figures: Mapping[str, Figure]) -> Scorecard | None:
        items = []
        for item in part.each("items"):
            if not self._named_by(item, "weight", figures):
                continue
            percent = self._percent(item, scope)
            counts = self._expression(item, "counts", scope, Type.boolean) if item.has("counts") else None
            if percent is not None:
                items.append(building.item(item, percent, counts))
        card = Scorecard(
            part.text("name"),
            part.text("gives"),
            tuple(part.data["for"]),
            words_of(part),
            tuple(items),
            self._examples(part),
            part,
        )
        if len(items) == len(part.data["items"]):
            self.problems += building.weights_problems(card, figures)
            return card
        return None

    def _percent(self, item: Part, scope: Scope) -> Expr | None:
        if item.has("percent"):
            return self._expression(item, "percent", scope, Type.bigint)
        measured = self._expression(item, "of", scope, Type.bigint)
        bands = [
            (self._expression(band, "at_least", scope, Type.bigint), int(band.data["percent"]))
            for band in item.each("bands")
        ]
        if measured is None or any(edge is None for edge, _ in bands):
            return None
        shares = [percent for _, percent in bands]
        if shares != sorted(shares, reverse=True):
            self._add(item, wrong("bands"), "bands")
        return building.banded(measured, [(edge, percent) for edge, percent in bands if edge is not None])

    def _choice(self, part: Part, scope: Scope, rules: dict[str, Rule]) -> Choice:
        name = part.text("name")
        cases = list(part.each("cases"))
        branches: list[tuple[Expr, str]] = []
        for case in cases[:-1]:
            if not case.has("when"):
                self._add(case, wrong("case_when"))
                continue
            when = self._expression(case, "when", scope, Type.boolean)
            if when is not None:
                branches.append((surely(when), case.text("code")))
        if cases[-1].has("when"):
            self._add(cases[-1], wrong("case_last"), "when")
        codes = [case.text("code") for case in cases]
        if part.has("hysteresis"):
            rules |= self._slow(part, scope, branches, codes)
        else:
            rules[name] = Rule(
                name, scope.columns[name], building.first_that_holds(branches, codes[-1]), part
            )
        options = tuple(Option(case.text("code"), words_of(case)) for case in cases)
        return Choice(name, words_of(part), options, self._examples(part))

    def _slow(
        self, part: Part, scope: Scope, branches: list[tuple[Expr, str]], codes: list[str]
    ) -> Mapping[str, Rule]:
        below = part.at("hysteresis")
        previous = below.text("previous")
        if not self._named_by(below, "previous", scope.columns):
            return {}
        easing: dict[str, Expr] = {}
        for name in below.data["easing"]:
            amount = self._expression(below.at("easing"), name, scope, Type.bigint)
            if name not in scope.columns or scope.columns[name].type is not Type.bigint:
                unknown = ExpressionError("no_number_name", nearest_name(name, scope.columns), name=name)
                self._add(below.at("easing"), unknown, name)
            elif amount is not None:
                easing[name] = amount
        return building.slow_to_fall(part, scope.columns, branches, codes, previous, easing)

    def _amount(self, part: Part, scope: Scope, rules: dict[str, Rule]) -> Amount:
        name = part.text("name")
        type_, _ = UNITS[part.text("unit")]
        value: Expr | None = None
        if part.has("value"):
            value = self._expression(part, "value", scope, type_)
        elif part.has("household"):
            household = self._expression(part, "household", scope, type_)
            business = self._expression(part, "business", scope, type_)
            if household is not None and business is not None:
                value = building.by_kind({"household": household, "business": business}, type_)
        if value is not None:
            rules[name] = Rule(name, Column(type_), value, part)
        return Amount(name, words_of(part), part.text("unit"), self._examples(part), part.has("supposing"))

    def _suppose(self, scope: Scope, features: Mapping[str, Feature], rules: dict[str, Rule]) -> None:
        """The amounts that say what another would gain, into `rules`."""
        values = {name: one.value for name, one in features.items() if one.source is None}
        values |= {name: rule.value for name, rule in rules.items()}
        parts = (part for part in self._each("amounts") if part.has("supposing"))
        for place, part in enumerate(parts, 1):
            wanted = part.text("raises")
            changed = self._changed(part, scope)
            when = self._expression(part, "when", scope, Type.boolean) if part.has("when") else None
            if changed is None or not self._named_by(part, "raises", rules):
                continue
            if rules[wanted].column.type is not Type.bigint:
                self._add(part, wrong("no_number_name", name=wanted), "raises")
                continue
            found = supposing.supposed(place, changed, wanted, values, part)
            if found is None:
                nowhere = wrong("no_way", name=wanted, names=", ".join(changed))
                self._add(part, nowhere, "supposing")
                continue
            more, other = found
            for name in more:
                self._once(name, part)
            rules |= more
            name = part.text("name")
            rules[name] = Rule(name, scope.columns[name], supposing.gain(when, other, wanted), part)

    def _changed(self, part: Part, scope: Scope) -> dict[str, Expr] | None:
        """What an amount supposes: by name of a feature or rule, what is to stand in its place."""
        below, out = part.at("supposing"), dict[str, Expr]()
        for name in below.data:
            if name not in scope.columns:
                unknown = ExpressionError("unknown", nearest_name(name, scope.columns), name=name)
                self._add(below, unknown, name)
                return None
            value = self._expression(below, name, scope, scope.columns[name].type)
            if value is None:
                return None
            out[name] = value
        return out

    def _tag(self, part: Part, scope: Scope, dimensions: Mapping[str, Dimension]) -> Tag | None:
        name, bit = self._mark(part, "tag", TAG, "bit")
        known = self._named_by(part, "dimension", dimensions)
        rule = self._holds(part, "when", scope, TAG + name)
        if rule is None or not known:
            return None
        return Tag(
            name,
            bit,
            part.text("dimension"),
            kinds_of(part),
            words_of(part),
            rule,
            self._examples(part),
        )

    def _reason(self, part: Part, scope: Scope) -> Reason | None:
        code = part.text("code")
        self._once(f"reason {code}", part)
        when = self._expression(part, "when", scope, Type.boolean)
        amount = self._expression(part, "amount", scope, Type.bigint)
        if when is None or amount is None:
            return None
        name, flag = "reason_" + code.replace(".", "_"), Column(Type.boolean)
        reason = Reason(
            code,
            int(part.data["order"]),
            words_of(part),
            Rule(f"{name}_when", flag, surely(when), part),
            Rule(f"{name}_fen", Column(Type.bigint), amount, part),
            Rule(f"{name}_holds", flag, surely(when), part) if part.has("ranked") else None,
        )
        if not part.has("goal"):
            return reason
        goal, named = part.at("goal"), part.at("goal").text("amount")
        known = [one for one, column in scope.columns.items() if column.type is Type.bigint]
        if named not in known:
            unknown = ExpressionError("no_number_name", nearest_name(named, known), name=named)
            self._add(goal, unknown, "amount")
        return replace(reason, goal=named, goal_words=Said(goal.text("zh"), goal.text("en")))

    def _pending(self, part: Part) -> Pending:
        return Pending(part.text("name"), words_of(part), part.data.get("points"))


def _picked(node: Expr, where: Expr) -> Expr:
    return replace(node, where=where) if isinstance(node, Aggregated) else node


def _fits(value: Any, type_: Type) -> bool:
    wanted = {Type.bigint: int, Type.boolean: bool, Type.text: str}.get(type_)
    return wanted is not None and type(value) is wanted
