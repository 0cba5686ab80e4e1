"""What a domain tells the synchronisation about the rows each role's phone receives."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.kernel.uow import UnitOfWork

# ids of rows, name of the projection → values per id, in the order of the projection's fields; ids not
# visible are absent
Load = Callable[[UnitOfWork, Sequence[str], str], Awaitable[Mapping[str, Sequence[Any]]]]


@dataclass(frozen=True, slots=True)
class Projection:
    """One kind of row on phones.

    `fields`: field names per projection (`manager`, `agent`, `head`, `staff`, `bank`); one that is absent
    does not receive the kind at all. `sort`: a field whose value groups rows in snapshot pages (the
    customer), or nil.
    """

    kind: str
    books: frozenset[str]
    fields: Mapping[str, tuple[str, ...]]
    load: Load
    sort: str | None = None
