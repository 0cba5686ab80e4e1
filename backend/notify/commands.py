"""What a phone may ask of notify."""

from backend.kernel.actor import Role
from backend.kernel.commands import Applied, CommandType, Envelope
from backend.kernel.uow import UnitOfWork
from backend.notify import service
from backend.notify.schemas import ReadInbox

EVERYBODY = frozenset(Role) - {Role.system}


async def read(uow: UnitOfWork, body: ReadInbox, envelope: Envelope) -> Applied:
    """`inbox.read`."""
    await service.mark_read(uow, body.ids, envelope.observed_at)
    return Applied()


COMMANDS = (CommandType("inbox.read", {1: ReadInbox}, EVERYBODY, read),)
