"""The examples that stand beside rules, as statements: given these values, the rule must say this."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlglot import exp

from backend.kernel.uow import UnitOfWork
from backend.strategy.compiler import needed, single_statement
from backend.strategy.definitions import Catalogue, Example, Feature
from backend.strategy.documents import Part, Problem
from backend.strategy.language.errors import ExpressionError, nearest_name, wrong
from backend.strategy.language.nodes import Expr, Literal, Type, refs
from backend.strategy.language.scope import Column
from backend.strategy.language.sql import Sql, lower

RESULT = "result"


@dataclass(frozen=True, slots=True)
class Case:
    """An example made ready: a statement with `:as_of` that gives one row with one column."""

    name: str
    part: Part
    statement: str
    as_of: date
    expect: Any


def cases(catalogue: Catalogue) -> tuple[list[Case], list[Problem]]:
    """Every example of the catalogue, and what is wrong with those that cannot be run."""
    ready: list[Case] = []
    problems: list[Problem] = []
    for name, example, feature in _all(catalogue):
        try:
            if feature is not None and example.rows is not None:
                statement, type_ = _over_rows(catalogue, feature, example), feature.column.type
            else:
                statement, type_ = _over_values(catalogue, name, example)
        except ExpressionError as error:
            problems.append(example.part.problem(error))
            continue
        expect = _value(example.expect, type_)
        ready.append(Case(name, example.part, statement, example.as_of, expect))
    return ready, problems


async def missed(uow: UnitOfWork, catalogue: Catalogue) -> list[Problem]:
    """The examples that the rules beside them do not give, or that cannot be run, at their lines. Reads no
    customer: an example brings its own values."""
    ready, missed_ = await asyncio.to_thread(cases, catalogue)
    for case in ready:
        found = await uow.session.scalar(text(case.statement), {"as_of": case.as_of})
        if found != case.expect or type(found) is not type(case.expect):
            said, given = shown(case.expect), shown(found)
            missed_.append(case.part.problem(wrong("example", said=said, name=case.name, given=given)))
    return missed_


def shown(value: Any) -> str:
    """A value as YAML has it."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _all(catalogue: Catalogue) -> Iterator[tuple[str, Example, Feature | None]]:
    for feature in catalogue.features.values():
        yield from ((feature.name, example, feature) for example in feature.examples)
    for tag in catalogue.tags:
        yield from ((tag.rule.name, example, None) for example in tag.examples)
    offering = catalogue.offering
    for event in offering.events:
        yield from ((event.rule.name, example, None) for example in event.examples)
    for product in offering.products:
        yield from ((product.suits.name, example, None) for example in product.examples)
    for offer in (*offering.packages, *offering.plans):
        yield from ((offer.rule.name, example, None) for example in offer.examples)
    for card in catalogue.scorecards:
        yield from ((card.gives, example, None) for example in card.examples)
    for choice in catalogue.choices.values():
        yield from ((choice.name, example, None) for example in choice.examples)
    for amount in catalogue.amounts.values():
        yield from ((amount.name, example, None) for example in amount.examples)


def _over_rows(catalogue: Catalogue, feature: Feature, example: Example) -> str:
    """A feature of a source, over rows written in the example; columns not named are NULL."""
    source = catalogue.sources[feature.source or ""]
    rows: list[Sql] = []
    for given in example.rows or ():
        _known(given, source.columns)
        rows.append(exp.select(*(_given(given.get(name), name, at) for name, at in source.columns.items())))
    if not rows:
        rows.append(
            exp.select(*(_given(None, name, at) for name, at in source.columns.items())).where("FALSE")
        )
    table: Sql = rows[0]
    for row in rows[1:]:
        table = exp.union(table, row, distinct=False)
    query = exp.select(exp.alias_(_settled(lower(feature.value), feature), RESULT))
    text: str = query.from_(table.subquery("source")).sql("postgres")
    return text


def _settled(sql: Sql, feature: Feature) -> Sql:
    if feature.otherwise.value is None:
        return sql
    return exp.Coalesce(this=sql, expressions=[lower(feature.otherwise)])


def _over_values(catalogue: Catalogue, name: str, example: Example) -> tuple[str, Type]:
    """A rule or a derived feature with all that it reads; what is given takes the place of its own rule."""
    columns: dict[str, Column] = {one.name: one.column for one in catalogue.features.values()}
    columns |= {one.name: one.column for one in catalogue.rules.values()}
    _known(example.given, columns)
    worked_out: dict[str, Expr] = {
        one.name: one.value for one in catalogue.features.values() if one.source is None
    }
    worked_out |= {one.name: one.value for one in catalogue.rules.values()}
    values = {one: value for one, value in worked_out.items() if one == name or one not in example.given}
    values = needed([name], values)
    read = frozenset[str]().union(*(refs(value) for value in values.values())) - values.keys()
    inputs: dict[str, tuple[Column, Sql]] = {}
    for one in sorted(read):
        column = columns[one]
        feature = catalogue.features.get(one)
        if feature is not None and feature.fallback is not None and one not in example.given:
            inputs[one] = (column, lower(feature.fallback))
            continue
        default = feature.otherwise.value if feature is not None else None
        given = example.given.get(one, default)
        inputs[one] = (column, lower(Literal(_value(given, column.type), column.type)))
    return single_statement(inputs, values, name), columns[name].type


def _known(given: Mapping[str, Any], columns: Mapping[str, Column]) -> None:
    for name, value in given.items():
        if name not in columns:
            raise ExpressionError("unknown", nearest_name(name, columns), name=name)
        choices = columns[name].choices
        if choices and value is not None and value not in choices:
            raise ExpressionError("never", nearest_name(str(value), choices), name=name, value=repr(value))


def _given(value: Any, name: str, column: Column) -> Sql:
    typed = Literal(_value(value, column.type), column.type)
    cast = exp.Cast(this=lower(typed), to=exp.DataType.build(column.type.value, dialect="postgres"))
    return exp.alias_(cast, name)


def _value(value: Any, type_: Type) -> Any:
    """A value of the YAML as its type has it. Raises ExpressionError if it cannot be that."""
    if value is None:
        return None
    try:
        if type_ is Type.date:
            return date.fromisoformat(str(value))
        if type_ is Type.double:
            return float(value)
    except ValueError as error:
        raise ExpressionError("no_value", value=repr(value), type=type_.value) from error
    wanted = {Type.bigint: int, Type.boolean: bool, Type.text: str}[type_]
    if type(value) is not wanted:
        raise ExpressionError("no_value", value=repr(value), type=type_.value)
    return value
