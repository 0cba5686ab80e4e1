"""Choosing customers over HTTP. JSON."""

from uuid import UUID

from litestar import Controller, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.audience import ground as grounds
from backend.audience import groups, listing, service
from backend.audience.memory import Memory
from backend.audience.schemas import (
    Asked,
    Choice,
    Counted,
    Export,
    Ground,
    Group,
    GroupList,
    ListPage,
    NewGroup,
    NewName,
)
from backend.kernel.injected import AskedBy, Db
from backend.kernel.sheets import MEDIA_TYPES

#: `packed`: what this process has packed for counting
Packed = NamedDependency[Memory]
#: a choice of as many conditions as are taken fits in
BODY_LIMIT = 256 * 1024


class AudienceController(Controller):
    """Who meets a choice."""

    path = "/api/v1/audience"
    tags = ("audience",)
    request_max_body_size = BODY_LIMIT

    # a post, so that no name stands in an address, which servers log
    @post("/count", status_code=200)
    async def count(self, data: JSONBody[Choice], actor: AskedBy, database: Db, packed: Packed) -> Counted:
        """How many of the asker's customers meet a choice. 403 `not_allowed`, 422 `choice_too_large`,
        `unknown_condition`, `malformed`."""
        return await service.count(database, actor, packed, data.choice)

    @post("/list", status_code=200)
    async def listed(self, data: JSONBody[Asked], actor: AskedBy, database: Db, packed: Packed) -> ListPage:
        """A page of those who are chosen. 403 `not_allowed`, `purpose_needed`, 404 `not_found`, 422 as for a
        count, 429 `too_many_look_ups`."""
        among = await listing.ahead(database, actor, packed, data)
        async with database.unit(actor) as uow:
            return await listing.page(uow, data, among)

    @post("/export", status_code=200)
    async def export(
        self, data: JSONBody[Export], actor: AskedBy, database: Db, packed: Packed
    ) -> Response[bytes]:
        """Those who are chosen as CSV or XLSX. As `list`, and 422 `too_many_rows`."""
        among = await listing.ahead(database, actor, packed, data)
        async with database.unit(actor) as uow:
            content = await listing.file(uow, data, among)
        name = f'attachment; filename="customers.{data.format}"'
        headers = {"Content-Disposition": name, "Cache-Control": "no-store"}
        return Response(content, media_type=MEDIA_TYPES[data.format], headers=headers)

    @get("/ground")
    async def ground(self, actor: AskedBy, database: Db) -> Ground:
        """The areas and people to choose by. 403 `not_allowed`."""
        async with database.unit(actor) as uow:
            return await grounds.ground(uow)


class GroupController(Controller):
    """Groups that are kept."""

    path = "/api/v1/audience/groups"
    tags = ("audience",)
    request_max_body_size = BODY_LIMIT

    @get()
    async def listed(self, actor: AskedBy, database: Db) -> GroupList:
        """The groups that the asker may see. 403 `not_allowed`."""
        async with database.unit(actor) as uow:
            return await groups.listed(uow)

    @post(status_code=200)
    async def make(self, data: JSONBody[NewGroup], actor: AskedBy, database: Db) -> Group:
        """Keeps a group. 403 `not_allowed`, 409 `id_taken`, 422 as for a count."""
        async with database.unit(actor) as uow:
            return await groups.make(uow, data)

    @post("/{group_id:uuid}/count", status_code=200)
    async def count(self, group_id: FromPath[UUID], actor: AskedBy, database: Db) -> Counted:
        """How many of the asker's customers a group holds today. 403 `not_allowed`, 404 `not_found`."""
        async with database.unit(actor) as uow:
            return await groups.count(uow, group_id)

    @post("/{group_id:uuid}/rename", status_code=200)
    async def rename(
        self, group_id: FromPath[UUID], data: JSONBody[NewName], actor: AskedBy, database: Db
    ) -> Group:
        """Calls a group otherwise. 403 `not_allowed`, 404 `not_found`."""
        async with database.unit(actor) as uow:
            return await groups.rename(uow, group_id, data.name)

    @post("/{group_id:uuid}/remove", status_code=200)
    async def remove(self, group_id: FromPath[UUID], actor: AskedBy, database: Db) -> Group:
        """Removes a group. 403 `not_allowed`, 404 `not_found`."""
        async with database.unit(actor) as uow:
            return await groups.remove(uow, group_id, back=False)

    @post("/{group_id:uuid}/restore", status_code=200)
    async def restore(self, group_id: FromPath[UUID], actor: AskedBy, database: Db) -> Group:
        """Brings a removed group back. 403 `not_allowed`, 404 `not_found`."""
        async with database.unit(actor) as uow:
            return await groups.remove(uow, group_id, back=True)


router = Router("", route_handlers=[AudienceController, GroupController])
