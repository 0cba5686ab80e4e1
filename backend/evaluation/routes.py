"""Evaluations over HTTP: what is looked at online only (CONTRACT.md section 8)."""

from uuid import UUID

from litestar import Controller, Router, post
from litestar.params import FromPath, JSONBody

from backend.evaluation import opening
from backend.evaluation.schemas import OpenedForms, Purpose
from backend.kernel.injected import AskedBy, Db


class EvaluationController(Controller):
    """Who said what, with a purpose. JSON."""

    path = "/api/v1/evaluations"
    tags = ("evaluation",)

    @post("/{session_id:uuid}/forms", status_code=200)
    async def forms(
        self, session_id: FromPath[UUID], data: JSONBody[Purpose], actor: AskedBy, database: Db
    ) -> OpenedForms:
        """The opened forms of a session by reviewer. 403 `not_allowed`, 404 `not_found`."""
        async with database.unit(actor) as uow:
            return await opening.named_forms(uow, session_id, data.purpose)


router = Router("", route_handlers=[EvaluationController])
