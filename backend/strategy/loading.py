"""What loading any part of a catalogue needs: parts by key, names once each, expressions, examples."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date

from backend.strategy import building
from backend.strategy.definitions import Dimension, Example, Rule, Words
from backend.strategy.documents import CatalogueError, Document, Part, Problem
from backend.strategy.language.checker import check_as
from backend.strategy.language.errors import ExpressionError, Wrong, nearest_name, wrong
from backend.strategy.language.nodes import Expr, Type, surely
from backend.strategy.language.scope import Column, Scope

DEFAULT_AS_OF = date(2026, 1, 15)
"""The business date of an example that names none."""


def words_of(part: Part) -> Words:
    """Its names and sentences."""
    return Words(
        part.text("zh"), part.text("en"), part.at("explain").text("zh"), part.at("explain").text("en")
    )


def kinds_of(part: Part) -> tuple[str, ...]:
    """The kinds of customers it is for; none named: all."""
    return tuple(part.data.get("for", ()))


class Loading:
    """One load. Problems are collected; what depends on a broken part is left out."""

    def __init__(self, documents: list[Document]) -> None:
        self.documents = documents
        self.problems: list[Problem] = []
        #: by name the file and line of its first definition
        self.seen: dict[str, tuple[str, int]] = {}

    def _each(self, key: str) -> Iterator[Part]:
        for document in self.documents:
            yield from Part(document, ()).each(key)

    def _names(self, key: str) -> set[str]:
        return {part.text("name") for part in self._each(key)}

    def _headings(self, key: str) -> dict[str, Dimension]:
        """What the list `key` declares to sort others by."""
        return {part.text("name"): Dimension(part.text("name"), words_of(part)) for part in self._each(key)}

    def _stop(self) -> None:
        if self.problems:
            raise CatalogueError(sorted(self.problems, key=lambda problem: (problem.file, problem.line)))

    def _add(self, part: Part, error: ExpressionError | Wrong, key: str | None = None) -> None:
        self.problems.append(part.problem(error, key))

    def _once(self, name: str, part: Part) -> None:
        file, line = part.document.file, part.line("name")
        first = self.seen.setdefault(name, (file, line))
        if first != (file, line):
            self._add(part, wrong("taken", name=name, file=first[0], line=first[1]), "name")

    def _declared(
        self, kind: str, column: Callable[[Part], Column], *, key: str = "name", several: bool = False
    ) -> dict[str, Column]:
        """What the names of a kind stand for; `several` definitions may give one column together."""
        out: dict[str, Column] = {}
        for part in self._each(kind):
            name = part.text(key)
            if not (several and name in out):
                self._once(name, part)
            out[name] = column(part)
        return out

    def _expression(self, part: Part, key: str, scope: Scope, wanted: Type) -> Expr | None:
        try:
            return check_as(part.text(key), scope, wanted)
        except ExpressionError as error:
            self._add(part, error, key)
            return None

    def _named_by(self, part: Part, key: str, known: Mapping[str, object]) -> bool:
        name = part.text(key)
        if name in known:
            return True
        self._add(part, ExpressionError("unknown_of", nearest_name(name, known), key=key, name=name), key)
        return False

    def _all_named(self, part: Part, key: str, known: Mapping[str, object]) -> tuple[str, ...]:
        """The names listed under `key`; each that is not known is a problem."""
        listed = tuple(str(one) for one in part.data.get(key, ()))
        for place, name in enumerate(listed):
            if name not in known:
                unknown = ExpressionError("unknown", nearest_name(name, known), name=name)
                self.problems.append(part.at(key, place).problem(unknown))
        return listed

    def _mark(self, part: Part, what: str, prefix: str, bits: str, key: str = "name") -> tuple[str, int]:
        """Name and bit of what stands as one bit in the words `bits`, and as the column `prefix` + name."""
        name, bit = part.text(key), int(part.data["bit"])
        self._once(f"{what} {name}", part)
        self._once(prefix + name, part)
        self._once(f"{bits} {bit}", part)
        return name, bit

    def _holds(self, part: Part, key: str, scope: Scope, rule: str) -> Rule | None:
        """The rule that `key` states, for the kinds named under `for` only; None where it is wrong."""
        when = self._expression(part, key, scope, Type.boolean)
        if when is None:
            return None
        value = building.for_kinds(kinds_of(part), surely(when))
        return Rule(rule, Column(Type.boolean), value, part)

    def _day(self, part: Part, key: str) -> date:
        try:
            return date.fromisoformat(part.text(key))
        except ValueError:
            self._add(part, wrong("day", value=part.text(key)), key)
            return date.min

    def _examples(self, part: Part) -> tuple[Example, ...]:
        return tuple(
            Example(
                example.data.get("given", {}),
                tuple(example.data["rows"]) if example.has("rows") else None,
                self._day(example, "as_of") if example.has("as_of") else DEFAULT_AS_OF,
                example.data["expect"],
                example,
            )
            for example in part.each("examples")
        )
