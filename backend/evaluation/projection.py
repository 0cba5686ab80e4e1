"""What each role's phone receives of evaluations: who is asked about whom, and results for bank staff only.

Of a household nothing is shown before enough forms count. An agent has the sessions that they host.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.customers import api as customers
from backend.evaluation import queries
from backend.evaluation.models import EvaluationCode, EvaluationResult, EvaluationReviewer
from backend.evaluation.reckoning import shown_as
from backend.evaluation.rules import Flag
from backend.evaluation.service import KIND
from backend.grids import api as grids
from backend.kernel.clock import millis
from backend.kernel.projections import Online, Projection
from backend.kernel.uow import UnitOfWork

AGENT = ("grid_id", "held_on", "place", "host_id", "reviewers", "households", "closed_at")
FULL = (*AGENT, "grid_name", "created_by", "results")


async def load(uow: UnitOfWork, ids: Sequence[str], projection: str) -> Mapping[str, Sequence[Any]]:
    """Sessions in scope; results of those households of theirs that are in scope too."""
    rows = await queries.sessions(uow, [UUID(one) for one in ids])
    people = await queries.reviewers(uow, [row.id for row in rows])
    async with uow.elevated("until when a code opens is told of sessions that the actor has; no code is"):
        codes = await queries.codes(uow, [row.id for row in rows])
    found: dict[str, Sequence[Any]] = {}
    full = projection != "agent"
    results = await _results(uow, [row.id for row in rows]) if full else {}
    for row in rows:
        values: list[Any] = [
            str(row.grid_id),
            row.held_on.isoformat(),
            row.place,
            str(row.host_id),
            [_reviewer(one, codes.get(one.id)) for one in people.get(row.id, ())],
            [str(one) for one in row.customer_ids],
            _instant(row.closed_at),
        ]
        if full:
            ground = await grids.facts_anywhere(uow, row.grid_id)
            values += [
                ground.name if ground else "",
                str(row.created_by) if row.created_by else None,
                results.get(row.id, []),
            ]
        found[str(row.id)] = values
    return found


async def _load_online(uow: UnitOfWork, customer_id: UUID) -> Mapping[str, Sequence[Any]]:
    """The sessions with an open result of the household, and what they say of it; of others nothing."""
    own = str(customer_id)
    found = await load(uow, await queries.sessions_of(uow, customer_id), "manager")
    rows = {}
    for one, values in found.items():
        row = dict(zip(FULL, values, strict=True))
        row |= {"reviewers": [], "households": [own]}
        row["results"] = [result for result in row["results"] if result[0] == own]
        rows[one] = [row[name] for name in FULL]
    return rows


def _reviewer(one: EvaluationReviewer, code: EvaluationCode | None) -> list[Any]:
    own = str(one.customer_id) if one.customer_id else None
    told = [millis(code.open_until), _instant(code.opened_at)] if code and one.handed_in_at is None else None
    return [str(one.id), one.name, one.role, own, _instant(one.handed_in_at), one.forms, told]


async def _results(uow: UnitOfWork, session_ids: Sequence[UUID]) -> dict[UUID, list[list[Any]]]:
    rows = await queries.results(uow, session_ids)
    by_session: dict[UUID, list[EvaluationResult]] = {}
    for row in rows:
        by_session.setdefault(row.session_id, []).append(row)
    shown = {session_id: shown_as(its) for session_id, its in by_session.items()}
    seen = await customers.visible(uow, {one for its in shown.values() for one in its})
    names = {one.id: one.name for one in seen if one.status == "active"}
    # one that became part of another household without an heir, or moved out of sight, is not shown
    return {
        session_id: [_result(row, one, names[one]) for one, row in its.items() if one in names]
        for session_id, its in shown.items()
    }


def _result(row: EvaluationResult, customer_id: UUID, name: str) -> list[Any]:
    first = _review(row.first_by, row.first_percent, row.first_counted, row.first_at, row.first_reason)
    second = _review(row.second_by, row.second_percent, row.second_counted, row.second_at, row.second_reason)
    return [
        str(customer_id),
        name,
        row.counted,
        row.known,
        row.percent,
        row.low_percent,
        row.high_percent,
        row.grades,
        row.limit_fen,
        [*row.flags, Flag.inherited.value] if row.customer_id != customer_id else row.flags,
        first,
        second,
        row.settled_percent,
        _instant(row.settled_at),
    ]


def _review(
    by: UUID | None, percent: int | None, counted: int | None, at: datetime | None, reason: str | None
) -> list[Any] | None:
    return None if by is None else [str(by), percent, counted, _instant(at), reason]


def _instant(at: datetime | None) -> int | None:
    return None if at is None else millis(at)


PROJECTIONS = (
    Projection(
        KIND,
        frozenset({"grid", "team"}),
        {"manager": FULL, "head": FULL, "agent": AGENT},
        load,
        recorded=queries.hosted,
        online=Online(FULL, _load_online),
    ),
)
