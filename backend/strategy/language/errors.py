"""What is wrong with an expression, said to the person who wrote it."""

from collections.abc import Iterable
from difflib import get_close_matches


class ExpressionError(Exception):
    """An expression that the language does not admit. `why` is one sentence without the expression's text."""

    def __init__(self, why: str, nearest: str | None = None) -> None:
        self.why = why
        self.nearest = nearest
        super().__init__(why if nearest is None else f"{why}; did you mean {nearest}?")


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """The known name closest to `name`, or None when nothing resembles it."""
    found = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return found[0] if found else None
