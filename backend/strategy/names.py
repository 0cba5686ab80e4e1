"""What expressions may name, for whoever writes them: names with type, unit and words, and functions."""

from collections.abc import Iterator, Mapping

from backend.strategy.definitions import UNITS, Catalogue, Words
from backend.strategy.language.scope import Column
from backend.strategy.schemas import FunctionView, NameView

FUNCTIONS = (
    FunctionView("as_of", "as_of", "账务日", "the business date"),
    FunctionView("yuan", "yuan(300000)", "整元，按分计算", "whole yuan, as fen"),
    FunctionView("ratio", "ratio(a, b)", "a 除以 b，b 为零时为空", "a ÷ b, empty where b is zero"),
    FunctionView(
        "share", "share(a, percent)", "a 的百分之几，取整", "so many percent of a, in whole numbers"
    ),
    FunctionView(
        "floor_to", "floor_to(a, step)", "向下取到整数倍", "down to the next multiple of a constant"
    ),
    FunctionView("days_between", "days_between(a, b)", "从 a 到 b 的天数", "days from a to b"),
    FunctionView("months_between", "months_between(a, b)", "从 a 到 b 的月数", "months by the calendar"),
    FunctionView("years_between", "years_between(a, b)", "从 a 到 b 满几年", "years completed from a to b"),
    FunctionView("COALESCE", "COALESCE(a, b)", "a 为空时取 b", "b where a is empty"),
    FunctionView("LEAST", "LEAST(a, b)", "较小的一个", "the lower one"),
    FunctionView("GREATEST", "GREATEST(a, b)", "较大的一个", "the higher one"),
    FunctionView("ABS", "ABS(a)", "绝对值", "without its sign"),
    FunctionView("CASE", "CASE WHEN a THEN b ELSE c END", "分情况取值", "one value of several"),
    FunctionView("BETWEEN", "a BETWEEN b AND c", "介于两者之间，含两端", "within, both ends included"),
    FunctionView("IN", "a IN ('x', 'y')", "是其中之一", "one of these"),
    FunctionView("SUM", "SUM(a)", "各行之和", "the sum over rows", "features"),
    FunctionView("COUNT", "COUNT(1)", "行数", "how many rows", "features"),
    FunctionView("MIN", "MIN(a)", "各行里最小的", "the lowest of the rows", "features"),
    FunctionView("MAX", "MAX(a)", "各行里最大的", "the highest of the rows", "features"),
)


def names_in(catalogue: Catalogue) -> tuple[NameView, ...]:
    """Every name of a catalogue, figures first, columns of sources last."""
    return tuple(_names(catalogue))


def _names(catalogue: Catalogue) -> Iterator[NameView]:
    for kind, measured in (("figure", catalogue.figures), ("amount", catalogue.amounts)):
        for name, one in measured.items():
            yield _named(name, kind, UNITS[one.unit][0].value, one.unit, one.words)
    for name, feature in catalogue.features.items():
        codes = tuple(sorted(feature.column.choices))
        yield _named(name, "feature", feature.column.type.value, feature.unit, feature.words, codes)
    for name, choice in catalogue.choices.items():
        yield _named(name, "choice", "text", "code", choice.words, tuple(one.code for one in choice.options))
    seen = set[str]()
    for card in catalogue.scorecards:
        if card.gives not in seen:
            yield _named(card.gives, "score", "bigint", "points", card.words)
        seen.add(card.gives)
    for source in catalogue.sources.values():
        yield from _columns(source.name, source.columns)


def _columns(source: str, columns: Mapping[str, Column]) -> Iterator[NameView]:
    for name, column in columns.items():
        codes = tuple(sorted(column.choices))
        yield NameView(name, "column", column.type.value, None, "", "", "", "", codes, source)


def _named(
    name: str, kind: str, type_: str, unit: str, words: Words, codes: tuple[str, ...] = ()
) -> NameView:
    said = (words.zh, words.en, words.explain_zh, words.explain_en)
    return NameView(name, kind, type_, unit, *said, codes)
