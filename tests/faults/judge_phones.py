"""The judge's look at one phone: what lies on its disk and stands on its screens, against the bank's rows."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg

from tests.faults.case import Case, Verdict
from tests.faults.evidence import Held


async def judge_phone(
    connection: "asyncpg.Connection", case: Case, phone: str, held: Held, verdict: Verdict
) -> None:
    """The phone holds what the bank has for this person, all of it and nothing else."""
    person = case.phones[phone]
    staff, role = case.people[person]
    for entry in held.outbox:
        if entry["state"] not in ("received", "attention"):
            verdict.add("stalled", f"{phone}: {entry['id']} still waits as {entry['state']}")
    truth = await _truth(connection, staff, role == "agent", sorted(case.held_grids[person]))
    if role == "head":
        truth["approval"] = await _approvals(connection, case.branch)
    for kind, rows in truth.items():
        have = held.of(kind)
        verdict.rows += len(have)
        for row_id in rows.keys() - have.keys():
            verdict.add("diverged", f"{phone}: {kind} {row_id} is missing")
        for row_id in have.keys() - rows.keys():
            where = str(row_id if kind in ("customer", "file") else have[row_id].get("customer_id", ""))
            outside = (
                kind in ("customer", "visit", "record", "member", "file") and where not in truth["customer"]
            )
            verdict.add(
                "out_of_scope" if outside else "diverged", f"{phone}: {kind} {row_id} should not be there"
            )
        for row_id in rows.keys() & have.keys():
            for name, value in rows[row_id].items():
                if have[row_id].get(name) != value:
                    was = have[row_id].get(name)
                    verdict.add(
                        "diverged", f"{phone}: {kind} {row_id}: {name} is {was!r}, at the bank {value!r}"
                    )
    _scope(case, phone, held, verdict)
    _screens(phone, held, truth, verdict)


def _scope(case: Case, phone: str, held: Held, verdict: Verdict) -> None:
    """No partition, no kind and no field that this person must not have."""
    person = case.phones[phone]
    staff, role = case.people[person]
    is_agent = role == "agent"
    allowed = {"bank", f"staff:{staff}", *(f"grid:{grid}" for grid in case.held_grids[person])}
    if not is_agent:
        allowed.add(f"care:{staff}")
    if role == "head":
        allowed.add(f"team:{case.branch}")
    for book in held.rows.keys() - allowed:
        verdict.add("out_of_scope", f"{phone}: holds {book}")
    for key in held.strange:
        if key.rpartition("/")[0] not in allowed:
            verdict.add("out_of_scope", f"{phone}: chunks of {key} still lie there")
    if role != "head":
        for kind in ("approval", "workload", "coverage", "due", "highend"):
            for row_id in held.of(kind):
                verdict.add("out_of_scope", f"{phone}: a {role} holds {kind} {row_id}")
    if is_agent:
        for kind in ("profile", "standing", "suggestion", "dispute"):
            for row_id in held.of(kind):
                verdict.add("out_of_scope", f"{phone}: an agent holds {kind} {row_id}")
        for kind, secret in (
            ("customer", "phone"),
            ("member", "phone"),
            ("file", "points"),
            ("task", "duty"),
        ):
            for row_id, row in held.of(kind).items():
                if row.get(secret) is not None:
                    verdict.add("out_of_scope", f"{phone}: an agent holds {secret} of {kind} {row_id}")


def _screens(phone: str, held: Held, truth: Mapping[str, Mapping[str, Any]], verdict: Verdict) -> None:
    """What the screens would show is what the rows say: each customer once, each visit once."""
    shown = Counter(view["customer"]["id"] for view in held.shown if view)
    for row_id, n in shown.items():
        if n > 1:
            verdict.add("doubled", f"{phone}: the list shows {row_id} {n} times")
    for row_id in shown.keys() ^ truth["customer"].keys():
        verdict.add("diverged", f"{phone}: the list and the bank differ in {row_id}")
    for kind, name in (("visit", "visits"), ("record", "records")):
        if any(view and name not in view for view in held.shown):
            continue  # a browser's screens were read by eye: only the list
        seen = Counter(row["id"] for view in held.shown if view for row in view[name])
        for row_id in {one for one, n in seen.items() if n > 1}:
            verdict.add("doubled", f"{phone}: {kind} {row_id} is shown {seen[row_id]} times")
        for row_id in seen.keys() ^ truth[kind].keys():
            verdict.add("diverged", f"{phone}: the screens and the bank differ in {kind} {row_id}")


async def _truth(
    connection: "asyncpg.Connection", staff: UUID, is_agent: bool, grids: list[UUID]
) -> dict[str, dict[str, dict[str, Any]]]:
    """The rows that belong on this person's phones, by kind and id: some of their fields."""
    customers = await connection.fetch(
        "SELECT id, name, address, grid_id, owner_id FROM customer WHERE status = 'active' "
        "AND (grid_id = ANY($1) OR (owner_id = $2 AND NOT $3))",
        grids,
        staff,
        is_agent,
    )
    ids = [row["id"] for row in customers]
    truth: dict[str, dict[str, dict[str, Any]]] = {
        "customer": {
            str(row["id"]): {"name": row["name"], "address": row["address"], "grid_id": str(row["grid_id"])}
            | ({} if is_agent else {"owner_id": str(row["owner_id"]) if row["owner_id"] else None})
            for row in customers
        }
    }
    truth["visit"] = {
        str(row["id"]): {
            "note": row["note"],
            "customer_id": str(row["customer_id"]),
            "outcome": row["outcome"],
        }
        for row in await connection.fetch(
            "SELECT id, note, customer_id, outcome FROM visit WHERE customer_id = ANY($1) "
            "AND (NOT $3 OR staff_id = $2)",
            ids,
            staff,
            is_agent,
        )
    }
    truth["record"] = {
        str(row["id"]): {"label": row["label"], "value_fen": row["value_fen"]}
        for row in await connection.fetch(
            "SELECT id, label, value_fen FROM file_record WHERE customer_id = ANY($1) AND removed_at IS NULL "
            "AND (NOT $3 OR recorded_by = $2)",
            ids,
            staff,
            is_agent,
        )
    }
    truth["member"] = {
        str(row["id"]): {"name": row["name"], "relation": row["relation"]}
        for row in await connection.fetch(
            "SELECT m.id, p.name, m.relation FROM membership m JOIN person p ON p.id = m.person_id "
            "WHERE m.customer_id = ANY($1) AND m.until_on IS NULL",
            ids,
        )
    }
    truth["task"] = {
        str(row["id"]): {"state": row["state"], "customer_id": str(row["customer_id"])}
        for row in await connection.fetch(
            "SELECT id, state, customer_id FROM task WHERE assignee_id = $1 "
            "AND state NOT IN ('cancelled', 'expired')",
            staff,
        )
    }
    if not is_agent:
        truth["suggestion"] = {
            str(row["id"]): {"state": row["state"], "customer_id": str(row["customer_id"])}
            for row in await connection.fetch(
                "SELECT id, state, customer_id FROM customer_suggestion WHERE customer_id = ANY($1)", ids
            )
        }
        truth["dispute"] = {
            str(row["id"]): {
                "state": row["state"],
                "customer_id": str(row["customer_id"]),
                "field": row["field"],
                "value": (json.loads(row["value"] or "null") or {}).get("value"),
            }
            for row in await connection.fetch(
                "SELECT id, state, customer_id, field, value FROM customer_dispute "
                "WHERE customer_id = ANY($1)",
                ids,
            )
        }
    return truth


async def _approvals(connection: "asyncpg.Connection", branch: UUID) -> dict[str, dict[str, Any]]:
    """What was handed in in a branch, decided or not."""
    return {
        str(row["id"]): {"state": row["state"], "customer_id": str(row["customer_id"])}
        for row in await connection.fetch(
            "SELECT id, state, customer_id FROM task WHERE branch_id = $1 AND submitted_at IS NOT NULL",
            branch,
        )
    }
