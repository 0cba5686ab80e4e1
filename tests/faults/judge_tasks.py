"""The judge's look at tasks and suggestions: each decision counts once, and states follow from steps."""

from collections import Counter
from uuid import UUID

import asyncpg

from tests.faults.case import Case, Verdict

STEPS = {
    "task.submit": "submit",
    "task.withdraw": "withdraw",
    "task.approve": "approve",
    "task.return": "return",
}
DECISIONS = {"suggestion.accept": "accepted", "suggestion.dismiss": "dismissed"}


async def judge_tasks(connection: "asyncpg.Connection", case: Case, verdict: Verdict) -> None:
    """What phones did to tasks and suggestions, against what became of these."""
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
