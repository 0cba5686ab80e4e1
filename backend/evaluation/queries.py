"""Reads of evaluations. Every statement runs under the actor's row security."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select, text

from backend.evaluation.models import EvaluationForm, EvaluationResult, EvaluationReviewer, EvaluationSession
from backend.evaluation.rules import FIGURES, Figures
from backend.kernel.uow import UnitOfWork
from backend.policy import api as policy

#: active households of a grid; a session judges no businesses
_HOUSEHOLDS = text(
    "SELECT id FROM customer WHERE id = ANY(:ids) AND grid_id = :grid AND kind = 'household'"
    " AND status = 'active'"
)


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
    """The ids of the sessions with an open result of a household in the actor's sight."""
    rows = select(EvaluationResult.session_id).where(EvaluationResult.customer_id == customer_id)
    return [str(one) for one in await uow.session.scalars(rows)]


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
