"""A choice as both ways of counting read it: words resolved against the catalogue, size and depth checked."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from backend.audience import schemas
from backend.audience.errors import malformed, too_large, unknown_word
from backend.audience.rules import DEEPEST, MOST_CONDITIONS, folded, nearest

Code = Literal["tier", "stage", "grade", "kind"]
Figure = Literal["limit_fen", "rate_bp", "score", "visited_at"]
Place = Literal["grid_id", "branch_id", "owner_id"]

KINDS = ("household", "business")


@dataclass(frozen=True, slots=True)
class Bit:
    """The tag at this position holds."""

    position: int


@dataclass(frozen=True, slots=True)
class OneOf:
    """A code is one of these."""

    column: Code
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """A figure is known and lies in the range, ends included. Fen, basis points, points; an instant in
    seconds since 1970."""

    column: Figure
    least: int | None
    most: int | None


@dataclass(frozen=True, slots=True)
class Within:
    """Lies in, or belongs to, one of these."""

    column: Place
    ids: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Contains:
    """The name has this text in it, both folded."""

    text: str


@dataclass(frozen=True, slots=True)
class Kept:
    """Was chosen when this fixed group was made."""

    group_id: UUID


@dataclass(frozen=True, slots=True)
class Every:
    of: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Some:
    of: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Lacks:
    of: "Node"


Node = Bit | OneOf | Between | Within | Contains | Kept | Every | Some | Lacks


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What may be chosen by: bits by tag, and the codes of tiers, stages and grades."""

    bits: Mapping[str, int]
    codes: Mapping[str, tuple[str, ...]]


def resolved(
    choice: schemas.AnyCondition,
    words: Vocabulary,
    began: Callable[[int], int],
    in_townships: Callable[[list[str]], frozenset[UUID]],
) -> Node:
    """The choice without words. `began`: when the day so many days ago did, in seconds since 1970;
    `in_townships`: the grids of townships. Raises Problem `choice_too_large`,
    `unknown_condition`, `malformed`."""
    return _Resolving(words, began, in_townships).node(choice, 1)


@dataclass(slots=True)
class _Resolving:
    words: Vocabulary
    began: Callable[[int], int]
    in_townships: Callable[[list[str]], frozenset[UUID]]
    seen: int = 0

    def node(self, one: schemas.AnyCondition, depth: int) -> Node:
        self.seen += 1
        if self.seen > MOST_CONDITIONS:
            raise too_large(f"It may have {MOST_CONDITIONS} conditions.")
        if depth > DEEPEST:
            raise too_large(f"Conditions may lie {DEEPEST} deep in one another.")
        match one:
            case schemas.All():
                return Every(tuple(self.node(inner, depth + 1) for inner in one.of))
            case schemas.Any():
                return Some(tuple(self.node(inner, depth + 1) for inner in one.of))
            case schemas.Not():
                return Lacks(self.node(one.of, depth + 1))
            case _:
                return self._leaf(one)

    def _leaf(self, one: schemas.Condition) -> Node:
        match one:
            case schemas.Tag(name):
                if name not in self.words.bits:
                    raise unknown_word("tag", name, nearest(name, self.words.bits))
                return Bit(self.words.bits[name])
            case schemas.Tier(codes):
                return self._codes("tier", codes)
            case schemas.Stage(codes):
                return self._codes("stage", codes)
            case schemas.Grade(codes):
                return self._codes("grade", codes)
            case schemas.Kind(codes):
                return self._codes("kind", codes)
            case schemas.Limit(least, most):
                return self._range("limit_fen", least, most)
            case schemas.Rate(least, most):
                return self._range("rate_bp", least, most)
            case schemas.Score(least, most):
                return self._range("score", least, most)
            case schemas.Grids(ids):
                return Within("grid_id", frozenset(ids))
            case schemas.Townships(names):
                return Within("grid_id", self.in_townships(names))
            case schemas.Branches(ids):
                return Within("branch_id", frozenset(ids))
            case schemas.Owners(ids):
                return Within("owner_id", frozenset(ids))
            case schemas.Visited(days):
                return Between("visited_at", self.began(days), None)
            case schemas.Named(text):
                if not (asked := folded(text)):
                    raise malformed("A name to look for is empty.")
                return Contains(asked)
        raise AssertionError(f"no such condition: {one!r}")

    def _codes(self, column: Code, codes: list[str]) -> OneOf:
        known = KINDS if column == "kind" else self.words.codes[column]
        for code in codes:
            if code not in known:
                raise unknown_word(column, code, nearest(code, known))
        return OneOf(column, tuple(sorted(set(codes))))

    def _range(self, column: Figure, least: int | None, most: int | None) -> Between:
        if least is None and most is None:
            raise malformed(f"A condition on {column} needs at least one end.")
        if least is not None and most is not None and least > most:
            raise malformed(f"A condition on {column} ends before it begins.")
        return Between(column, least, most)


def leaves(node: Node) -> Iterator[Node]:
    """Every condition that is no combination of others."""
    match node:
        case Every(of) | Some(of):
            for one in of:
                yield from leaves(one)
        case Lacks(of):
            yield from leaves(of)
        case _:
            yield node
