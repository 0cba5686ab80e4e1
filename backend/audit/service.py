"""Writes the trail within the business transaction, and chains it seconds later.

A chain written inside every transaction would make the whole bank queue for its head. So entries are written
unchained, and the sealer chains those below the oldest transaction still running: nothing can appear among
them any more.
"""

from datetime import timedelta

from sqlalchemy import insert, text

from backend.audit import queries
from backend.audit.models import AuditEntry, AuditSeal
from backend.audit.rules import GENESIS, link
from backend.kernel.bulk import Part, inserting
from backend.kernel.uow import AuditNote, UnitOfWork

#: entries chained in one transaction
BATCH = 2_000
# only one sealer at a time holds the head of the chain
LOCK = text("SELECT pg_try_advisory_xact_lock(7245903001)")
#: numbers of transactions start again where a dump is restored; no transaction lives this long
CERTAINLY_OVER = timedelta(days=1)


def write_audit(uow: UnitOfWork, notes: list[AuditNote]) -> list[Part]:
    """What writes the notes of a unit of work as entries. Called by the unit of work before it commits."""
    actor = uow.actor
    rows = [
        {
            "at": uow.now,
            "staff_id": actor.staff_id,
            "role": actor.role.value,
            "installation_id": actor.installation_id,
            "request_id": actor.request_id,
            "action": note.action,
            "subject_kind": note.subject_kind,
            "subject_id": note.subject_id,
            "detail": dict(note.detail),
        }
        for note in notes
    ]
    return inserting(AuditEntry, rows)


async def seal(uow: UnitOfWork) -> int:
    """Chains what may be chained. Returns how many entries; 0 too while another sealer is at work."""
    if not await uow.session.scalar(LOCK):
        return 0
    position, head = await queries.head(uow) or (0, GENESIS)
    links = []
    for entry in await queries.sealable(uow, uow.now - CERTAINLY_OVER, BATCH):
        position, head = position + 1, link(head, entry)
        links.append({"position": position, "entry_id": entry.id, "hash": head, "sealed_at": uow.now})
    if links:
        await uow.session.execute(insert(AuditSeal), links)
    return len(links)
