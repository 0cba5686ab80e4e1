"""Village evaluations of the demo county, by the services that phones reach: in each branch one that is still
to be held, one whose results wait for their first review, one for the second, and one that is settled.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text

from backend.app.demo.names import Namer
from backend.app.demo.seeded import Calendar, Stream
from backend.app.demo.staffing import Branch, GridTeam, Staffing
from backend.evaluation import reckoning, service
from backend.evaluation.rules import FORM_BYTES, QUESTIONS, Knows, ReviewerRole
from backend.evaluation.schemas import CreateSession, HandIn, NewReviewer, Reviewed, ReviewResults, SealedForm
from backend.evaluation.sealing import context
from backend.kernel.actor import Role
from backend.kernel.commands import Envelope
from backend.kernel.crypto import seal_to
from backend.kernel.uow import UnitOfWork

#: how far the sessions of a branch have come, and how many days ago they were held
PLANNED, OPENED, FIRST, SETTLED = range(4)
_DAYS_AGO = {PLANNED: 0, OPENED: 2, FIRST: 9, SETTLED: 40}
_ROLES = (ReviewerRole.cadre, ReviewerRole.group_leader, ReviewerRole.party_member, ReviewerRole.respected)
#: a village group (组), which is what is judged in one evening
_HOUSEHOLDS = 24
_FEWEST = 6
_LIMITS = (1_000_000, 3_000_000, 5_000_000, 8_000_000, 10_000_000, 20_000_000)

_OF_GRID = text(
    "SELECT c.id, c.completeness_points AS points,"
    " EXISTS (SELECT 1 FROM customer_value v WHERE v.customer_id = c.id AND v.field = 'harmony'"
    "   AND v.choice = 'poor') AS quarrels,"
    " EXISTS (SELECT 1 FROM loan l WHERE l.customer_id = c.id AND l.overdue_days > 0) AS overdue"
    " FROM customer c WHERE c.grid_id = :grid AND c.kind = 'household' ORDER BY c.id LIMIT :most"
)


@dataclass(frozen=True, slots=True)
class _Neighbour:
    """A household as the village knows it. `worth`: 0 to 1, about what an honest reviewer thinks of it."""

    id: UUID
    worth: float
    well_known: float


async def hold(uow: UnitOfWork, seed: int, calendar: Calendar, staffing: Staffing, namer: Namer) -> None:
    """Holds the sessions of all branches. The customers are there; strategy reckons with them afterwards."""
    for branch in staffing.branches:
        manager, agent = (
            next(one.id for one in staffing.staff if one.branch_id == branch.id and one.role == role.value)
            for role in (Role.manager, Role.agent)
        )
        # those whom the demo signs in as: what is still to be held is for that agent to host
        mine = [
            one
            for one in staffing.teams
            if one.manager_id == manager and one.grid.customers - one.grid.businesses >= _FEWEST
        ]
        mine.sort(key=lambda one: (one.agent_id != agent, one.grid.index))
        for state, team in zip(range(SETTLED + 1), mine, strict=False):
            stream = Stream(seed, calendar.today, "evaluation", team.grid_id)
            await _session(uow, stream, calendar, branch, team, state, namer)


async def _session(
    uow: UnitOfWork,
    stream: Stream,
    calendar: Calendar,
    branch: Branch,
    team: GridTeam,
    state: int,
    namer: Namer,
) -> None:
    rows = (await uow.session.execute(_OF_GRID, {"grid": team.grid_id, "most": _HOUSEHOLDS})).all()
    neighbours = [
        _Neighbour(
            row.id,
            0.45 + row.points / 250 + stream.gauss(0, 0.12) - 0.25 * row.quarrels - 0.35 * row.overdue,
            0.55 + 0.45 * stream.random(),
        )
        for row in rows
    ]
    if not neighbours:
        return
    held_on = calendar.before(_DAYS_AGO[state])
    at = calendar.at(held_on, 20, 10)
    made = min(at, calendar.now)
    body = CreateSession(
        id=stream.id_at(made),
        grid_id=team.grid_id,
        held_on=held_on,
        host_id=team.agent_id if state == PLANNED and team.agent_id else team.manager_id,
        place="村委会",
        reviewers=[
            NewReviewer(
                stream.id_at(made),
                namer.surname(stream) + namer.given(stream, calendar.today.year - 55, "m"),
                role,
            )
            for role in _ROLES
        ],
        customer_ids=[one.id for one in neighbours],
    )
    with _as(uow, team.manager_id, Role.manager, branch.id):
        await service.plan(uow, body)
        if state == PLANNED:
            return
        for reviewer in body.reviewers:
            await service.hand_in(uow, _turn(uow, stream, body, reviewer.id, neighbours), _envelope(team, at))
    row = await service.locked(uow, body.id)
    await reckoning.open_results(uow, row)
    if state >= FIRST:
        with _as(uow, team.manager_id, Role.manager, branch.id):
            await _review(uow, body.id, reckoning.FIRST)
    if state == SETTLED:
        with _as(uow, branch.head_id, Role.branch_head, branch.id):
            await _review(uow, body.id, reckoning.SECOND)


def _turn(
    uow: UnitOfWork, stream: Stream, body: CreateSession, reviewer_id: UUID, neighbours: Sequence[_Neighbour]
) -> HandIn:
    """What one reviewer says of all, sealed. Each has a temper of their own, and may be of the family."""
    temper = stream.gauss(0, 0.08)
    forms = []
    for one in neighbours:
        plain = _form(stream, one, temper)
        place = context(body.id, reviewer_id, one.id)
        forms.append(SealedForm(one.id, seal_to(uow.keys.seal.public_raw, plain, place)))
    return HandIn(body.id, reviewer_id, forms)


def _form(stream: Stream, one: _Neighbour, temper: float) -> bytes:
    said: dict[str, object] = {"knows": Knows.yes.value, "grades": {}, "limit_fen": None}
    if stream.chance(0.03):
        said["knows"] = Knows.relative.value
    elif not stream.chance(one.well_known):
        said["knows"] = Knows.no.value
    else:
        worth = one.worth + temper
        said["grades"] = {
            question: _answer(stream, answers, worth) for question, answers in QUESTIONS.items()
        }
        said["limit_fen"] = _LIMITS[min(max(int(worth * len(_LIMITS)), 0), len(_LIMITS) - 1)]
    bare = len(msgspec.msgpack.encode(said | {"pad": b""}))
    return msgspec.msgpack.encode(said | {"pad": bytes(FORM_BYTES - bare)})


def _answer(stream: Stream, answers: Sequence[str], worth: float) -> str:
    place = (1 - worth + stream.gauss(0, 0.1)) * (len(answers) - 1)
    return answers[min(max(round(place), 0), len(answers) - 1)]


async def _review(uow: UnitOfWork, session_id: UUID, round_: int) -> None:
    results = await uow.session.execute(
        text("SELECT customer_id, counted, percent FROM evaluation_result WHERE session_id = :id ORDER BY 1"),
        {"id": session_id},
    )
    items = [
        # of whom too little is known the branch says nothing
        Reviewed(row.customer_id, row.counted, row.percent)
        for row in results
        if row.percent is not None
    ]
    if items:
        await reckoning.judge(uow, ReviewResults(session_id, round_, items))


@contextmanager
def _as(uow: UnitOfWork, staff_id: UUID, role: Role, branch_id: UUID) -> Iterator[None]:
    """What is done inside is this person's, as the rules of the domain see it; the database sees the job."""
    before = uow.actor
    uow.actor = replace(before, staff_id=staff_id, role=role, branch_id=branch_id, branch_ids=(branch_id,))
    try:
        yield
    finally:
        uow.actor = before


def _envelope(team: GridTeam, at: datetime) -> Envelope:
    return Envelope(
        command_id=team.grid_id,
        installation_id=team.grid_id,
        staff_id=team.manager_id,
        at=at,
        observed_at=at,
        offset_minutes=480,
        received_at=at,
        clock_error_s=0,
    )
