"""Choosing customers over HTTP. JSON."""

from litestar import Controller, Router, post
from litestar.params import JSONBody

from backend.audience import service
from backend.audience.schemas import Choice, Counted
from backend.kernel.injected import AskedBy, Db

#: a choice of as many conditions as are taken fits in
BODY_LIMIT = 256 * 1024


class AudienceController(Controller):
    """Who meets a choice."""

    path = "/api/v1/audience"
    tags = ("audience",)
    request_max_body_size = BODY_LIMIT

    # a post, so that no name stands in an address, which servers log
    @post("/count", status_code=200)
    async def count(self, data: JSONBody[Choice], actor: AskedBy, database: Db) -> Counted:
        """How many of the asker's customers meet a choice. 403 `not_allowed`, 422 `choice_too_large`,
        `unknown_condition`, `malformed`."""
        async with database.unit(actor) as uow:
            return await service.count(uow, data.choice)


router = Router("", route_handlers=[AudienceController])
