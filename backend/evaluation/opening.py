"""Forms with their authors' names: for who may, online, with a purpose that the audit trail keeps."""

from uuid import UUID

from backend.customers import api as customers
from backend.evaluation import queries
from backend.evaluation.models import EvaluationForm
from backend.evaluation.rules import Answers, Figures, Knows, worth
from backend.evaluation.schemas import OpenedForms, ShownForm, ShownReviewer
from backend.evaluation.sealing import all_opened
from backend.evaluation.service import KIND
from backend.kernel.actor import Role
from backend.kernel.errors import not_allowed, not_found
from backend.kernel.uow import UnitOfWork

MAY_NAME = frozenset({Role.branch_head, Role.auditor})


async def named_forms(uow: UnitOfWork, session_id: UUID, purpose: str) -> OpenedForms:
    """Who said what, of the households in the actor's sight whose results are open; nothing of the others.

    Raises Problem `not_allowed`, `not_found`.
    """
    if uow.actor.role not in MAY_NAME:
        raise not_allowed("Who said what is shown to the branch head and to auditors.")
    row = await queries.session(uow, session_id)
    if row is None:
        raise not_found("Session")
    open_ones = {one.customer_id for one in await queries.results(uow, [row.id])}
    names = {one.id: one.name for one in await customers.visible(uow, open_ones)}
    figures = await queries.figures(uow)
    people = (await queries.reviewers(uow, [row.id])).get(row.id, ())
    async with uow.elevated("forms are nobody's to read but by this door, and only of these households"):
        kept = await queries.forms(uow, row.id, names.keys(), all_of_them=True)
    given: dict[UUID, list[ShownForm]] = {}
    for form, answers in all_opened(uow.keys.seal, kept):
        shown = _shown(form, answers, names[form.customer_id], figures)
        given.setdefault(form.reviewer_id, []).append(shown)
    uow.audit(
        "evaluation.forms_viewed",
        KIND,
        row.id,
        {"purpose": purpose, "households": len(names), "forms": len(kept)},
    )
    return OpenedForms([ShownReviewer(one.id, one.name, one.role, given.get(one.id, [])) for one in people])


def _shown(form: EvaluationForm, answers: Answers, name: str, figures: Figures) -> ShownForm:
    percent = worth(answers, figures) if answers.knows is Knows.yes else None
    return ShownForm(
        form.customer_id,
        name,
        answers.knows.value,
        dict(answers.grades),
        answers.limit_fen,
        percent,
        form.excluded,
    )
