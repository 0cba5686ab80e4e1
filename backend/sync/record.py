"""Writes down what became of a command, with its receipt; what has no effect is kept whole."""

from collections.abc import Sequence
from typing import Any

import msgspec

from backend.kernel.bulk import inserting
from backend.kernel.clock import millis
from backend.kernel.uow import UnitOfWork
from backend.sync import queries
from backend.sync.batch import EFFECTIVE, Batch, Saved, Verdict
from backend.sync.judge import needs_of
from backend.sync.models import SyncCommand
from backend.sync.opening import content_of
from backend.sync.schemas import Receipt, SealedCommand


def pass_by(batch: Batch, sent: SealedCommand, row: SyncCommand | None = None) -> None:
    """The stream goes on behind a command that is recorded already, perhaps in the phone's former stream.

    Otherwise everything after it would be a gap for ever. `row`: it is that command; what is saved behind it
    in this stream, too, counts as observed after it.
    """
    if sent.seq == batch.stream.applied_seq + 1:
        batch.stream.applied_seq = sent.seq
        if row is not None and row.saved_at is not None and row.stands_at is not None:
            batch.stream.last = Saved(row.saved_at, row.stands_at)


def repeated(uow: UnitOfWork, batch: Batch, row: SyncCommand, sent: SealedCommand) -> Receipt:
    """The recorded answer once more, about the bytes that came now."""
    kept = msgspec.convert(row.receipt, Receipt)
    awaits = {book: least for book, least in (kept.awaits or {}).items() if book in batch.books}
    return msgspec.structs.replace(
        kept,
        id=sent.id,
        seq=sent.seq,
        hash=sent.hash,
        receipt=uow.keys.receipt(str(sent.id), sent.hash, kept.result),
        result="repeated",
        was=kept.result,
        awaits=awaits or None,
        settled=row.settled,
    )


def refusal(sent: SealedCommand, code: str, reason: str) -> Receipt:
    """An answer that is not recorded: the recorded command of that id or place stands."""
    return Receipt(id=sent.id, seq=sent.seq, result="rejected", hash=sent.hash, code=code, reason=reason)


async def record(
    uow: UnitOfWork, batch: Batch, sent: SealedCommand, verdict: Verdict, row: SyncCommand | None
) -> Receipt:
    """Writes the result down with its receipt; what has no effect is kept whole, sealed as it came."""
    receipt = receipt_of(uow, batch, sent, verdict)
    if row is None:
        row = SyncCommand(**_columns(batch, sent, verdict))
        uow.session.add(row)
        batch.known[sent.id] = row
        batch.stream.applied_seq = max(batch.stream.applied_seq, sent.seq)
    else:
        pass_by(batch, sent)
        if row.hash != sent.hash:
            # the same content under another place: with this and the place, the former bytes are known too
            former = {"hash": row.hash, "installation_id": str(row.installation_id), "seq": row.seq}
            uow.audit("sync.renumbered", "command", sent.id, former)
            row.hash = sent.hash
    row.result = verdict.result
    row.code = verdict.code
    row.receipt = builtins(receipt)
    row.quarantined = None if verdict.result in EFFECTIVE else sent.sealed
    await uow.session.flush()
    if verdict.result == "rejected":
        uow.audit("sync.quarantine", "command", sent.id, {"type": row.type, "code": verdict.code})
    elif verdict.result in EFFECTIVE and row.replaces is not None:
        await _settle_replaced(uow, batch, row)
    return receipt


def record_together(
    uow: UnitOfWork, batch: Batch, taken: Sequence[tuple[SealedCommand, Verdict]]
) -> list[Receipt]:
    """`record` for new commands that took effect one behind the other and replace nothing."""
    receipts, rows = [], []
    for sent, verdict in taken:
        receipt = receipt_of(uow, batch, sent, verdict)
        row = _columns(batch, sent, verdict) | {
            "result": verdict.result,
            "code": verdict.code,
            "receipt": builtins(receipt),
        }
        receipts.append(receipt)
        rows.append(row)
        # for those behind it that need it, or are the same again; the session knows nothing of it
        batch.known[sent.id] = SyncCommand(**row, quarantined=None)
    uow.later(inserting(SyncCommand, rows))
    batch.stream.applied_seq = taken[-1][0].seq
    return receipts


def receipt_of(uow: UnitOfWork, batch: Batch, sent: SealedCommand, verdict: Verdict) -> Receipt:
    """The bank's answer, with what only this bank can make for it."""
    return Receipt(
        id=sent.id,
        seq=sent.seq,
        result=verdict.result,
        hash=sent.hash,
        receipt=uow.keys.receipt(str(sent.id), sent.hash, verdict.result),
        received_at=millis(batch.received_at),
        code=verdict.code,
        reason=_storable(verdict.reason) if verdict.reason else None,
        lost=list(verdict.lost) or None,
        alias=dict(verdict.alias) if verdict.alias else None,
        # a book that the sender does not hold would be waited for in vain, and may name whose customer it is
        awaits=dict.fromkeys(sorted(verdict.books & batch.books), 0) or None,
    )


def _columns(batch: Batch, sent: SealedCommand, verdict: Verdict) -> dict[str, Any]:
    """A new command's row, but for what became of it."""
    return {
        "id": sent.id,
        "installation_id": batch.installation_id,
        "staff_id": batch.actor.require_staff(),
        "seq": sent.seq,
        "hash": sent.hash,
        "type": _storable(verdict.command.type if verdict.command else ""),
        "received_at": batch.received_at,
        "needs": list(needs_of(verdict.command)),
        "replaces": verdict.command.replaces if verdict.command else None,
        "settled": None,
        "settled_by": None,
        "content": content_of(verdict.command) if verdict.command else None,
        "saved_at": verdict.saved.at if verdict.saved else None,
        "stands_at": verdict.saved.stands_at if verdict.saved else None,
    }


async def _settle_replaced(uow: UnitOfWork, batch: Batch, mended: SyncCommand) -> None:
    """What a mended command stands for is settled, and what that one was to stand for in its turn."""
    before = mended.replaces
    for _ in range(100):
        if before is None:
            return
        if before not in batch.known:
            batch.known |= await queries.known_commands(uow, [before])
        refused = batch.known.get(before)
        if refused is None or refused.settled is not None or refused.result in EFFECTIVE:
            return
        refused.settled, refused.settled_by = "replaced", mended.id
        uow.audit("sync.mended", "command", refused.id, {"type": refused.type, "by": str(mended.id)})
        await uow.session.flush()
        before = refused.replaces


def builtins(receipt: Receipt) -> dict[str, Any]:
    """A receipt as the table keeps it."""
    kept: dict[str, Any] = msgspec.to_builtins(receipt)
    return kept


def _storable(text: str) -> str:
    """PostgreSQL keeps no zero characters; a text of the phone's may hold them."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
