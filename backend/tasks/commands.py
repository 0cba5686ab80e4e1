"""What a phone may ask of tasks."""

from backend.kernel.actor import FIELD, HEADS
from backend.kernel.commands import Applied, CommandType, Envelope, Ground, Late
from backend.kernel.uow import UnitOfWork
from backend.tasks import queries, service
from backend.tasks.schemas import ApproveTask, ReturnTask, SubmitTask, WithdrawTask


async def submit(uow: UnitOfWork, body: SubmitTask, _envelope: Envelope) -> Applied:
    """`task.submit`."""
    await service.submit(uow, body.task_id, body.visit_id)
    return Applied()


async def withdraw(uow: UnitOfWork, body: WithdrawTask, _envelope: Envelope) -> Applied:
    """`task.withdraw`."""
    await service.withdraw(uow, body.task_id)
    return Applied()


async def approve(uow: UnitOfWork, body: ApproveTask, _envelope: Envelope) -> Applied:
    """`task.approve`."""
    await service.approve(uow, body.task_id)
    return Applied()


async def send_back(uow: UnitOfWork, body: ReturnTask, _envelope: Envelope) -> Applied:
    """`task.return`."""
    await service.send_back(uow, body.task_id, body.reason)
    return Applied()


async def _visited(uow: UnitOfWork, body: SubmitTask, envelope: Envelope) -> Ground | None:
    """The customer of the author's own visit, where the task is of the same customer."""
    customer_id = await queries.customer_of_evidence(uow, body.task_id, body.visit_id, envelope.staff_id)
    return Ground(customer_id=customer_id) if customer_id else None


COMMANDS = (
    # the task went with the grid to whoever holds it now; the visit behind it stands in the file
    CommandType(
        "task.submit", {1: SubmitTask}, FIELD, submit, late=Late("moot", _visited, lost=("task_id",))
    ),
    CommandType("task.withdraw", {1: WithdrawTask}, FIELD, withdraw),
    CommandType("task.approve", {1: ApproveTask}, HEADS, approve),
    CommandType("task.return", {1: ReturnTask}, HEADS, send_back),
)
