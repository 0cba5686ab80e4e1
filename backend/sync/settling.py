"""What its author gives up: a refused or held command is discarded, and what needs it is refused with it."""

from uuid import UUID

import msgspec
from sqlalchemy import select

from backend.kernel.errors import Problem, not_found
from backend.kernel.uow import UnitOfWork
from backend.sync.batch import EFFECTIVE
from backend.sync.models import SyncCommand
from backend.sync.record import builtins
from backend.sync.schemas import Receipt

REASON = "It needs {}, which its author discarded."


async def discard(uow: UnitOfWork, command_id: UUID, by: UUID) -> None:
    """The author's own command will never take effect; its bytes stay. Dependents become `rejected`
    (`needs_discarded`), each of which may be mended or discarded in its turn.

    Raises Problem `not_found`, `conflict_state` where it has taken effect or was settled before.
    """
    row = await uow.session.scalar(
        select(SyncCommand)
        .where(SyncCommand.id == command_id, SyncCommand.staff_id == uow.actor.require_staff())
        .with_for_update()
    )
    if row is None:
        raise not_found("Command")
    if row.result in EFFECTIVE or row.settled is not None:
        state = row.settled or row.result
        raise Problem("conflict_state", 409, "Not to be discarded", detail=f"The command is {state}.")
    row.settled, row.settled_by = "discarded", by
    uow.audit("sync.discard", "command", row.id, {"type": row.type, "code": row.code})
    await uow.session.flush()
    await _refuse_dependents(uow, row.id)


async def _refuse_dependents(uow: UnitOfWork, command_id: UUID) -> None:
    waiting = await uow.session.scalars(
        select(SyncCommand)
        .where(
            SyncCommand.staff_id == uow.actor.require_staff(),
            SyncCommand.result == "held",
            SyncCommand.settled.is_(None),
            SyncCommand.needs.contains([command_id]),
        )
        .order_by(SyncCommand.installation_id, SyncCommand.seq)
        .with_for_update()
    )
    for row in waiting:
        row.result, row.code = "rejected", "needs_discarded"
        row.receipt = builtins(
            msgspec.structs.replace(
                msgspec.convert(row.receipt, Receipt),
                result=row.result,
                code=row.code,
                reason=REASON.format(command_id),
                receipt=uow.keys.receipt(str(row.id), row.hash, row.result),
            )
        )
        uow.audit("sync.quarantine", "command", row.id, {"type": row.type, "code": row.code})
    await uow.session.flush()
