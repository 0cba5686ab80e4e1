"""Reads of evaluations. Every statement runs under the actor's row security."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select, text

from backend.evaluation.models import (
    EvaluationCode,
    EvaluationForm,
    EvaluationResult,
    EvaluationReviewer,
    EvaluationSession,
)
from backend.evaluation.rules import FIGURES, Figures
from backend.kernel.uow import UnitOfWork
from backend.policy import api as policy

#: active households of a grid; a session judges no businesses
_HOUSEHOLDS = text(
    "SELECT id FROM customer WHERE id = ANY(:ids) AND grid_id = :grid AND kind = 'household'"
    " AND status = 'active'"
)
_HEIRS = text("SELECT pg_advisory_xact_lock(hashtextextended('evaluation.heirs', 0))")


async def sessions(uow: UnitOfWork, ids: Iterable[UUID]) -> list[EvaluationSession]:
    """Those of `ids` that the actor may see."""
    return list(
        await uow.session.scalars(select(EvaluationSession).where(EvaluationSession.id.in_(list(ids))))
    )


async def session(uow: UnitOfWork, session_id: UUID) -> EvaluationSession | None:
    """The session, if the actor may see it."""
    return await uow.session.scalar(select(EvaluationSession).where(EvaluationSession.id == session_id))


async def lock(uow: UnitOfWork, session_id: UUID) -> None:
    """Locks the session. Needs the system's sight."""
    await uow.session.execute(
        select(EvaluationSession.id).where(EvaluationSession.id == session_id).with_for_update()
    )


async def hosted(uow: UnitOfWork, ids: Sequence[str]) -> set[str]:
    """Those of `ids` that the actor hosts."""
    found = await uow.session.scalars(
        select(EvaluationSession.id).where(
            EvaluationSession.id.in_([UUID(one) for one in ids]),
            EvaluationSession.host_id == uow.actor.require_staff(),
        )
    )
    return {str(one) for one in found}


async def naming(uow: UnitOfWork, customer_id: UUID) -> list[EvaluationSession]:
    """The sessions that judge a household. Job only."""
    return list(
        await uow.session.scalars(
            select(EvaluationSession).where(EvaluationSession.customer_ids.contains([customer_id]))
        )
    )


async def households(uow: UnitOfWork, grid_id: UUID, ids: Iterable[UUID]) -> set[UUID]:
    """Those of `ids` that are active households of the grid in the actor's sight."""
    return set(await uow.session.scalars(_HOUSEHOLDS, {"grid": grid_id, "ids": list(ids)}))


async def reviewers(
    uow: UnitOfWork, session_ids: Iterable[UUID]
) -> Mapping[UUID, Sequence[EvaluationReviewer]]:
    """The reviewers by session, in their order."""
    rows = await uow.session.scalars(
        select(EvaluationReviewer)
        .where(EvaluationReviewer.session_id.in_(list(session_ids)))
        .order_by(EvaluationReviewer.session_id, EvaluationReviewer.position)
    )
    found: dict[UUID, list[EvaluationReviewer]] = {}
    for row in rows:
        found.setdefault(row.session_id, []).append(row)
    return found


async def taken(uow: UnitOfWork, ids: Iterable[UUID]) -> bool:
    """Whether one of these reviewers is there already. Needs the system's sight."""
    return bool(await uow.session.scalar(select(exists().where(EvaluationReviewer.id.in_(list(ids))))))


async def results(uow: UnitOfWork, session_ids: Iterable[UUID]) -> list[EvaluationResult]:
    """The open results of sessions, of households in the actor's sight."""
    return list(
        await uow.session.scalars(
            select(EvaluationResult)
            .where(EvaluationResult.session_id.in_(list(session_ids)))
            .order_by(EvaluationResult.session_id, EvaluationResult.customer_id)
        )
    )


async def sessions_of(uow: UnitOfWork, customer_id: UUID) -> Sequence[str]:
    """The ids of the sessions with an open result of a household in the actor's sight, or of one that became
    part of it and counts for it."""
    counts = and_(EvaluationResult.current, EvaluationResult.counts_for == customer_id)
    rows = select(EvaluationResult.session_id).where(or_(EvaluationResult.customer_id == customer_id, counts))
    return [str(one) for one in await uow.session.scalars(rows.distinct())]


async def counted(uow: UnitOfWork, session_id: UUID) -> Mapping[UUID, int]:
    """How many forms count, by household. Needs the system's sight."""
    rows = await uow.session.execute(
        select(EvaluationForm.customer_id, func.count())
        .where(EvaluationForm.session_id == session_id, EvaluationForm.excluded.is_(None))
        .group_by(EvaluationForm.customer_id)
    )
    return {row[0]: row[1] for row in rows}


async def forms(
    uow: UnitOfWork, session_id: UUID, customer_ids: Iterable[UUID], *, all_of_them: bool = False
) -> list[EvaluationForm]:
    """The counted forms on these households, or also those that do not count. Needs the system's sight."""
    query = select(EvaluationForm).where(
        EvaluationForm.session_id == session_id, EvaluationForm.customer_id.in_(list(customer_ids))
    )
    if not all_of_them:
        query = query.where(EvaluationForm.excluded.is_(None))
    return list(
        await uow.session.scalars(query.order_by(EvaluationForm.reviewer_id, EvaluationForm.customer_id))
    )


async def code(uow: UnitOfWork, code_hash: bytes) -> EvaluationCode | None:
    """The code of this hash. Needs the system's sight."""
    return await uow.session.scalar(select(EvaluationCode).where(EvaluationCode.code_hash == code_hash))


async def codes(uow: UnitOfWork, session_ids: Iterable[UUID]) -> Mapping[UUID, EvaluationCode]:
    """The codes that are not withdrawn, by reviewer. Needs the system's sight."""
    rows = await uow.session.scalars(
        select(EvaluationCode).where(
            EvaluationCode.session_id.in_(list(session_ids)), EvaluationCode.code_hash.is_not(None)
        )
    )
    return {row.reviewer_id: row for row in rows}


async def open_before(uow: UnitOfWork, day: date, most: int) -> list[EvaluationSession]:
    """The sessions held before a day that are not closed, locked; what somebody works on is left for the next
    time. Job only."""
    return list(
        await uow.session.scalars(
            select(EvaluationSession)
            .where(EvaluationSession.closed_at.is_(None), EvaluationSession.held_on < day)
            .order_by(EvaluationSession.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
    )


async def lock_heirs(uow: UnitOfWork) -> None:
    """Who settles results and who follows merges take turns: which result counts for a household follows from
    both. Until the transaction ends."""
    await uow.session.execute(_HEIRS)


async def standing(uow: UnitOfWork, customer_ids: Iterable[UUID]) -> list[EvaluationResult]:
    """The results that stand of these households, or count for them. Needs the system's sight."""
    ids = list(customer_ids)
    return list(
        await uow.session.scalars(
            select(EvaluationResult).where(
                EvaluationResult.current,
                or_(EvaluationResult.customer_id.in_(ids), EvaluationResult.counts_for.in_(ids)),
            )
        )
    )


async def former_current(uow: UnitOfWork, customer_ids: Iterable[UUID], but: UUID) -> list[EvaluationResult]:
    """The results of other sessions that stood for these households. Needs the system's sight."""
    return list(
        await uow.session.scalars(
            select(EvaluationResult).where(
                EvaluationResult.customer_id.in_(list(customer_ids)),
                EvaluationResult.session_id != but,
                EvaluationResult.current,
            )
        )
    )


async def figures(uow: UnitOfWork) -> Figures:
    """The policy in force today."""
    found: dict[str, Any] = await policy.figures(uow, list(FIGURES.values()))
    return Figures.of(found)
