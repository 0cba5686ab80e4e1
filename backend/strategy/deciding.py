"""A draft handed in, sent back, published by another person; back to an earlier version; one withdrawn."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from backend.identity import api as identity
from backend.kernel.errors import Problem, not_found
from backend.kernel.uow import UnitOfWork
from backend.notify import api as notify
from backend.strategy import binding, versions
from backend.strategy.documents import Problem as Wrong
from backend.strategy.draft_store import (
    DECIDERS,
    draft_of,
    files_of,
    made_by,
    require_decider,
    require_editor,
    told,
    view,
)
from backend.strategy.drafts import make, published_files, settle_check
from backend.strategy.engine import edition_of
from backend.strategy.models import StrategyDraft, StrategySimulation
from backend.strategy.schemas import DraftView

#: how long ahead a version may be published
FURTHEST_DAYS = 366


async def submit(uow: UnitOfWork, draft_id: UUID) -> DraftView:
    """Hands a simulated draft to somebody else. Raises Problem `not_allowed`, `not_found`, `draft_closed`,
    `draft_not_ready`, `draft_outdated`."""
    require_editor(uow.actor)
    draft = await draft_of(uow, draft_id, to_change=True)
    if draft.state == "submitted":
        return await view(uow, draft)
    await _require_newest_base(uow, draft)
    if draft.state not in ("checked", "simulated") or not await _is_simulated(uow, draft):
        raise _not_ready("It is handed in once it was checked and simulated as it is now.", draft)
    draft.state, draft.submitted_by, draft.returned_reason = "submitted", uow.actor.staff_id, None
    uow.audit("strategy.draft_submitted", "strategy_draft", draft.id, {"digest": draft.digest})
    await _tell_deciders(uow, draft)
    return await view(uow, draft)


async def send_back(uow: UnitOfWork, draft_id: UUID, reason: str) -> DraftView:
    """Raises Problem `not_allowed`, `not_found`, `draft_closed`, `draft_not_ready`."""
    require_decider(uow.actor)
    draft = await draft_of(uow, draft_id, to_change=True)
    if draft.state != "submitted":
        raise _not_ready("Only what was handed in is sent back.", draft)
    makers = made_by(draft) - {uow.actor.staff_id}
    draft.state, draft.submitted_by, draft.returned_reason = "draft", None, reason
    uow.audit("strategy.draft_returned", "strategy_draft", draft.id, {"reason": reason})
    for person in sorted(makers):
        await notify.send(
            uow,
            person,
            "strategy_draft_returned",
            {"draft_id": str(draft.id)},
            dedupe=f"strategy_draft_returned:{draft.id}:{uow.now.isoformat()}:{person}",
        )
    return await view(uow, draft)


async def publish(uow: UnitOfWork, draft_id: UUID, digest: str, valid_from: date) -> DraftView:
    """Makes a version of a draft that somebody else wrote; it takes force now, or on the morning of
    `valid_from`.

    Raises Problem `not_allowed`, `not_found`, `draft_closed`, `own_draft`, `draft_moved`, `draft_not_ready`,
    `draft_outdated`, `bad_day`, `bad_catalogue`.
    """
    require_decider(uow.actor)
    draft = await draft_of(uow, draft_id, to_change=True)
    publisher = uow.actor.require_staff()
    if publisher in made_by(draft):
        raise Problem(
            "own_draft",
            403,
            "Another person publishes this",
            detail="You wrote at this draft or handed it in.",
            remedy="Ask a colleague of the business department, or the risk officer.",
        )
    if draft.state != "submitted":
        raise _not_ready("It was not handed in.", draft)
    if draft.digest != digest:
        raise Problem("draft_moved", 409, "The draft is not the one that you looked at", digest=draft.digest)
    if not uow.today <= valid_from <= uow.today + timedelta(days=FURTHEST_DAYS):
        raise Problem(
            "bad_day", 422, "A version takes force today or later", detail=f"Within {FURTHEST_DAYS} days."
        )
    await _require_newest_base(uow, draft)
    if draft.origin != "roll_back" and not await _is_simulated(uow, draft):
        raise _not_ready("Another version took force since it was simulated.", draft)
    wanted = edition_of(await files_of(uow, draft))
    # the database may have become another one since it was checked
    problems = await binding.bind(uow, await wanted.loaded())
    if problems:
        raise Problem(
            "bad_catalogue", 409, "It does not fit the database any more", problems=_plain(problems)
        )
    async with uow.elevated("a second person publishes what a first one wrote"):
        version = await versions.add(
            uow, wanted, valid_from, author_id=draft.author_id or draft.submitted_by, publisher_id=publisher
        )
        if valid_from <= uow.today:
            await versions.take_force(uow, version)
    draft.state, draft.published_version = "published", version
    detail = {"version": version, "digest": digest, "from": str(valid_from)}
    uow.audit("strategy.draft_published", "strategy_draft", draft.id, detail)
    return await view(uow, draft)


async def roll_back(uow: UnitOfWork, version: int, reason: str) -> DraftView:
    """What an earlier version said, as a draft that is handed in at once: it was simulated in its time, and
    there may be no hour to lose. Another person publishes it.

    Raises Problem `not_allowed`, `not_found`, `version_changed`, `bad_catalogue`, `nothing_to_do`.
    """
    require_decider(uow.actor)
    wanted = await published_files(uow, version)
    draft = await make(uow, f"回到第 {version} 版", wanted, origin="roll_back", note=reason)
    if not draft.overlay:
        raise Problem("nothing_to_do", 409, "This is what the newest version says already")
    problems = await settle_check(uow, draft)
    if problems:
        raise Problem(
            "bad_catalogue", 409, "That version does not fit this program", problems=_plain(problems)
        )
    draft.state, draft.submitted_by = "submitted", uow.actor.staff_id
    detail = {"version": version, "reason": reason, "digest": draft.digest}
    uow.audit("strategy.roll_back_asked", "strategy_draft", draft.id, detail)
    await _tell_deciders(uow, draft)
    return await view(uow, draft)


async def withdraw(uow: UnitOfWork, version: int, reason: str) -> None:
    """Takes back a version that waits for its day. Nothing moves by it, so that one person may.

    Raises Problem `not_allowed`, `not_found`.
    """
    require_decider(uow.actor)
    async with uow.elevated("who may decide takes back what has not moved anybody"):
        if not await versions.withdraw(uow, version):
            raise not_found("Waiting version")
    uow.audit("strategy.withdraw", "catalogue", str(version), {"reason": reason})


async def _tell_deciders(uow: UnitOfWork, draft: StrategyDraft) -> None:
    """Says to whoever may publish it that it waits; once for what it says now."""
    for person in await identity.of_roles(uow, DECIDERS):
        if person not in made_by(draft):
            await notify.send(
                uow,
                person,
                "strategy_draft_waits",
                {"draft_id": str(draft.id)},
                dedupe=f"strategy_draft_waits:{draft.id}:{draft.digest}:{person}",
            )


async def _is_simulated(uow: UnitOfWork, draft: StrategyDraft) -> bool:
    """Whether what the draft says now was worked out beside what is in force now."""
    found = await uow.session.scalar(
        select(StrategySimulation.id)
        .where(
            StrategySimulation.draft_id == draft.id,
            StrategySimulation.files_digest == draft.digest,
            StrategySimulation.base_version == await versions.number_in_force(uow),
            StrategySimulation.state == "done",
        )
        .limit(1)
    )
    return found is not None


async def _require_newest_base(uow: UnitOfWork, draft: StrategyDraft) -> None:
    newest = await versions.newest(uow)
    if draft.base_version != newest:
        raise Problem(
            "draft_outdated",
            409,
            "Another version was published since this draft was begun",
            detail=f"It changes version {draft.base_version}; the newest is {newest}.",
            remedy="Take its changes over first, and simulate again.",
            newest=newest,
        )


def _not_ready(why: str, draft: StrategyDraft) -> Problem:
    return Problem("draft_not_ready", 409, "The draft is not ready for this", detail=why, state=draft.state)


def _plain(problems: list[Wrong]) -> list[Any]:
    return [msgspec.to_builtins(one) for one in told(problems)]
