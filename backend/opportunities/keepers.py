"""Who works on an opportunity."""

from uuid import UUID

from backend.customers import api as customers
from backend.identity import api as identity
from backend.kernel.uow import UnitOfWork
from backend.tasks import api as tasks


class Keepers:
    """Finds whom opportunities of several customers belong to; who holds a grid is asked once. Job only."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._known: dict[tuple[object, ...], UUID | None] = {}

    async def of(self, customer: customers.Customer, role: str) -> UUID | None:
        """The person for the role that the event names (manager, agent, branch_head); where the customer has
        none, who keeps it. None where nobody does."""
        key = (role, customer.branch_id, customer.grid_id, customer.owner_id, customer.kind)
        if key not in self._known:
            self._known[key] = await self._look(customer, role)
        return self._known[key]

    async def _look(self, customer: customers.Customer, role: str) -> UUID | None:
        found: UUID | None = None
        if role == "agent":
            found = await tasks.assignee_for(self._uow, customer, "contact")
        elif role == "branch_head":
            found = next(iter(await identity.heads_of(self._uow, customer.branch_id)), None)
        return found or await tasks.keeper_of(self._uow, customer)
