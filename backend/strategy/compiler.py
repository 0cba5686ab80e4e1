"""A checked catalogue as two statements, for PostgreSQL, for DuckDB and for Spark.

The first turns the rows of `facts.*` into one feature row per customer; the second turns feature rows into
results. PostgreSQL's takes them as JSON, so that a stored feature row replays an old decision by the same
statement; the others' reads the table `features` that the first one filled. Both are layers of steps, which
PostgreSQL materialises: without that it would fold each step into all that read it.

Parameters: `customer_ids` (uuid array, where a list is compiled for), `as_of` (date), `features` (JSON).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlglot import exp, parse_one

from backend.kernel.garbage import seldom_collected
from backend.strategy import places
from backend.strategy.building import levels
from backend.strategy.definitions import FROZEN, SPINE, Catalogue, Feature, Reason, Rule
from backend.strategy.documents import CatalogueError, Part, Problem
from backend.strategy.language.errors import wrong
from backend.strategy.language.nodes import (
    TRUE,
    Call,
    Expr,
    Literal,
    Op,
    Ref,
    Type,
    integer,
    refs,
)
from backend.strategy.language.scope import Column
from backend.strategy.language.sql import (
    DUCKDB,
    POSTGRES,
    SPARK,
    Dialect,
    Sql,
    column,
    lower,
    parameter,
    source,
)
from backend.strategy.packing import as_columns, packed_rules, packs, words
from backend.strategy.steps import Steps, aliased, full_width, named, selected, text_of, with_steps
from backend.strategy.supposing import MOST_RANKED

CUSTOMER = "customer_id"
REVISION = "inputs_revision"
MAX_REASONS = 6
_CONCAT = {POSTGRES.name: "ARRAY_CAT", DUCKDB.name: "LIST_CONCAT", SPARK.name: "CONCAT"}
#: in one statement that is only prepared
PACKED_AT_ONCE = 500
#: PostgreSQL's 1,664, less those that stand beside them
MAX_COLUMNS = 1650

RESULT: Mapping[str, Type] = {
    "tier": Type.text,
    "stage": Type.text,
    "grade": Type.text,
    "score_points": Type.bigint,
    "limit_fen": Type.bigint,
    "rate_bp": Type.bigint,
    "contact_days": Type.bigint,
    "visit_days": Type.bigint,
}
"""What every catalogue must work out, by whatever rules."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The statements of one catalogue."""

    digest: str
    features_of_some: str
    results: str
    nightly: "OverTables"


@dataclass(frozen=True, slots=True)
class OverTables:
    """The same two over tables of the sources (DuckDB: `facts.*`, Spark: `facts_*`) and over the table
    `features` made of the first."""

    features: str
    results: str


@seldom_collected()
def compile_catalogue(catalogue: Catalogue) -> Compiled:
    """Both statements. Raises CatalogueError when the catalogue lacks a result that it must give."""
    problems = [
        Problem("catalogue", 1, wrong("no_result", name=name, type=type_.value))
        for name, type_ in RESULT.items()
        if name not in catalogue.rules or catalogue.rules[name].column.type is not type_
    ]
    if SPINE not in catalogue.sources or "kind" not in catalogue.features:
        problems.append(Problem("catalogue", 1, wrong("no_spine", name=SPINE)))
    if len(catalogue.features) + len(as_columns(catalogue)) > MAX_COLUMNS:
        problems.append(Problem("catalogue", 1, wrong("columns", most=MAX_COLUMNS)))
    if problems:
        raise CatalogueError(problems)
    return Compiled(
        digest=catalogue.digest,
        features_of_some=_features_of_some(catalogue),
        results=_results(catalogue, POSTGRES),
        nightly=_over_tables(catalogue, DUCKDB),
    )


def compile_for_spark(catalogue: Catalogue) -> OverTables:
    """Both statements for Spark, of a catalogue that `compile_catalogue` takes."""
    return _over_tables(catalogue, SPARK)


def results_beside(catalogue: Catalogue, names: Sequence[str]) -> str:
    """DuckDB's second statement with further columns `x_<name>`: features, or rules that are columns."""
    return _results(catalogue, DUCKDB, beside=[aliased(column(name), f"x_{name}") for name in names])


def columns_of(catalogue: Catalogue) -> dict[str, Type]:
    """Everything that is a column beside the results: features, and rules that another one reads, or that are
    no tags."""
    rules = {name: catalogue.rules[name].column.type for name in as_columns(catalogue)}
    return {name: one.column.type for name, one in catalogue.features.items()} | rules


def _over_tables(catalogue: Catalogue, dialect: Dialect) -> OverTables:
    return OverTables(
        features=_features(catalogue, dialect).select(exp.Star()), results=_results(catalogue, dialect)
    )


def _features_of_some(catalogue: Catalogue) -> str:
    """customer_id, inputs_revision, features (JSON text) per customer of `:customer_ids`."""
    wide = _features(catalogue, POSTGRES)
    row = exp.Sub(this=exp.func("TO_JSONB", exp.column(wide.last)), expression=exp.Literal.string(REVISION))
    return wide.select(
        column(CUSTOMER),
        column(REVISION),
        aliased(exp.cast(exp.Paren(this=row), "text"), "features"),
    )


# what binds a catalogue writes the same steps as what compiles it
@lru_cache(maxsize=4)
def _features(catalogue: Catalogue, dialect: Dialect) -> Steps:
    """customer_id, inputs_revision and a column per feature; PostgreSQL's of `:customer_ids`."""
    steps, _ = feature_steps(catalogue.features, of_some=dialect is POSTGRES, dialect=dialect)
    return Steps.written(steps, dialect)


@lru_cache(maxsize=4)
def _rules(catalogue: Catalogue, dialect: Dialect) -> Steps:
    """Feature rows, and beside them the rules that are columns."""
    rows = _recordset(catalogue) if dialect is POSTGRES else exp.select("*").from_("features")
    return Steps.written([("rules_1", rows), *_layers(as_columns(catalogue), "rules", 1, dialect)], dialect)


def feature_steps(
    wanted: Mapping[str, Feature], *, of_some: bool, dialect: Dialect, beside: Sequence[str] = ()
) -> tuple[list[tuple[str, Sql]], str]:
    """The steps to one row per customer with the features `wanted` (and all they read), and the name of the
    last; `beside`: columns of the spine that go along."""
    base = [feature for feature in wanted.values() if feature.source is not None]
    by_source: dict[str, list[Feature]] = {SPINE: []}
    for feature in base:
        by_source.setdefault(feature.source or SPINE, []).append(feature)
    frozen = by_source.get(FROZEN, [])
    kept = list(dict.fromkeys((*beside, *((places.GRID,) if frozen else ()))))
    steps: list[tuple[str, Sql]] = [
        (f"of_{name}", _of_source(name, features, kept, of_some=of_some, dialect=dialect))
        for name, features in by_source.items()
        if name != FROZEN
    ]
    steps += places.steps(frozen, dialect, of_some=of_some) if frozen else []
    steps.append(("features_1", _joined(by_source, beside, dialect)))
    derived = {name: feature.value for name, feature in wanted.items() if feature.source is None}
    steps += _layers(derived, "features", 1, dialect)
    return steps, steps[-1][0]


def _results(catalogue: Catalogue, dialect: Dialect, beside: Iterable[Sql] = ()) -> str:
    """One row of results per feature row, in no particular order."""
    columns = as_columns(catalogue)
    return _rules(catalogue, dialect).select(
        column(CUSTOMER),
        *(column(name) for name in RESULT),
        *(aliased(words(bits, columns, dialect), name) for name, bits in packs(catalogue).items()),
        aliased(_picked(catalogue, dialect, codes=True), "reason_codes"),
        aliased(_picked(catalogue, dialect, codes=False), "reason_amounts_fen"),
        *beside,
    )


def calculation_statement(catalogue: Catalogue) -> str:
    """Per feature row of `:features`: customer_id and what its result was worked out through, in the order of
    `calculated` (columns c0, c1, …)."""
    values = [aliased(lower(value), f"c{place}") for place, value in enumerate(calculated(catalogue))]
    return _rules(catalogue, POSTGRES).select(column(CUSTOMER), *values)


def calculated(catalogue: Catalogue) -> list[Expr]:
    """The amounts, then the items of every scorecard: percent reached, and whether it counts."""
    values: list[Expr] = [Ref(name, catalogue.rules[name].column.type) for name in catalogue.amounts]
    for card in catalogue.scorecards:
        for item in card.items:
            values += [item.percent, TRUE if item.counts is None else item.counts]
    return values


@seldom_collected()
def every_column(catalogue: Catalogue) -> list[tuple[str, dict[str, tuple[Type, Part]]]]:
    """Both statements with all their columns in sight, and the type that each must have. For binding.

    Beside the columns stands what is packed without one, as far as there is room; the rest follows in
    statements of its own.
    """
    wide, rules = _features(catalogue, POSTGRES), _rules(catalogue, POSTGRES)
    typed = {name: (one.column.type, one.part) for name, one in catalogue.features.items()}
    out = [(wide.select(wide.everything()), typed)]
    columns = as_columns(catalogue)
    typed = {name: (catalogue.rules[name].column.type, catalogue.rules[name].part) for name in columns}
    others = [rule for rule in packed_rules(catalogue) if rule.name not in columns]
    room = max(0, MAX_COLUMNS - len(catalogue.features) - len(columns))
    beside = {rule.name: (rule.column.type, rule.part) for rule in others[:room]}
    out.append((rules.select(rules.everything(), *_packed(others[:room])), typed | beside))
    for start in range(room, len(others), PACKED_AT_ONCE):
        some = others[start : start + PACKED_AT_ONCE]
        typed = {rule.name: (rule.column.type, rule.part) for rule in some}
        out.append((rules.select(*_packed(some)), typed))
    return out


def _packed(rules: Iterable[Rule]) -> list[Sql]:
    return [aliased(full_width(rule.value, POSTGRES), rule.name) for rule in rules]


def lone_statements(catalogue: Catalogue) -> Iterator[tuple[Part, str]]:
    """Every expression by itself over columns of the declared types. To find the one that does not bind."""
    inputs = {name: feature.column.type for name, feature in catalogue.features.items()}
    inputs |= {name: rule.column.type for name, rule in catalogue.rules.items()}
    for feature in catalogue.features.values():
        query = selected(aliased(lower(feature.value), feature.name))
        if feature.source == FROZEN:
            continue  # its expressions stand in the statement of a run (population.py)
        if feature.source is not None:
            yield feature.part, text_of(query.from_(source(feature.source)))
        else:
            yield feature.part, text_of(_over(query, inputs, refs(feature.value)))
    for rule in catalogue.rules.values():
        query = selected(aliased(lower(rule.value), rule.name))
        yield rule.part, text_of(_over(query, inputs, refs(rule.value)))


def _over(query: Sql, inputs: Mapping[str, Type], names: Iterable[str]) -> Sql:
    row = [aliased(lower(Literal(None, inputs[name])), name) for name in sorted(names)]
    return query.from_(selected(*row or [exp.Null()]).subquery("row"))


def single_statement(
    inputs: Mapping[str, tuple[Column, Sql]], values: Mapping[str, Expr], wanted: str
) -> str:
    """SELECT of one column over constants, as an example runs. `inputs`: column and SQL value by name."""
    row = [aliased(sql, name) for name, (_, sql) in inputs.items()]
    first = selected(*row or [exp.Null()])
    steps: list[tuple[str, Sql]] = [("given_1", first), *_layers(values, "given", 1, POSTGRES)]
    return text_of(with_steps(selected(column(wanted)).from_(steps[-1][0]), steps, POSTGRES))


def needed(wanted: Iterable[str], values: Mapping[str, Expr]) -> dict[str, Expr]:
    """The part of `values` that `wanted` names, and all that they read."""
    out: dict[str, Expr] = {}
    stack = [name for name in wanted if name in values]
    while stack:
        name = stack.pop()
        if name not in out:
            out[name] = values[name]
            stack.extend(refs(values[name]) & values.keys())
    return out


def _of_source(
    name: str, features: Sequence[Feature], beside: Sequence[str], *, of_some: bool, dialect: Dialect
) -> Sql:
    """One source's features, a row per customer that has rows there."""
    plain = [column(CUSTOMER), *(map(column, (REVISION, *beside)) if name == SPINE else ())]
    values = [named(lower(feature.value, dialect), feature.name) for feature in features]
    query = selected(*plain, *values).from_(source(name, dialect), copy=False)
    if of_some:
        ids = exp.cast(parameter("customer_ids"), "uuid[]")
        query = query.where(exp.EQ(this=column(CUSTOMER), expression=exp.Any(this=exp.Paren(this=ids))))
    return query if name == SPINE else query.group_by(column(CUSTOMER), copy=False)


def _joined(by_source: Mapping[str, Sequence[Feature]], beside: Sequence[str], dialect: Dialect) -> Sql:
    """All base features of each customer, with what stands for no rows."""
    spine = f"of_{SPINE}"
    columns = [column(name, spine) for name in (CUSTOMER, REVISION, *beside)]
    for name, features in by_source.items():
        for feature in features:
            found = column(feature.name, f"of_{name}")
            otherwise = feature.fallback or feature.otherwise
            if not (isinstance(otherwise, Literal) and otherwise.value is None):
                found = exp.Coalesce(this=found, expressions=[lower(otherwise, dialect)])
            columns.append(named(found, feature.name))
    query = selected(*columns).from_(spine, copy=False)
    for name in by_source:
        if name != SPINE:
            key = places.GRID if name == FROZEN else CUSTOMER
            same = exp.EQ(this=column(key, f"of_{name}"), expression=column(key, spine))
            query = query.join(exp.to_table(f"of_{name}"), on=same, join_type="LEFT", copy=False)
    return query


def _layers(values: Mapping[str, Expr], prefix: str, last: int, dialect: Dialect) -> list[tuple[str, Sql]]:
    """Steps `prefix_<n>`, from n = last + 1, each adding the columns that need no later one."""
    steps = []
    for names in levels(values):
        before = f"{prefix}_{last}"
        last += 1
        added = [named(full_width(values[name], dialect), name) for name in names]
        all_before = exp.Column(this=exp.Star(), table=exp.to_identifier(before))
        steps.append((f"{prefix}_{last}", selected(all_before, *added).from_(before, copy=False)))
    return steps


def _recordset(catalogue: Catalogue) -> Sql:
    """The feature rows, read from JSON with their types."""
    columns = ", ".join(f"{name} {one.column.type.value}" for name, one in catalogue.features.items())
    # names and types are the catalogue's own, checked by its schema
    read = f"SELECT f.* FROM JSONB_TO_RECORDSET(CAST(x AS JSONB)) AS f({CUSTOMER} uuid, {columns})"  # noqa: S608
    tree = parse_one(read, read="postgres")
    for read_from in tree.find_all(exp.Cast):
        read_from.set("this", parameter("features"))
    return tree


def _picked(catalogue: Catalogue, dialect: Dialect, *, codes: bool) -> Sql:
    """The codes, or the amounts, of the reasons that apply, in their order: at most six, and the largest of
    those that are ranked."""
    plain = [reason for reason in catalogue.reasons if reason.holds is None]
    ranked = [reason for reason in catalogue.reasons if reason.holds is not None]
    first = _applying(plain, dialect, codes=codes, most=MAX_REASONS)
    if not ranked:
        return first
    return exp.func(_CONCAT[dialect.name], first, _applying(ranked, dialect, codes=codes, most=MOST_RANKED))


def _applying(reasons: Sequence[Reason], dialect: Dialect, *, codes: bool, most: int) -> Sql:
    entries = [
        exp.Literal.string(reason.code) if codes else lower(_or_zero(reason.amount), dialect)
        for reason in reasons
    ]
    applies = [column(reason.when.name) for reason in reasons]
    if dialect is DUCKDB:
        kept = exp.func("LIST_WHERE", exp.Array(expressions=entries), exp.Array(expressions=applies))
        return exp.func("LIST_SLICE", kept, exp.Literal.number(1), exp.Literal.number(most))
    cases = [
        exp.Case(ifs=[exp.If(this=when, true=entry)]) for when, entry in zip(applies, entries, strict=True)
    ]
    array = exp.Array(expressions=cases)
    if dialect is SPARK:
        return exp.func(
            "SLICE", exp.func("ARRAY_COMPACT", array), exp.Literal.number(1), exp.Literal.number(most)
        )
    kept = exp.func("ARRAY_REMOVE", exp.cast(array, "text[]" if codes else "bigint[]"), exp.Null())
    part = exp.Slice(this=exp.Literal.number(1), expression=exp.Literal.number(most))
    return exp.Bracket(this=exp.Paren(this=kept), expressions=[part])


def _or_zero(rule: Rule) -> Expr:
    return Call(Op.coalesce, (Ref(rule.name, Type.bigint), integer(0)), Type.bigint)
