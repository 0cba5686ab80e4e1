"""Takes a file of the bank's systems: all of it that is right, in one transaction, or nothing."""

from collections.abc import Mapping

from backend.banking.grading import GradesImport
from backend.banking.importing import Import, Progress, record
from backend.banking.papers import PapersImport
from backend.banking.reading import look
from backend.banking.rules import Kind
from backend.banking.schemas import Order, Outcome
from backend.kernel.actor import Actor
from backend.kernel.errors import Problem
from backend.kernel.uow import Database

ACTOR = Actor.system("import")
#: kinds that are taken otherwise than the bank's own figures
_OTHERWISE: Mapping[Kind, type[Import]] = {Kind.consents: PapersImport, Kind.grades: GradesImport}


async def take_file(database: Database, order: Order, progress: Progress) -> Outcome:
    """Takes a file. Raises Problem where it is refused as a whole; the refusal is on record, too."""
    source = look(order.path, order.kind)
    taking = _OTHERWISE.get(order.kind, Import)
    try:
        async with database.unit(ACTOR) as uow:
            return await taking(uow, order, source, progress).run()
    except Problem as problem:
        async with database.unit(ACTOR) as uow:
            record(uow, order, source, "refused", problem.code, None, {})
        raise
