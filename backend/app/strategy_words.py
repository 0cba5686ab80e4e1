"""An explanation of a result as lines of text, in Chinese or English."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backend.kernel.uow import UnitOfWork
    from backend.strategy.api import Explanation, Line
    from backend.strategy.definitions import Words

_FEN = 100
_HEADS = {
    "values": ("变量", "Values"),
    "score": ("评分卡", "Scorecard"),
    "amounts": ("逐步计算", "Step by step"),
    "reasons": ("额度由来", "Why this limit"),
    "tags": ("标签", "Tags"),
    "events": ("商机事件", "Opportunity events"),
    "products": ("适合的产品", "Products that suit"),
    "offers": ("套餐和覆盖计划", "Packages and coverage plans"),
}
_LEVELS = {
    "village": ("本村", "this village"),
    "township": ("本乡镇", "this township"),
    "bank": ("全行", "the whole bank"),
}
_UNITS = {
    "days": ("天", " days"),
    "months": ("个月", " months"),
    "years": ("岁或年", " years"),
    "points": ("分", " points"),
    "percent": ("%", "%"),
    "m2": ("平方米", " m²"),
}


def explained(uow: "UnitOfWork", said: "Explanation", *, english: bool) -> list[str]:
    """The lines; amounts in yuan."""
    return list(_lines(uow, said, 1 if english else 0))


def _lines(uow: "UnitOfWork", said: "Explanation", which: int) -> Iterator[str]:
    decision, result = said.decision, said.result
    made = f"{uow.clock.local(decision.made_at):%F %R}"
    limit, rate = shown("fen", result.limit_fen, which), shown("bp", result.rate_bp, which)
    if which:
        yield f"Customer {decision.customer_id}, decision {decision.id} of {made} ({decision.cause})"
        yield f"Catalogue {decision.version}, for {decision.as_of}"
        yield f"Limit {limit}, rate {rate}, tier {result.tier}, stage {result.stage}, grade {result.grade}"
    else:
        yield f"客户 {decision.customer_id}，{made} 的结果 {decision.id}（{decision.cause}）"
        yield f"目录第 {decision.version} 版，以 {decision.as_of} 为准"
        yield f"额度 {limit}，利率 {rate}，层级 {result.tier}，阶段 {result.stage}，评级 {result.grade}"
    yield from _group(
        "reasons", ((_name(words, which), shown("fen", fen, which)) for words, fen in said.reasons), which
    )
    yield from _group("score", _score(said, which), which)
    yield from _group(
        "amounts",
        ((_name(one.words, which), shown(one.unit, one.value, which)) for one in said.amounts),
        which,
    )
    yield from _group(
        "values",
        (
            (_name(one.words, which), shown(one.unit, one.value, which) + _counted(one, which))
            for one in said.features
        ),
        which,
    )
    yield from _group("tags", ((_name(words, which), "") for words in said.tags), which)
    for head, held in (("events", said.events), ("products", said.products), ("offers", said.offers)):
        yield from _group(head, ((_name(words, which), _sentence(words, which)) for words in held), which)


def _score(said: "Explanation", which: int) -> Iterator[tuple[str, str]]:
    yield ("Score" if which else "总分"), shown("points", said.result.score, which)
    for one in said.score:
        name = one.item.en if which else one.item.zh
        if not one.counts:
            yield name, "not known yet, shared among the others" if which else "还不知道，分给其余各项"
        else:
            yield name, f"{one.percent}% × {one.weight}"


def _group(head: str, lines: Iterator[tuple[str, str]], which: int) -> Iterator[str]:
    yield ""
    yield _HEADS[head][which]
    for name, value in lines:
        yield f"  {name}: {value}" if value else f"  {name}"


def _name(words: "Words", which: int) -> str:
    return words.en if which else words.zh


def _counted(one: "Line", which: int) -> str:
    """Of a figure over many customers: whose, and the day."""
    if one.counted is None:
        return ""
    level, day = one.counted
    if level is None:
        return " (the policy's figure)" if which else "（政策数字）"
    of = _LEVELS[level][which]
    return f" ({of}, counted {day})" if which else f"（{of}，{day} 统计）"


def _sentence(words: "Words", which: int) -> str:
    return words.explain_en if which else words.explain_zh


def shown(unit: str, value: Any, which: int) -> str:
    """A value in its unit: fen as yuan, basis points as percent."""
    if value is None:
        return "not known" if which else "不知道"
    if isinstance(value, bool):
        return (("no", "yes") if which else ("否", "是"))[value]
    if unit == "fen":
        whole, rest = divmod(abs(value), _FEN)
        sign = "-" if value < 0 else ""
        return f"{sign}{whole:,}.{rest:02} {'yuan' if which else '元'}"
    if unit == "bp":
        return f"{value / 100:.2f}%"
    if unit not in _UNITS:
        return str(value)
    said = _UNITS[unit][which]
    return f"{value}{said.removesuffix('s') if value == 1 else said}"
