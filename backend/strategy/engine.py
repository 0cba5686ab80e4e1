"""The shipped catalogue, loaded and compiled once per process, and kept: it cannot change while it runs."""

from functools import cache

from backend.strategy.compiler import Compiled, compile_catalogue
from backend.strategy.definitions import Catalogue
from backend.strategy.loader import load_shipped


@cache
def shipped_catalogue() -> Catalogue:
    """The catalogue that ships. Takes about a second the first time. Raises CatalogueError."""
    return load_shipped()


@cache
def shipped_statements() -> Compiled:
    """Its statements. Raises CatalogueError."""
    return compile_catalogue(shipped_catalogue())


def falls(before: str | None, after: str) -> bool:
    """Whether the tier `after` stands below `before`; not where one of them is of another catalogue, or
    there was none before."""
    order = [one.code for one in shipped_catalogue().choices["tier"].options]
    return before in order and after in order and order.index(after) > order.index(before)
