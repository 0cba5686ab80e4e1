"""Drafts as rows: who may do what with them, and what they look like to whoever asks."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import defer

from backend.identity import api as identity
from backend.kernel.actor import Actor, Role
from backend.kernel.errors import Problem, not_allowed, not_found
from backend.kernel.uow import UnitOfWork
from backend.strategy import drafting, versions
from backend.strategy.documents import Problem as Wrong
from backend.strategy.loader import digest
from backend.strategy.models import StrategyDraft, StrategySimulation
from backend.strategy.schemas import DraftView, ProblemView, SimulationLine, Who

EDITORS = frozenset({Role.hq_business})
#: who puts a draft of somebody else's in force, and lets runs through
DECIDERS = frozenset({Role.hq_business, Role.risk_officer})
READERS = DECIDERS | {Role.hq_lead, Role.auditor}
OPEN = frozenset({"draft", "checked", "simulated", "submitted"})


def require(actor: Actor, roles: Collection[Role], what: str) -> None:
    """Raises Problem `not_allowed`."""
    if actor.role not in roles:
        raise not_allowed(what)


def require_reader(actor: Actor) -> None:
    """Raises Problem `not_allowed`."""
    require(actor, READERS, "The strategy is read by the head office's business, risk, leadership and audit.")


def require_editor(actor: Actor) -> None:
    """Raises Problem `not_allowed`."""
    require(actor, EDITORS, "Drafts of the strategy are written by the head office's business department.")


def require_decider(actor: Actor) -> None:
    """Raises Problem `not_allowed`."""
    require(actor, DECIDERS, "This is decided by the head office's business department or the risk officer.")


async def draft_of(uow: UnitOfWork, draft_id: UUID, *, to_change: bool = False) -> StrategyDraft:
    """A draft, locked and open if it is `to_change`. Raises Problem `not_found`, `draft_closed`."""
    wanted = select(StrategyDraft).where(StrategyDraft.id == draft_id)
    if to_change:
        wanted = wanted.with_for_update()
    found = await uow.session.scalar(wanted.execution_options(populate_existing=True))
    if found is None:
        raise not_found("Draft")
    if to_change and found.state not in OPEN:
        raise Problem(
            "draft_closed",
            409,
            "This draft is closed",
            detail=f"It was {found.state}; nothing was changed.",
            remedy="Make a new draft of it.",
            state=found.state,
        )
    return found


async def base_files(uow: UnitOfWork, draft: StrategyDraft) -> dict[str, str]:
    """The files that the draft changes. Raises Tampered."""
    return (await versions.edition(uow, draft.base_version)).files


async def files_of(uow: UnitOfWork, draft: StrategyDraft) -> dict[str, str]:
    """The draft's files. Raises Tampered."""
    return drafting.laid_over(await base_files(uow, draft), overlay_of(draft))


def overlay_of(draft: StrategyDraft) -> dict[str, str | None]:
    """Text by path."""
    return {path: one["text"] for path, one in draft.overlay.items()}


def put_overlay(
    uow: UnitOfWork, draft: StrategyDraft, base: Mapping[str, str], overlay: Mapping[str, str | None]
) -> None:
    """Gives the draft these changes: one revision on, back to its beginning, with whoever did it among its
    editors."""
    before = draft.overlay
    draft.revision += 1
    stamp = {"revision": draft.revision, "by": str(uow.actor.staff_id or ""), "at": uow.now.isoformat()}
    draft.overlay = {
        path: before[path] if path in before and before[path]["text"] == text else {"text": text, **stamp}
        for path, text in sorted(overlay.items())
    }
    draft.digest = digest(drafting.laid_over(base, overlay))
    draft.state = "draft"
    draft.submitted_by = None
    draft.changed_at, draft.changed_by = uow.now, uow.actor.staff_id
    if uow.actor.staff_id is not None and uow.actor.staff_id not in draft.editors:
        draft.editors = [*draft.editors, uow.actor.staff_id]


def made_by(draft: StrategyDraft) -> set[UUID]:
    """Whoever wrote at the draft or handed it in: they may not publish it."""
    return {one for one in (draft.author_id, draft.submitted_by, *draft.editors) if one is not None}


def may(actor: Actor, draft: StrategyDraft, *, is_outdated: bool, is_simulated: bool) -> list[str]:
    """What the actor may do with it as it is now."""
    if draft.state not in OPEN:
        return []
    out = []
    if actor.role in EDITORS:
        out += ["edit", "check", "drop"]
        if is_outdated:
            out.append("rebase")
        elif draft.state in ("checked", "simulated"):
            out.append("simulate")
            if is_simulated:
                out.append("submit")
    if actor.role in DECIDERS and draft.state == "submitted":
        out.append("return")
        if not is_outdated and actor.staff_id not in made_by(draft):
            out.append("publish")
    return out


async def views(uow: UnitOfWork, drafts: Sequence[StrategyDraft]) -> tuple[DraftView, ...]:
    """As the actor sees them."""
    force = await versions.number_in_force(uow)
    newest = await versions.newest(uow)
    ids = [one.id for one in drafts]
    people = await people_of(uow, (who for one in drafts for who in (*made_by(one), one.changed_by)))
    lines: dict[UUID, StrategySimulation] = {}
    rows = await uow.session.scalars(
        select(StrategySimulation)
        .where(StrategySimulation.draft_id.in_(ids))
        .order_by(StrategySimulation.asked_at, StrategySimulation.id)
        .options(defer(StrategySimulation.result))
        .execution_options(populate_existing=True)
    )
    for row in rows:
        lines[row.draft_id] = row
    return tuple(_view(uow, one, people, lines.get(one.id), force, newest) for one in drafts)


async def view(uow: UnitOfWork, draft: StrategyDraft) -> DraftView:
    """As the actor sees it."""
    await uow.session.flush()
    return (await views(uow, [draft]))[0]


def _view(
    uow: UnitOfWork,
    draft: StrategyDraft,
    people: Mapping[UUID, Who],
    simulation: StrategySimulation | None,
    force: int | None,
    newest: int | None,
) -> DraftView:
    line = None if simulation is None else simulation_line(simulation, draft, force)
    is_outdated = draft.state in OPEN and draft.base_version != newest
    simulated = line is not None and line.is_current and line.state == "done"
    return DraftView(
        draft.id,
        draft.title,
        draft.note,
        draft.origin,
        draft.state,
        draft.base_version,
        is_outdated,
        draft.revision,
        draft.digest,
        tuple(draft.overlay),
        named(people, draft.author_id),
        tuple(people[one] for one in draft.editors if one in people),
        draft.changed_at,
        named(people, draft.changed_by),
        named(people, draft.submitted_by),
        draft.returned_reason,
        draft.published_version,
        line,
        tuple(may(uow.actor, draft, is_outdated=is_outdated, is_simulated=simulated)),
    )


def simulation_line(one: StrategySimulation, draft: StrategyDraft, force: int | None) -> SimulationLine:
    """Where it stands. Current: of the draft's files and the version in force as both are now."""
    return SimulationLine(
        one.id,
        one.state,
        one.stage,
        one.base_version,
        one.as_of,
        one.asked_at,
        one.finished_at,
        one.files_digest == draft.digest and one.base_version == force,
        one.problem,
    )


async def people_of(uow: UnitOfWork, ids: Iterable[UUID | None]) -> dict[UUID, Who]:
    """Names and roles."""
    wanted = [one for one in ids if one is not None]
    return {one: Who(one, it.name, it.role) for one, it in (await identity.staff_of(uow, wanted)).items()}


def named(people: Mapping[UUID, Who], one: UUID | str | None) -> Who | None:
    """A person by id, or by the id as it stands in an overlay."""
    return people.get(UUID(str(one))) if one else None


def told(problems: Iterable[Wrong]) -> tuple[ProblemView, ...]:
    """What is wrong, as it is answered."""
    return tuple(
        ProblemView(one.file, one.line, one.wrong.code, dict(one.wrong.values), one.what, one.nearest)
        for one in problems
    )


def moment(said: str) -> datetime:
    """A time in an overlay."""
    return datetime.fromisoformat(said)
