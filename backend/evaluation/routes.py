"""Evaluations over HTTP: what is looked at online only, and reviewers on their own phones (CONTRACT.md
section 8)."""

from uuid import UUID

from litestar import Controller, Router, post
from litestar.params import FromPath, JSONBody

from backend.evaluation import codes, opening
from backend.evaluation.schemas import Coded, CodedForms, OpenedForms, OwnTurn, Purpose, Taken
from backend.kernel.injected import AskedBy, Db, Word


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


class ReviewController(Controller):
    """A reviewer's turn on their own phone, by a code. JSON, without a session."""

    path = "/api/v1/review"
    tags = ("evaluation",)

    @post("/open", status_code=200, opt={"access": "public"}, request_max_body_size=4 * 1024)
    async def open(self, data: JSONBody[Coded], database: Db, address: Word, request_id: Word) -> OwnTurn:
        """What the reviewer is asked. 404 `code_unusable`, 429 `too_many_codes`."""
        return await codes.open_turn(database, data.code, address, request_id)

    @post("/hand-in", status_code=200, opt={"access": "public"}, request_max_body_size=2 * 1024 * 1024)
    async def hand_in(
        self, data: JSONBody[CodedForms], database: Db, address: Word, request_id: Word
    ) -> Taken:
        """Takes all forms, once. 404 `code_unusable`, 409 `bad_value`, 429 `too_many_codes`."""
        return await codes.hand_in(database, data.code, data.forms, address, request_id)


router = Router("", route_handlers=[EvaluationController, ReviewController])
