"""Questions of a file that were asked and not answered: that is an answer too, and nobody asks again at
once."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import text

from backend.customers import queries
from backend.customers.errors import bad_value
from backend.customers.models import CustomerUnanswered
from backend.customers.questions import is_question
from backend.customers.schemas import LeaveQuestion
from backend.kernel.commands import Envelope
from backend.kernel.uow import UnitOfWork

UNANSWERED = text(
    "SELECT customer_id::text, question, why, observed_at, recorded_by::text FROM customer_unanswered"
    " WHERE customer_id = ANY(:ids) ORDER BY customer_id, question"
)


async def leave(uow: UnitOfWork, body: LeaveQuestion, envelope: Envelope) -> None:
    """A question rests from when it was asked; of two people who asked it the later one counts.

    Raises Problem `out_of_scope`, `bad_value`.
    """
    if not is_question(body.question):
        raise bad_value(f"There is no question {body.question!r}.")
    customer = await queries.lock(uow, body.customer_id)
    async with uow.elevated("the customer is the actor's; who asked before need not be"):
        row = await uow.session.get(CustomerUnanswered, (customer.id, body.question))
        if row is None:
            row = CustomerUnanswered(customer_id=customer.id, question=body.question)
            uow.session.add(row)
        elif row.observed_at > envelope.stands_at:
            return
        row.why, row.observed_at, row.recorded_by = body.why, envelope.stands_at, envelope.staff_id
        await uow.session.flush()
    uow.audit("question.leave", "customer", customer.id, {"question": body.question, "why": body.why})
    uow.touch_all(customer.books, "file", customer.id)


async def left(uow: UnitOfWork, ids: Iterable[UUID]) -> dict[str, dict[str, list[Any]]]:
    """Per customer and question [why, day, who asked]. Needs the system's sight."""
    found: dict[str, dict[str, list[Any]]] = {}
    for row in await uow.session.execute(UNANSWERED, {"ids": list(ids)}):
        day = uow.clock.local(row.observed_at).date().isoformat()
        found.setdefault(row.customer_id, {})[row.question] = [row.why, day, row.recorded_by]
    return found
