"""What ./scripts/test --quick leaves to the full run, beside tests that say themselves that they are slow."""

from collections.abc import Iterable
from pathlib import Path

import pytest

#: whole in --quick too: what makes sure that nothing is lost, doubled or put in another order
ALWAYS = frozenset(
    f"tests/sync/test_{name}.py" for name in ("push", "pull", "order_of_a_phone", "renumbered", "losses")
)
_ROOT = Path(__file__).resolve().parents[2]


def needs_database(item: pytest.Item) -> bool:
    """Whether a test works on a database of its own, which with application and phones costs a second."""
    return "servers" in getattr(item, "fixturenames", ())


def always(item: pytest.Item) -> bool:
    """Whether --quick has all of the test's file."""
    return item.path.relative_to(_ROOT).as_posix() in ALWAYS


def mark_slow(items: Iterable[pytest.Item]) -> None:
    """Of the tests that need a database --quick has the first of each file; the others become slow."""
    seen = set()
    for item in items:
        if not needs_database(item) or always(item) or item.get_closest_marker("slow"):
            continue
        if item.path in seen:
            item.add_marker(pytest.mark.slow)
        seen.add(item.path)
