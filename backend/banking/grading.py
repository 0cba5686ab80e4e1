"""Takes a file of the provincial credit system's grades. They are shown beside ours and enter no result."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import text

from backend.banking.importing import Import, record

_OF_THIS_FILE = text(
    "UPDATE provincial_grade g SET batch_id = :batch FROM staged s"
    " WHERE g.holder = s.holder AND g.as_of = s.as_of"
    " AND s.holder IN (SELECT part FROM moved WHERE counts)"
)


class GradesImport(Import):
    """As any file, but nobody is worked out anew: phones show what moved."""

    async def _told(self, changed: Sequence[UUID]) -> None:
        """Batch and audit entry; no event, and no inputs that moved."""
        uow = self.uow
        batch = record(uow, self.order, self.source, "taken", None, self.as_of, asdict(self.counts))
        await uow.session.flush()
        await uow.session.execute(_OF_THIS_FILE, {"batch": batch})
