"""What a run in PostgreSQL would move, counted before anything is written: one pass that only reads."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from backend.strategy import queries
from backend.strategy.progress import is_about_data
from backend.strategy.rules import Moves
from backend.strategy.versions import Force

_FIRST = UUID(int=0)


@dataclass
class Counted:
    """`differing`: grid by grid the customers whose result would be another one, and those at whom PostgreSQL
    stops: they are tried, and named, when the others are written."""

    customers: int = 0
    known: int = 0
    tiers: int = 0
    zeroed: int = 0
    differing: dict[UUID | None, list[UUID]] = field(default_factory=dict)

    @property
    def moves(self) -> Moves:
        """As the run in DuckDB counts them; rows of sources are not counted here."""
        changed = sum(map(len, self.differing.values()))
        return Moves(self.customers, 0, changed, self.known, self.tiers, self.zeroed)


class Count:
    """One pass over everybody with the version in force. `went_through`: as `Bulk.moves` says."""

    def __init__(self, db: Database, actor: Actor, force: Force, batch: int, *, went_through: bool) -> None:
        self._db = db
        self._actor = actor
        self._force = force
        self._batch = batch
        self._went_through = went_through
        self.found = Counted()

    async def grid(self, grid: UUID | None) -> None:
        """Adds a grid's customers."""
        after = _FIRST
        while True:
            async with self._db.unit(self._actor) as uow:
                ids = await queries.in_grid(uow, grid, after, self._batch)
            if not ids:
                return
            await self._add(grid, ids)
            after = ids[-1]

    async def _add(self, grid: UUID | None, ids: Sequence[UUID]) -> None:
        try:
            await self._compared(grid, ids)
        except DBAPIError as error:
            if error.connection_invalidated or not is_about_data(error):
                raise
            if len(ids) == 1:
                self.found.customers += 1
                self.found.differing.setdefault(grid, []).append(ids[0])
                return
            middle = len(ids) // 2
            await self._add(grid, ids[:middle])
            await self._add(grid, ids[middle:])

    async def _compared(self, grid: UUID | None, ids: Sequence[UUID]) -> None:
        statements = await self._force.edition.compiled()
        async with self._db.unit(self._actor) as uow:
            as_of = uow.today
            rows = await queries.feature_rows(uow, statements, ids, as_of)
            results = await queries.results_of(uow, statements, (row.features for row in rows), as_of)
            held = await queries.profiles(uow, results)
        found = self.found
        found.customers += len(ids)
        for one, result in results.items():
            profile = held.get(one)
            before = None if profile is None else queries.result_in(profile)
            if before != result:
                found.differing.setdefault(grid, []).append(one)
            if profile is None or not (self._went_through or profile.version == self._force.version):
                continue
            found.known += 1
            found.tiers += profile.tier != result.tier
            found.zeroed += result.limit_fen == 0 and profile.limit_fen > 0
