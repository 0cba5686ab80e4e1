"""Handlers of tasks: what visits, profiles and the clock make of them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from backend.customers import api as customers
from backend.identity import api as identity
from backend.kernel.jobs import JobContext
from backend.kernel.uow import UnitOfWork
from backend.notify import api as notify
from backend.tasks import queries, service, team, team_queries

#: raised by the clock
TEAM_TURN = "tasks.team_turn"


async def on_visit_logged(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`visits.logged` {visit_id}."""
    await service.visits_logged(uow, [UUID(payload["visit_id"])])


async def on_visits_logged(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Several `visits.logged` in one go."""
    await service.visits_logged(uow, [UUID(one["visit_id"]) for one in payloads])


async def on_visit_placed(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`visits.placed` {visit_id}."""
    await service.visit_placed(uow, UUID(payload["visit_id"]))


async def on_profile_changed(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`strategy.profile_changed` {customer_id, tier_before, tier_after, contact_days, visit_days}; also sent
    where only events moved."""
    customer_id = UUID(payload["customer_id"])
    await service.rhythm_changed(uow, customer_id, payload["contact_days"], payload["visit_days"])
    if payload.get("tier_before") != payload.get("tier_after"):
        for customer in await customers.visible(uow, [customer_id]):
            team.moved(uow, customer.branch_id)


async def on_submitted(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`tasks.submitted` {task_id, branch_id}: the branch's approvers hear of it, once an hour at most."""
    task = next(iter(await queries.tasks(uow, [UUID(payload["task_id"])])), None)
    if task is None or task.state != "submitted":
        return
    hour = uow.now.strftime("%Y%m%d%H")
    waiting = await queries.waiting_count(uow, task.branch_id)
    for head in await identity.heads_of(uow, task.branch_id):
        if head != task.assignee_id:
            await notify.send(
                uow,
                head,
                "approval_waiting",
                {"task_id": str(task.id), "count": waiting},
                dedupe=f"approval:{head}:{hour}",
            )


async def on_decided(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`tasks.decided`: the person who did the work hears what became of it."""
    kind = "task_approved" if payload["result"] == "approved" else "task_returned"
    await notify.send(
        uow,
        UUID(payload["assignee_id"]),
        kind,
        {"task_id": payload["task_id"], "customer_id": payload["customer_id"]},
        # the same work may be returned twice; events from before this field had none
        dedupe=f"{kind}:{payload['task_id']}:{payload['visit_id']}:{payload.get('at', '')}",
    )


async def on_duties_moved(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`customers.duties_moved` {grid_id}: tasks follow the people."""
    await service.duties_moved(uow, UUID(payload["grid_id"]))


async def on_customer_moved(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`customers.moved` {customer_id}: its running tasks go where it lives now."""
    await service.follow_customer(uow, UUID(payload["customer_id"]))


async def on_customers_merged(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`customers.merged` {from, to}: one household, one set of clocks."""
    if await customers.stands(uow, UUID(payload["move_id"])):
        await service.follow_merge(uow, UUID(payload["from"]), UUID(payload["to"]))


async def on_customers_unmerged(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`customers.unmerged` {to}: the household's clocks run again."""
    await service.follow_unmerge(uow, UUID(payload["to"]))


async def on_evidence_moved(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`visits.photo_arrived`, `visits.supplemented` {visit_ids}: approvals that show the visit move."""
    for task in await queries.by_evidence(uow, [UUID(one) for one in payload["visit_ids"]]):
        if task.submitted_at is not None:
            uow.touch(f"team:{task.branch_id}", "approval", task.id)


async def send_digests(ctx: JobContext, payload: Mapping[str, Any]) -> None:
    """`tasks.digest` {on}: each person with something due gets one digest for the day."""
    async with ctx.unit() as uow:
        people = await queries.due_counts(uow, uow.today)
    for row in people:
        async with ctx.unit() as uow:
            await notify.send(
                uow,
                row.assignee_id,
                "digest",
                {"due": row.due, "overdue": row.overdue, "on": payload["on"]},
                dedupe=f"digest:{row.assignee_id}:{payload['on']}",
            )


async def on_team_moved(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`tasks.team_moved` {branch_id}: its heads' rows are to be worked out anew."""
    await on_teams_moved(uow, [payload])


async def on_teams_moved(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Several `tasks.team_moved` in one go."""
    await team_queries.mark(uow, [UUID(one["branch_id"]) for one in payloads])


async def renew_teams(ctx: JobContext, _payload: Mapping[str, Any]) -> None:
    """`tasks.team_turn`: branches of which something moved since the last turn, or all where another day has
    begun; one at a time."""
    async with ctx.unit() as uow:
        branches = await team_queries.behind(uow)
    for branch_id in branches:
        async with ctx.unit() as uow:
            await team.renew(uow, branch_id)
