"""What a phone may ask of tasks."""

from backend.kernel.actor import FIELD, HEADS
from backend.kernel.commands import Applied, CommandType, Envelope
from backend.kernel.uow import UnitOfWork
from backend.tasks import service
from backend.tasks.schemas import ApproveTask, ReturnTask, SubmitTask


async def submit(uow: UnitOfWork, body: SubmitTask, _envelope: Envelope) -> Applied:
    """`task.submit`."""
    await service.submit(uow, body.task_id, body.visit_id)
    return Applied()


async def approve(uow: UnitOfWork, body: ApproveTask, _envelope: Envelope) -> Applied:
    """`task.approve`."""
    await service.approve(uow, body.task_id)
    return Applied()


async def send_back(uow: UnitOfWork, body: ReturnTask, _envelope: Envelope) -> Applied:
    """`task.return`."""
    await service.send_back(uow, body.task_id, body.reason)
    return Applied()


COMMANDS = (
    CommandType("task.submit", {1: SubmitTask}, FIELD, submit),
    CommandType("task.approve", {1: ApproveTask}, HEADS, approve),
    CommandType("task.return", {1: ReturnTask}, HEADS, send_back),
)
