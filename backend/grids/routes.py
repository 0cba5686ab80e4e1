"""Grids over HTTP: those that a phone does not hold are asked for online. JSON."""

from litestar import Controller, Router, get

from backend.grids import choosing
from backend.grids.schemas import GridChoices
from backend.kernel.injected import AskedBy, Db


class GridController(Controller):
    """Where households may go."""

    path = "/api/v1/grids"
    tags = ("grids",)

    @get("/")
    async def choices(self, actor: AskedBy, database: Db) -> GridChoices:
        """The grids that the asker may move a household to. 403 `not_allowed`."""
        async with database.unit(actor) as uow:
            return await choosing.choices(uow)


router = Router("", route_handlers=[GridController])
