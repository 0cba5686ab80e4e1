"""What an expression may name, and whether it stands over rows of a source or over one customer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from backend.strategy.language.nodes import Expr, Type


@dataclass(frozen=True, slots=True)
class Column:
    """A column in scope. `choices`: its codes, where they are a closed list."""

    type: Type
    choices: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scope:
    """Names for the checker. `figures` are put in place of their names.

    `aggregates` is true for features that read the rows of a source.
    """

    columns: Mapping[str, Column]
    figures: Mapping[str, Expr] = field(default_factory=dict)
    aggregates: bool = False

    def names(self) -> list[str]:
        return [*self.columns, *self.figures, "as_of"]
