"""What a domain tells the synchronisation about the rows each role's phone receives."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.kernel.uow import UnitOfWork

# ids of rows, name of the projection → values per id, in the order of the projection's fields; ids not
# visible are absent
Load = Callable[[UnitOfWork, Sequence[str], str], Awaitable[Mapping[str, Sequence[Any]]]]
# ids of rows → those of which the actor has recorded something
Recorded = Callable[[UnitOfWork, Sequence[str]], Awaitable[set[str]]]


@dataclass(frozen=True, slots=True)
class Projection:
    """One kind of row on phones.

    `fields`: field names per projection (`manager`, `agent`, `head`, `staff`, `bank`); one that is absent
    does not receive the kind at all. `sort`: a field whose value groups rows in snapshot pages (the
    customer), or nil. `recorded`: for kinds of which an agent sees only their own rows, those of some ids
    that were theirs at some time, also where somebody else has edited them since.
    """

    kind: str
    books: frozenset[str]
    fields: Mapping[str, tuple[str, ...]]
    load: Load
    sort: str | None = None
    recorded: Recorded | None = None
