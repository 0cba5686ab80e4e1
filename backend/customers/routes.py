"""Customers over HTTP: what a phone does not hold is asked for online. JSON."""

from uuid import UUID

from litestar import Controller, Router, get, post
from litestar.params import FromPath, JSONBody

from backend.customers import leaving, looking, sides
from backend.customers.completeness import completeness_of
from backend.customers.schemas import (
    Completeness,
    DuplicateList,
    FormerMembers,
    FoundCustomers,
    LookUp,
    SideBySide,
)
from backend.kernel.injected import AskedBy, Db


class CustomerController(Controller):
    """What is asked of many customers at once, and who left one."""

    path = "/api/v1/customers"
    tags = ("customers",)

    # a post, so that no name stands in an address, which servers log
    @post("/look-up", status_code=200)
    async def look_up(self, data: JSONBody[LookUp], actor: AskedBy, database: Db) -> FoundCustomers:
        """Households of the branch, for its heads; of the bank, for head office with a purpose. 403
        `not_allowed`, `purpose_needed`, 429 `too_many_look_ups` with Retry-After."""
        async with database.unit(actor) as uow:
            return await looking.look_up(uow, data)

    @get("/completeness")
    async def completeness(self, actor: AskedBy, database: Db) -> Completeness:
        """How complete the files of the actor's grids, or branch, are. 403 `not_allowed`."""
        async with database.unit(actor) as uow:
            return await completeness_of(uow)

    @get("/{customer_id:uuid}/former-members")
    async def former_members(
        self, customer_id: FromPath[UUID], actor: AskedBy, database: Db
    ) -> FormerMembers:
        """Who left a household or business that the asker holds. 404 `not_found`."""
        async with database.unit(actor) as uow:
            return await leaving.former(uow, customer_id)


class DuplicateController(Controller):
    """Households that may be one, for managers and heads."""

    path = "/api/v1/duplicates"
    tags = ("customers",)

    @get()
    async def waiting(self, actor: AskedBy, database: Db) -> DuplicateList:
        """What waits for a word, and merges that can be taken back. 403 `not_allowed`."""
        async with database.unit(actor) as uow:
            return await sides.waiting(uow)

    @get("/{one:uuid}/{other:uuid}")
    async def beside(
        self, one: FromPath[UUID], other: FromPath[UUID], actor: AskedBy, database: Db
    ) -> SideBySide:
        """Two households side by side. 403 `not_allowed`, 404 `not_found`."""
        async with database.unit(actor) as uow:
            return await sides.beside(uow, one, other)


router = Router("", route_handlers=[CustomerController, DuplicateController])
