"""Customers over HTTP: what a phone does not hold is asked for online. JSON."""

from litestar import Controller, Router, post
from litestar.params import JSONBody

from backend.customers import looking
from backend.customers.schemas import FoundCustomers, LookUp
from backend.kernel.injected import AskedBy, Db


class CustomerController(Controller):
    """Look-ups, for heads."""

    path = "/api/v1/customers"
    tags = ("customers",)

    # a post, so that no name stands in an address, which servers log
    @post("/look-up", status_code=200)
    async def look_up(self, data: JSONBody[LookUp], actor: AskedBy, database: Db) -> FoundCustomers:
        """Households of the branch. 403 `not_allowed`, 429 `too_many_look_ups` with Retry-After."""
        async with database.unit(actor) as uow:
            return await looking.look_up(uow, data)


router = Router("", route_handlers=[CustomerController])
