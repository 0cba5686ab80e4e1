"""The life of a strategy over HTTP, for the head office. JSON; a session is enough.

Every route answers 403 `not_allowed` to other roles before it says whether something is there, and 409
`version_changed` where a published version it needs is not what was published.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, Router, get, post, put
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery, JSONBody

from backend.kernel.actor import Actor
from backend.kernel.injected import AskedBy, Db
from backend.kernel.sheets import MEDIA_TYPES
from backend.kernel.uow import Database, UnitOfWork
from backend.strategy import (
    archives,
    comparing,
    deciding,
    drafts,
    figures,
    letting,
    reconciling,
    sending,
    simulated,
    simulations,
)
from backend.strategy.errors import Tampered
from backend.strategy.grade_schemas import AskGrades, DifferingList, ExportGrades, GradeReport
from backend.strategy.schemas import (
    Checked,
    Difference,
    DraftView,
    Figures,
    FileLine,
    FileView,
    Imported,
    Names,
    NewDraft,
    Publish,
    PutFigure,
    Rebased,
    Rename,
    Returned,
    RollBack,
    SaveFile,
    SimulationLine,
    Strategy,
)
from backend.strategy.simulation_schemas import (
    AskCustomers,
    AskMovers,
    Customers,
    Export,
    Movers,
    Runs,
    SimulationView,
)


@asynccontextmanager
async def _unit(database: Database, actor: Actor) -> AsyncIterator[UnitOfWork]:
    async with database.unit(actor) as uow:
        try:
            yield uow
        except Tampered as error:
            raise drafts.version_changed(error) from error


class VersionController(Controller):
    """Published versions."""

    path = "/api/v1/strategy"
    tags = ("strategy",)

    @get()
    async def overview(self, actor: AskedBy, database: Db) -> Strategy:
        """All versions and the open drafts."""
        async with _unit(database, actor) as uow:
            return await drafts.overview(uow)

    @get("/versions/{version:int}/difference")
    async def difference(self, version: FromPath[int], actor: AskedBy, database: Db) -> Difference:
        """What a version says otherwise than the one in force. 404 `not_found`."""
        async with _unit(database, actor) as uow:
            return await comparing.of_version(uow, version)

    @get("/versions/{version:int}/archive")
    async def archive(self, version: FromPath[int], actor: AskedBy, database: Db) -> Response[bytes]:
        """Its YAML files as a ZIP. 404 `not_found`."""
        async with _unit(database, actor) as uow:
            content = await sending.version(uow, version)
        return _file(content, f"strategy-{version}.zip", "application/zip")

    @post("/versions/{version:int}/roll-back", status_code=201)
    async def roll_back(
        self, version: FromPath[int], data: JSONBody[RollBack], actor: AskedBy, database: Db
    ) -> DraftView:
        """What an earlier version said, as a draft that is handed in at once. 404 `not_found`, 409
        `nothing_to_do`, `bad_catalogue`."""
        async with _unit(database, actor) as uow:
            return await deciding.roll_back(uow, version, data.reason)

    @post("/versions/{version:int}/withdraw", status_code=204)
    async def withdraw(
        self, version: FromPath[int], data: JSONBody[Returned], actor: AskedBy, database: Db
    ) -> None:
        """Takes back a version that waits for its day. 404 `not_found`."""
        async with _unit(database, actor) as uow:
            await deciding.withdraw(uow, version, data.reason)

    @get("/runs")
    async def runs(self, actor: AskedBy, database: Db) -> Runs:
        """The last recalculations of everybody."""
        async with _unit(database, actor) as uow:
            return await letting.recent(uow)

    @post("/runs/{run_id:uuid}/release", status_code=200)
    async def release(self, run_id: FromPath[UUID], actor: AskedBy, database: Db) -> Runs:
        """Lets a held run through: everybody is worked out anew. 409 `not_held`."""
        async with _unit(database, actor) as uow:
            return await letting.let_through(uow, run_id)


class DraftController(Controller):
    """Drafts."""

    path = "/api/v1/strategy/drafts"
    tags = ("strategy",)

    @post(status_code=201)
    async def start(self, data: JSONBody[NewDraft], actor: AskedBy, database: Db) -> DraftView:
        """A draft of the newest version, or of what an earlier one said. 404 `not_found`."""
        async with _unit(database, actor) as uow:
            return await drafts.start(uow, data.title, data.from_version)

    @post("/archive", status_code=201, request_max_body_size=archives.MOST_BYTES)
    async def bring(
        self, request: Request[Any, Any, State], actor: AskedBy, database: Db, title: FromQuery[str]
    ) -> Imported:
        """A draft of a ZIP of YAML files, which is the body, checked at once. 422 `bad_archive`, `bad_path`,
        `catalogue_too_large`."""
        async with _unit(database, actor) as uow:
            return await sending.bring(uow, title, await request.body())

    @get("/{draft_id:uuid}")
    async def one(self, draft_id: FromPath[UUID], actor: AskedBy, database: Db) -> DraftView:
        """404 `not_found`."""
        async with _unit(database, actor) as uow:
            return await drafts.one_draft(uow, draft_id)

    @put("/{draft_id:uuid}")
    async def name(
        self, draft_id: FromPath[UUID], data: JSONBody[Rename], actor: AskedBy, database: Db
    ) -> DraftView:
        """Title and note. 404 `not_found`, 409 `draft_closed`."""
        async with _unit(database, actor) as uow:
            return await drafts.name(uow, draft_id, data.title, data.note)

    @get("/{draft_id:uuid}/files")
    async def files(self, draft_id: FromPath[UUID], actor: AskedBy, database: Db) -> tuple[FileLine, ...]:
        """Every file's name and change. 404 `not_found`."""
        async with _unit(database, actor) as uow:
            return await drafts.files(uow, draft_id)

    @get("/{draft_id:uuid}/file")
    async def file(
        self, draft_id: FromPath[UUID], actor: AskedBy, database: Db, path: FromQuery[str]
    ) -> FileView:
        """One file, beside its base. 404 `not_found`."""
        async with _unit(database, actor) as uow:
            return await drafts.file(uow, draft_id, path)

    @put("/{draft_id:uuid}/file")
    async def save(
        self, draft_id: FromPath[UUID], data: JSONBody[SaveFile], actor: AskedBy, database: Db
    ) -> FileView:
        """Writes one file. 404 `not_found`, 409 `draft_closed`, `file_moved` with `theirs`, 422 `bad_path`,
        `catalogue_too_large`."""
        async with _unit(database, actor) as uow:
            return await drafts.save(uow, draft_id, data)

    @get("/{draft_id:uuid}/figures")
    async def figures(self, draft_id: FromPath[UUID], actor: AskedBy, database: Db) -> Figures:
        """Every figure, with its numbers by day. 404 `not_found`."""
        async with _unit(database, actor) as uow:
            return await figures.figures(uow, draft_id)

    @put("/{draft_id:uuid}/figures/{name:str}")
    async def put_figure(
        self,
        draft_id: FromPath[UUID],
        name: FromPath[str],
        data: JSONBody[PutFigure],
        actor: AskedBy,
        database: Db,
    ) -> Figures:
        """Another number of a figure; its file changes with it. 404 `not_found`, 409 `draft_closed`,
        `file_moved`, `bad_catalogue`, 422 `bad_day`."""
        async with _unit(database, actor) as uow:
            return await figures.put(uow, draft_id, name, data)

    @get("/{draft_id:uuid}/names")
    async def names(self, draft_id: FromPath[UUID], actor: AskedBy, database: Db) -> Names:
        """What expressions may name. 404 `not_found`."""
        async with _unit(database, actor) as uow:
            return await comparing.names(uow, draft_id)

    @get("/{draft_id:uuid}/difference")
    async def difference(self, draft_id: FromPath[UUID], actor: AskedBy, database: Db) -> Difference:
        """What it says otherwise than the version in force. 404 `not_found`."""
        async with _unit(database, actor) as uow:
            return await comparing.of_draft(uow, draft_id)

    @get("/{draft_id:uuid}/archive")
    async def archive(self, draft_id: FromPath[UUID], actor: AskedBy, database: Db) -> Response[bytes]:
        """Its YAML files as a ZIP. 404 `not_found`."""
        async with _unit(database, actor) as uow:
            content = await sending.draft(uow, draft_id)
        return _file(content, f"strategy-draft-{draft_id}.zip", "application/zip")

    @post("/{draft_id:uuid}/check", status_code=200)
    async def check(self, draft_id: FromPath[UUID], actor: AskedBy, database: Db) -> Checked:
        """Reads, types and binds every rule. 404 `not_found`, 409 `draft_closed`."""
        async with _unit(database, actor) as uow:
            return await drafts.check(uow, draft_id)

    @post("/{draft_id:uuid}/simulate", status_code=202)
    async def simulate(self, draft_id: FromPath[UUID], actor: AskedBy, database: Db) -> SimulationLine:
        """Has it worked out for everybody; ask for `/simulations/{id}` until it is done. 404 `not_found`, 409
        `draft_closed`, `draft_not_ready`."""
        async with _unit(database, actor) as uow:
            return await simulations.ask(uow, draft_id)

    @post("/{draft_id:uuid}/submit", status_code=200)
    async def submit(self, draft_id: FromPath[UUID], actor: AskedBy, database: Db) -> DraftView:
        """Hands it to another person. 404 `not_found`, 409 `draft_closed`, `draft_not_ready`,
        `draft_outdated`."""
        async with _unit(database, actor) as uow:
            return await deciding.submit(uow, draft_id)

    @post("/{draft_id:uuid}/return", status_code=200)
    async def send_back(
        self, draft_id: FromPath[UUID], data: JSONBody[Returned], actor: AskedBy, database: Db
    ) -> DraftView:
        """Back to whoever wrote it, with a reason. 404 `not_found`, 409 `draft_closed`, `draft_not_ready`."""
        async with _unit(database, actor) as uow:
            return await deciding.send_back(uow, draft_id, data.reason)

    @post("/{draft_id:uuid}/publish", status_code=200)
    async def publish(
        self, draft_id: FromPath[UUID], data: JSONBody[Publish], actor: AskedBy, database: Db
    ) -> DraftView:
        """Puts somebody else's draft in force, now or from a day on. 403 `own_draft`, 404 `not_found`, 409
        `draft_closed`, `draft_moved`, `draft_not_ready`, `draft_outdated`, `bad_catalogue`, 422 `bad_day`."""
        async with _unit(database, actor) as uow:
            return await deciding.publish(uow, draft_id, data.digest, data.valid_from)

    @post("/{draft_id:uuid}/rebase", status_code=200)
    async def rebase(self, draft_id: FromPath[UUID], actor: AskedBy, database: Db) -> Rebased:
        """Takes its changes along to the newest version. 404 `not_found`, 409 `draft_closed`."""
        async with _unit(database, actor) as uow:
            return await drafts.rebase(uow, draft_id)

    @post("/{draft_id:uuid}/drop", status_code=200)
    async def drop(self, draft_id: FromPath[UUID], actor: AskedBy, database: Db) -> DraftView:
        """Gives it up; it stays on record. 404 `not_found`, 409 `draft_closed`."""
        async with _unit(database, actor) as uow:
            return await drafts.drop(uow, draft_id)


class SimulationController(Controller):
    """Simulations."""

    path = "/api/v1/strategy/simulations/{simulation_id:uuid}"
    tags = ("strategy",)

    @get()
    async def look(self, simulation_id: FromPath[UUID], actor: AskedBy, database: Db) -> SimulationView:
        """How far it is, and what came of it; no customers. 404 `not_found`."""
        async with _unit(database, actor) as uow:
            return await simulations.look(uow, simulation_id)

    @post("/cancel", status_code=200)
    async def cancel(self, simulation_id: FromPath[UUID], actor: AskedBy, database: Db) -> SimulationLine:
        """Stops it. 404 `not_found`."""
        async with _unit(database, actor) as uow:
            return await simulations.cancel(uow, simulation_id)

    # a post, so that the purpose stands in no address, which servers log
    @post("/movers", status_code=200)
    async def movers(
        self, simulation_id: FromPath[UUID], data: JSONBody[AskMovers], actor: AskedBy, database: Db
    ) -> Movers:
        """The hundred customers that move most. 403 `purpose_needed`, 404 `not_found`, 429
        `too_many_look_ups`."""
        async with _unit(database, actor) as uow:
            return await simulated.movers(uow, simulation_id, data.purpose)

    @post("/customers", status_code=200)
    async def customers(
        self, simulation_id: FromPath[UUID], data: JSONBody[AskCustomers], actor: AskedBy, database: Db
    ) -> Customers:
        """A page of the customers behind one of its figures. As `movers`, and 409 `customers_gone`."""
        async with _unit(database, actor) as uow:
            return await simulated.behind(uow, simulation_id, data)

    @post("/export", status_code=200)
    async def export(
        self, simulation_id: FromPath[UUID], data: JSONBody[Export], actor: AskedBy, database: Db
    ) -> Response[bytes]:
        """Either of them as a table. As `customers`, and 422 `too_many_rows`."""
        async with _unit(database, actor) as uow:
            content = await simulated.export(uow, simulation_id, data)
        return _file(content, f"simulation-{simulation_id}.{data.format}", MEDIA_TYPES[data.format])


class GradeController(Controller):
    """Our grades beside the provincial credit system's. A report: nobody's result moves by it."""

    path = "/api/v1/strategy/grades"
    tags = ("strategy",)

    @get()
    async def report(self, actor: AskedBy, database: Db) -> GradeReport:
        """How many agree, by pair of grades and by branch; no customers."""
        async with _unit(database, actor) as uow:
            return await reconciling.report(uow)

    # posts, so that the purpose stands in no address
    @post("/differing", status_code=200)
    async def differing(self, data: JSONBody[AskGrades], actor: AskedBy, database: Db) -> DifferingList:
        """Who differs so, by name. 403 `purpose_needed`, 429 `too_many_look_ups`."""
        async with _unit(database, actor) as uow:
            return await reconciling.differing(uow, data)

    @post("/export", status_code=200)
    async def export(self, data: JSONBody[ExportGrades], actor: AskedBy, database: Db) -> Response[bytes]:
        """All who differ, as CSV. As `differing`."""
        async with _unit(database, actor) as uow:
            content = await reconciling.export(uow, data.purpose)
        return _file(content, "grades.csv", "text/csv; charset=utf-8")


def _file(content: bytes, name: str, media_type: str) -> Response[bytes]:
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)


router = Router(
    "", route_handlers=[VersionController, DraftController, SimulationController, GradeController]
)
