"""What is wrong with an expression or a file, said to the person who wrote it: a code with values, so that it
can be said in more than one language."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from backend.strategy.language.sentences import SENTENCES


@dataclass(frozen=True, slots=True)
class Wrong:
    """A code of `sentences` with its values. As text: the English sentence."""

    code: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return SENTENCES[self.code][0].format_map(self.values)


def wrong(code: str, **values: object) -> Wrong:
    """With its values as they are said."""
    return Wrong(code, {name: str(value) for name, value in values.items()})


class ExpressionError(Exception):
    """An expression that the language does not admit: what is wrong, and the nearest valid name."""

    def __init__(self, code: str, nearest: str | None = None, /, **values: object) -> None:
        self.wrong = wrong(code, **values)
        self.nearest = nearest
        super().__init__(self.why if nearest is None else f"{self.why}; did you mean {nearest}?")

    @property
    def why(self) -> str:
        """One sentence, without the expression's text."""
        return str(self.wrong)


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """The known name closest to `name`, or None when nothing resembles it."""
    found = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return found[0] if found else None
