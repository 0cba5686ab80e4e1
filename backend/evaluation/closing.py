"""The end of a session: by its host or a head, or by the rule of days."""

from datetime import datetime, timedelta
from uuid import UUID

from backend.evaluation import queries
from backend.evaluation.models import EvaluationSession
from backend.evaluation.schemas import CloseSession
from backend.evaluation.service import KIND, locked, moved
from backend.identity import api as identity
from backend.kernel.actor import HEADS
from backend.kernel.commands import Envelope
from backend.kernel.errors import not_allowed
from backend.kernel.uow import UnitOfWork
from backend.notify import api as notify
from backend.policy import api as policy

#: raised by the clock, once a day
DUE = "evaluation.close_due"
#: sessions that one turn of the job closes
AT_ONCE = 500


async def close(uow: UnitOfWork, body: CloseSession, envelope: Envelope) -> None:
    """No more forms, from when the phone said so; one that is closed already stays as it is.

    With too few forms it is closed too: then no result is opened. Raises Problem `out_of_scope`,
    `not_allowed`.
    """
    row = await locked(uow, body.session_id)
    if uow.actor.staff_id != row.host_id and uow.actor.role not in HEADS:
        raise not_allowed("An evaluation is closed by its host or by a head of the branch.")
    if row.closed_at is None:
        async with uow.elevated("no actor may change a session"):
            _end(row, envelope.observed_at, uow.actor.staff_id)
        _tell(uow, row)


async def close_due(uow: UnitOfWork) -> None:
    """Closes what is still open `evaluation_close_days` after the day on which it was held, and tells host
    and heads of it. Job only."""
    days = int(await policy.figure(uow, "evaluation_close_days"))
    for row in await queries.open_before(uow, uow.today - timedelta(days=days), AT_ONCE):
        _end(row, uow.now, None)
        _tell(uow, row)
        for person in {row.host_id, *await identity.heads_of(uow, row.branch_id)}:
            await notify.send(
                uow,
                person,
                "evaluation_closed",
                {"session_id": str(row.id)},
                dedupe=f"evaluation_closed:{row.id}:{person}",
            )


def _end(row: EvaluationSession, at: datetime, by: UUID | None) -> None:
    row.closed_at, row.closed_by = at, by


def _tell(uow: UnitOfWork, row: EvaluationSession) -> None:
    uow.audit("evaluation.closed", KIND, row.id, {"by": "person" if row.closed_by else "rule"})
    moved(uow, row)
