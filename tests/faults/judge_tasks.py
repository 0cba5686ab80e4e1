"""The judge's look at tasks, suggestions, disputes: each decision counts once, states follow from steps."""

import json
from collections import Counter, defaultdict
from uuid import UUID

import asyncpg

from tests.faults.case import Case, Verdict
from tests.faults.evidence import Intent

STEPS = {
    "task.submit": "submit",
    "task.withdraw": "withdraw",
    "task.approve": "approve",
    "task.return": "return",
}
DECISIONS = {"suggestion.accept": "accepted", "suggestion.dismiss": "dismissed"}


async def judge_tasks(connection: "asyncpg.Connection", case: Case, verdict: Verdict) -> None:
    """What phones did to tasks, suggestions and disputes, against what became of these."""
    applied = {
        str(row["id"])
        for row in await connection.fetch(
            "SELECT id FROM sync_command WHERE id = ANY($1) AND result IN ('applied', 'merged') "
            # the task went to somebody else: handed in without effect
            "AND NOT (type = 'task.submit' AND result = 'merged')",
            [UUID(one.id) for one in case.intents],
        )
    }
    await _steps(connection, case, applied, verdict)
    await _suggestions(connection, case, applied, verdict)
    await _disputes(connection, case, applied, verdict)
    await _merges(connection, case, applied, verdict)


async def _steps(connection: "asyncpg.Connection", case: Case, applied: set[str], verdict: Verdict) -> None:
    """Each step that a person took stands there once, and each task's steps lead from open to its state."""
    wanted: Counter[tuple[str, str, str]] = Counter()
    for one in case.intents:
        if one.type in STEPS and one.id in applied:
            person = str(case.people[case.phones[one.phone]][0])
            wanted[str(one.body["task_id"]), STEPS[one.type], person] += 1
    found: Counter[tuple[str, str, str]] = Counter()
    balance: dict[str, Counter[str]] = {}
    states: dict[str, str] = {}
    for row in await connection.fetch(
        "SELECT t.id, t.state, m.move, m.from_state, m.to_state, m.staff_id FROM task t "
        "LEFT JOIN task_move m ON m.task_id = t.id WHERE t.grid_id = ANY($1)",
        list(case.all_grids),
    ):
        task = str(row["id"])
        states[task] = row["state"]
        net = balance.setdefault(task, Counter())
        if row["move"] is None:
            continue
        net[row["from_state"]] += 1
        net[row["to_state"]] -= 1
        if row["move"] in STEPS.values():
            found[task, row["move"], str(row["staff_id"])] += 1
    for key in wanted.keys() | found.keys():
        if found[key] > wanted[key]:
            verdict.add("doubled", f"task {key[0]}: {key[1]} stands {found[key]} times, meant {wanted[key]}")
        elif found[key] < wanted[key]:
            verdict.add("receipt", f"task {key[0]}: {key[1]} stands {found[key]} times of {wanted[key]}")
    for task, state in states.items():
        net = balance[task]
        net["open"] -= 1
        net[state] += 1
        if any(net.values()):
            verdict.add("doubled", f"task {task}: its steps do not lead from open to {state}: {dict(net)}")


async def _suggestions(
    connection: "asyncpg.Connection", case: Case, applied: set[str], verdict: Verdict
) -> None:
    """One decision for each suggestion, and it is the one that stands."""
    decided = {str(one.body["suggestion_id"]): [] for one in case.intents if one.type in DECISIONS}  # type: dict[str, list[str]]
    for one in case.intents:
        if one.type in DECISIONS and one.id in applied:
            decided[str(one.body["suggestion_id"])].append(DECISIONS[one.type])
    for row in await connection.fetch(
        "SELECT id, state FROM customer_suggestion WHERE id = ANY($1)", [UUID(one) for one in decided]
    ):
        meant = decided[str(row["id"])] or ["open"]
        if meant != [row["state"]]:
            verdict.add("receipt", f"suggestion {row['id']} is {row['state']}, decided as {meant}")


async def _disputes(
    connection: "asyncpg.Connection", case: Case, applied: set[str], verdict: Verdict
) -> None:
    """One decision for each dispute, by whoever gave it and with that value; none is open twice."""
    decided: defaultdict[str, list[Intent]] = defaultdict(list)
    for one in case.intents:
        if one.type == "dispute.settle" and one.id in applied:
            decided[str(one.body["dispute_id"])].append(one)
    found = {
        str(row["id"]): row
        for row in await connection.fetch(
            "SELECT d.id, d.customer_id, d.field, d.state, d.value, d.settled_by FROM customer_dispute d "
            "JOIN customer c ON c.id = d.customer_id WHERE c.grid_id = ANY($1)",
            list(case.all_grids),
        )
    }
    for dispute, intents in decided.items():
        row = found.get(dispute)
        if len(intents) > 1:
            verdict.add("doubled", f"dispute {dispute} was decided {len(intents)} times")
        if row is None or row["state"] != "settled":
            verdict.add("receipt", f"dispute {dispute} was decided, and is {row and row['state']}")
            continue
        person = case.people[case.phones[intents[0].phone]][0]
        stands = ((json.loads(row["value"] or "null") or {}).get("value"), row["settled_by"])
        if stands != (intents[0].body["value"], person):
            meant = f"{person} said {intents[0].body['value']}"
            verdict.add("receipt", f"dispute {dispute}: {stands} stands, {meant}")
    opened = Counter((row["customer_id"], row["field"]) for row in found.values() if row["state"] == "open")
    for (customer, name), n in opened.items():
        if n > 1:
            verdict.add("doubled", f"customer {customer}: {n} open disputes of {name}")


async def _merges(connection: "asyncpg.Connection", case: Case, applied: set[str], verdict: Verdict) -> None:
    """The receipt of a merge says what has become of the household, and it lies where it was put."""
    merges = {one.id: one for one in case.intents if one.type == "customer.merge" and one.id in applied}
    for row in await connection.fetch(
        "SELECT id, receipt FROM sync_command WHERE id = ANY($1)", [UUID(one) for one in merges]
    ):
        body = merges[str(row["id"])].body
        alias = json.loads(row["receipt"]).get("alias") or {}
        if alias.get(body["customer_id"]) != body["into_id"]:
            verdict.add("receipt", f"merge {row['id']}: alias {alias}, meant {body}")
