"""Whose result counts for a household that others became part of.

Its own, if one was settled; else, of those that became part of it (however many steps away), the one settled
last. It is worked out from what is merged now, so a merge taken back, or merges in any order, need no memory.
A household that splits off has none until it is judged itself; the one that it left keeps its own.
"""

from collections.abc import Iterable
from uuid import UUID

from backend.customers import api as customers
from backend.evaluation import queries
from backend.evaluation.models import EvaluationResult
from backend.evaluation.service import moved
from backend.kernel.uow import UnitOfWork


async def settle_heirs(uow: UnitOfWork, customer_ids: Iterable[UUID]) -> None:
    """After merges, or merges taken back, of these households. Job only."""
    await queries.lock_heirs(uow)
    ends = {(await customers.lineage(uow, one))[-1][0] for one in customer_ids}
    for end in sorted(ends):
        parts = await customers.parts_of(uow, end)
        rows = [one for one in await queries.standing(uow, [end, *parts]) if one.customer_id in {end, *parts}]
        counts = next((one for one in rows if one.customer_id == end), None) or max(
            rows, key=lambda one: (one.settled_at or one.opened_at, one.session_id), default=None
        )
        for row in rows:
            await _count_for(uow, row, end if row is counts else row.customer_id)


async def settled(uow: UnitOfWork, customer_ids: Iterable[UUID]) -> None:
    """These have results of their own now: what came by a merge waits for the merge to be taken back. Needs
    the system's sight, and `lock_heirs`."""
    for row in await queries.standing(uow, customer_ids):
        if row.counts_for != row.customer_id:
            row.counts_for = row.customer_id
            await _moved(uow, row)


async def _moved(uow: UnitOfWork, row: EvaluationResult) -> None:
    await uow.session.flush()
    session = await queries.session(uow, row.session_id)
    assert session is not None
    moved(uow, session)


async def _count_for(uow: UnitOfWork, row: EvaluationResult, customer_id: UUID) -> None:
    before, row.counts_for = row.counts_for, customer_id
    if before == customer_id:
        return
    await _moved(uow, row)
    for one in sorted({before, customer_id}):
        await customers.inputs_changed(uow, one, "evaluation")
