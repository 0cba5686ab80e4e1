"""Frozen features: loaded, checked, and made features that read a run's values.

A feature is `own`, from the customer's own rows, or `frozen`, from a dated run over the population. Nothing
frozen is worked out from anything frozen, so that a run needs no other run.
"""

import hashlib
from collections.abc import Mapping

from backend.strategy import building
from backend.strategy.compiler import needed
from backend.strategy.definitions import (
    FREEZE_EVERY,
    FROZEN,
    FROZEN_ON,
    LEAST_MEMBERS,
    LEVEL,
    LEVELS,
    UNITS,
    Feature,
    Figure,
    Frozen,
    Words,
)
from backend.strategy.documents import Part
from backend.strategy.language.errors import wrong
from backend.strategy.language.nodes import (
    Aggregate,
    Aggregated,
    Call,
    Case,
    Expr,
    Literal,
    Op,
    Ref,
    Type,
    all_of,
    code,
    integer,
    refs,
    surely,
)
from backend.strategy.language.scope import Column, Scope
from backend.strategy.loading import Loading, words_of

_DIGITS = 12
_DAY = Words(
    "统计日期",
    "Day of the statistics",
    "与多户相比的数是哪一天统计的。",
    "The day of the figures over many customers.",
)
_AMOUNT, _DEFINITION, _LEVEL_COLUMN = (
    Ref("amount", Type.bigint),
    Ref("definition", Type.text),
    Ref("level", Type.text),
)


class FrozenParts(Loading):
    """The part of a load that reads frozen features."""

    def _frozen_columns(self) -> dict[str, Column]:
        """The columns that they give: the figure, at which place it was found, and the day of all."""
        out: dict[str, Column] = {}
        for part in self._each("frozen"):
            name = part.text("name")
            type_, ending = UNITS[part.text("unit")]
            if not name.endswith(ending):
                self._add(part, wrong("unit_name", unit=part.text("unit"), ending=ending), "name")
            for one, column in (
                (name, Column(type_)),
                (name + LEVEL, Column(Type.text, frozenset(part.data["by"]))),
            ):
                self._once(one, part)
                out[one] = column
        if out:
            self._once(FROZEN_ON, next(self._each("frozen")))
            out[FROZEN_ON] = Column(Type.date)
        return out

    def _frozen(
        self, scope: Scope, features: Mapping[str, Feature], figures: Mapping[str, Figure]
    ) -> dict[str, Frozen]:
        """`scope`: the features, own and frozen, and the figures. Problems are collected."""
        found = [self._one_frozen(part, scope, features, figures) for part in self._each("frozen")]
        return {one.name: one for one in found if one is not None}

    def _one_frozen(
        self, part: Part, scope: Scope, features: Mapping[str, Feature], figures: Mapping[str, Figure]
    ) -> Frozen | None:
        lacking = [name for name in (FREEZE_EVERY, LEAST_MEMBERS) if name not in figures]
        for name in lacking:
            self._add(part, wrong("frozen_needs", name=name), "name")
        key = "mean" if part.has("mean") else "quantile"
        of = self._expression(part, key, scope, Type.bigint)
        per = self._expression(part, "per", scope, Type.bigint) if part.has("per") else integer(1)
        where = self._expression(part, "where", scope, Type.boolean) if part.has("where") else None
        step = self._expression(part, "step", scope, Type.bigint) if part.has("step") else integer(1)
        levels = tuple(part.data["by"])
        if list(levels) != [one for one in LEVELS if one in levels]:
            self._add(part, wrong("frozen_places", order=", ".join(LEVELS)), "by")
        if step is not None and not (
            isinstance(step, Literal) and isinstance(step.value, int) and step.value > 0
        ):
            self._add(part, wrong("frozen_step"), "step")
        if UNITS[part.text("unit")][0] is not Type.bigint:
            self._add(part, wrong("frozen_whole", unit=part.text("unit")), "unit")
        if lacking or of is None or per is None or step is None or (part.has("where") and where is None):
            return None
        met = [building.is_kind(part.text("over"))]
        met += [] if where is None else [surely(where)]
        for value in (of, per):
            if not isinstance(value, Literal):
                missing = Call(Op.is_null, (value,), Type.boolean)
                met.append(Call(Op.negation, (missing,), Type.boolean))
        if part.has("per"):
            met.append(Call(Op.more, (per, integer(0)), Type.boolean))
        who = surely(all_of(met))
        reads = self._own(part, {key: of, "per": per, "where": who}, features)
        if reads is None:
            return None
        least = building.figure_value(figures[LEAST_MEMBERS])
        percent = int(part.data["percent"]) if key == "quantile" else None
        behind = [(name, one.source, one.value, one.otherwise) for name, one in sorted(reads.items())]
        told = repr((part.text("over"), levels, who, of, per, percent, step, least, behind))
        name = part.text("name")
        digest = hashlib.sha256(told.encode()).hexdigest()[:_DIGITS]
        return Frozen(
            name,
            f"{name}@{digest}",
            part.text("over"),
            levels,
            who,
            of,
            per,
            percent,
            step,
            least,
            reads,
            part,
        )

    def _own(
        self, part: Part, read: Mapping[str, Expr], features: Mapping[str, Feature]
    ) -> dict[str, Feature] | None:
        """The own features behind these expressions; None where a frozen one is among them, or one is
        wrong."""
        derived = {name: one.value for name, one in features.items() if one.source is None}
        frozen = self._frozen_columns_known
        behind: set[str] = set()
        for key, value in read.items():
            names = set(refs(value))
            for made in needed(names & derived.keys(), derived).values():
                names |= refs(made)
            for name in sorted(names & frozen):
                by = ", ".join(sorted(refs(value) - frozen))
                read_so = (
                    wrong("frozen_reads", name=name)
                    if name in refs(value)
                    else wrong("frozen_behind", name=name, by=by)
                )
                self._add(part, read_so, key if part.has(key) else "name")
                return None
            behind |= names
        if not behind <= features.keys():
            return None  # one of them is wrong, and said so
        return {name: features[name] for name in sorted(behind)}

    def _frozen_features(self, frozen: Mapping[str, Frozen], scope: Scope) -> dict[str, Feature]:
        """They as features: the figure at the narrowest place that has one, else the fallback; where it was
        found; and the day."""
        out: dict[str, Feature] = {}
        for name, one in frozen.items():
            found = [_at(one.definition, level) for level in one.levels]
            value = Call(Op.coalesce, tuple(found), Type.bigint) if len(found) > 1 else found[0]
            fallback = self._expression(one.part, "otherwise", Scope({}, scope.figures), Type.bigint)
            if fallback is None:
                continue
            words, unit = words_of(one.part), one.part.text("unit")
            out[name] = _feature(name, words, unit, Column(Type.bigint), value, one.part, fallback)
            known = tuple(
                (
                    Call(Op.negation, (Call(Op.is_null, (at,), Type.boolean),), Type.boolean),
                    code(level),
                )
                for level, at in zip(one.levels, found, strict=True)
            )
            place = Words(f"{words.zh}取自", f"{words.en}: of", words.explain_zh, words.explain_en)
            where = Case(known, Literal(None, Type.text), Type.text)
            column = Column(Type.text, frozenset(one.levels))
            out[name + LEVEL] = _feature(name + LEVEL, place, "code", column, where, one.part, None)
        if frozen:
            ours = tuple(code(one.definition) for one in frozen.values())
            is_ours = Call(Op.within, (_DEFINITION, *ours), Type.boolean)
            day = Aggregated(Aggregate.max, Ref(FROZEN_ON, Type.date), Type.date, is_ours)
            part = next(iter(frozen.values())).part
            out[FROZEN_ON] = _feature(FROZEN_ON, _DAY, "date", Column(Type.date), day, part, None)
        return out

    def _own_sources(self) -> None:
        """A source holds a customer's own rows; these views hold no customer's."""
        for part in self._each("sources"):
            if part.text("name") in (FROZEN, "place"):
                self._add(part, wrong("not_own", name=part.text("name")), "name")

    @property
    def _frozen_columns_known(self) -> frozenset[str]:
        names = [part.text("name") for part in self._each("frozen")]
        return frozenset([*names, *(name + LEVEL for name in names), FROZEN_ON])


def _at(definition: str, level: str) -> Expr:
    """The figure at one of the places in which a customer lies."""
    is_it = Call(Op.equal, (_DEFINITION, code(definition)), Type.boolean)
    is_there = Call(Op.equal, (_LEVEL_COLUMN, code(level)), Type.boolean)
    return Aggregated(Aggregate.max, _AMOUNT, Type.bigint, all_of([is_it, is_there]))


def _feature(
    name: str, words: Words, unit: str, column: Column, value: Expr, part: Part, fallback: Expr | None
) -> Feature:
    otherwise = Literal(None, column.type)
    return Feature(name, words, unit, column, FROZEN, value, otherwise, False, (), part, fallback)
