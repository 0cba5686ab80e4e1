"""What a branch's heads steer by, kept on their phones: counts of people and grids, due work, high-end
customers.

Who moves something only says which branch (`moved`). Its rows are worked out anew a few seconds later
(`renew`), once for however much moved meanwhile, and at the turn of the day; only what differs is stamped.
"""

from collections.abc import Iterable
from uuid import UUID

from backend.kernel.uow import UnitOfWork
from backend.policy import api as policy
from backend.tasks import team_queries

MOVED = "tasks.team_moved"


def moved(uow: UnitOfWork, branch_id: UUID) -> None:
    """Something of a branch moved that its heads' rows count or name."""
    uow.emit_once(MOVED, {"branch_id": str(branch_id)})


async def moved_of(uow: UnitOfWork, ids: Iterable[UUID]) -> None:
    """`moved` for the branches whose heads hold a row of these customers or grids, also where they lie
    elsewhere by now. Job only."""
    for branch_id in await team_queries.naming(uow, ids):
        moved(uow, branch_id)


async def renew(uow: UnitOfWork, branch_id: UUID) -> None:
    """Works out the branch's rows anew and stamps those that differ. Job only."""
    if not await team_queries.turn(uow, branch_id):
        return
    full_points = await policy.figure(uow, "completeness_mark")
    for kind in team_queries.ROWS:
        for row_id, gone in await team_queries.renew(uow, branch_id, kind, full_points):
            uow.touch(f"team:{branch_id}", kind, row_id, gone=gone)
