"""What a domain tells the synchronisation about the rows each role's phone receives."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from backend.kernel.uow import UnitOfWork

# ids of rows, name of the projection → values per id, in the order of the projection's fields; ids not
# visible are absent
Load = Callable[[UnitOfWork, Sequence[str], str], Awaitable[Mapping[str, Sequence[Any]]]]
# ids of rows → those of which the actor has recorded something
Recorded = Callable[[UnitOfWork, Sequence[str]], Awaitable[set[str]]]
# a customer → ids of the rows that hang on them
Hanging = Callable[[UnitOfWork, UUID], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Online:
    """What is seen at the bank of one customer by those who may look and whose phones do not hold them.

    `load`: the customer → values per id, in the order of `fields`.
    """

    fields: tuple[str, ...]
    load: Callable[[UnitOfWork, UUID], Awaitable[Mapping[str, Sequence[Any]]]]


async def itself(_uow: UnitOfWork, customer_id: UUID) -> Sequence[str]:
    """Of kinds of which a customer has one row at most, under the customer's id."""
    return [str(customer_id)]


def online(fields: tuple[str, ...], hanging: Hanging, load: Load, projection: str = "manager") -> Online:
    """The rows that phones with this projection would hold of the customer."""

    async def load_one(uow: UnitOfWork, customer_id: UUID) -> Mapping[str, Sequence[Any]]:
        return await load(uow, await hanging(uow, customer_id), projection)

    return Online(fields, load_one)


@dataclass(frozen=True, slots=True)
class Projection:
    """One kind of row on phones.

    `fields`: field names per projection (`manager`, `agent`, `head`, `staff`, `bank`); one that is absent
    does not receive the kind at all. `sort`: a field whose value groups rows in snapshot pages (the
    customer), or nil. `recorded`: for kinds of which an agent sees only their own rows, those of some ids
    that were theirs at some time, also where somebody else has edited them since. `online`: for kinds that
    hang on a customer.
    """

    kind: str
    books: frozenset[str]
    fields: Mapping[str, tuple[str, ...]]
    load: Load
    sort: str | None = None
    recorded: Recorded | None = None
    online: Online | None = None
