"""The areas and people to choose by: those of the asker's scope."""

from backend.audience import queries
from backend.audience.schemas import Ground, GroundBranch, GroundGrid, GroundOwner, GroundTag
from backend.audience.service import scope_for
from backend.grids import api as grids
from backend.identity import api as identity
from backend.kernel.uow import UnitOfWork
from backend.strategy import api as strategy


async def ground(uow: UnitOfWork) -> Ground:
    """Branches, grids and owners in order of name. Raises Problem `not_allowed`."""
    scope = scope_for(uow)
    shown = [
        one
        for one in await grids.active_facts(uow)
        if scope.everybody or one.branch_id in scope.branches or one.id in scope.grids
    ]
    catalogue = await strategy.catalogue_in_force(uow)
    names = await identity.branches(uow)
    owners = await identity.staff_of(uow, await queries.owners(uow, scope))
    return Ground(
        [GroundBranch(one, names.get(one, "")) for one in sorted({grid.branch_id for grid in shown})],
        [
            GroundGrid(one.id, one.name, one.township, one.branch_id)
            for one in sorted(shown, key=lambda grid: (grid.township, grid.code))
        ],
        [GroundOwner(one.id, one.name) for one in sorted(owners.values(), key=lambda person: person.name)],
        [GroundTag(tag.name, tag.dimension) for tag in catalogue.tags],
    )
