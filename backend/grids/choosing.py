"""Where a household may be moved to: whoever moves it holds few of the grids that it may belong to."""

from backend.grids import queries
from backend.grids.schemas import GridChoice, GridChoices
from backend.identity import api as identity
from backend.kernel.actor import HEADS, Role
from backend.kernel.errors import not_allowed
from backend.kernel.uow import UnitOfWork


async def choices(uow: UnitOfWork) -> GridChoices:
    """The active grids of a manager's branch, for a head those of the bank. Raises Problem `not_allowed`."""
    head = uow.actor.role in HEADS
    if not head and uow.actor.role is not Role.manager:
        raise not_allowed("Households are moved by account managers and heads.")
    branches = await identity.branches(uow)
    async with uow.widened(
        "a head may send a household to any grid of the bank", branch_ids=branches if head else ()
    ):
        found = await queries.active_facts(uow)
    allowed = branches if head else {uow.actor.branch_id}
    return GridChoices(
        [
            GridChoice(
                id=one.id,
                code=one.code,
                name=one.name,
                kind=one.kind.value,
                township=one.township,
                branch_id=one.branch_id,
                branch_name=branches.get(one.branch_id, ""),
                manager_id=one.manager_id,
                lon=one.lon,
                lat=one.lat,
            )
            for one in found
            if one.branch_id in allowed
        ]
    )
