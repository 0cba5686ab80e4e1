"""The judge: holds what the drivers wrote down against the bank's database and the phones' dumps.

It reads PostgreSQL by its own SQL as the superuser, and shares no code with the product.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from tests.faults.case import Case, Verdict
from tests.faults.evidence import Intent
from tests.faults.judge_phones import judge_phone

FINAL = ("applied", "merged")
#: what a person who gave a grid away still edits is laid before the new owner
SUGGESTED = "suggested"


#: events and jobs about the grids of $1, what lies in them, and who holds them; runs beside it have others
WAITING = """
WITH about AS (
  SELECT id FROM customer WHERE grid_id = ANY($1)
  UNION ALL SELECT v.id FROM visit v JOIN customer c ON c.id = v.customer_id WHERE c.grid_id = ANY($1)
  UNION ALL SELECT id FROM task WHERE grid_id = ANY($1)
  UNION ALL SELECT i.id FROM inbox_item i JOIN grid_assignment g ON g.staff_id = i.staff_id
    WHERE g.grid_id = ANY($1)
  UNION ALL SELECT unnest($1::uuid[])),
waiting AS (
  SELECT payload, name AS what, 'not handed on' AS state, '' AS error FROM outbox_event
  WHERE expanded_at IS NULL AND created_at >= $2
  UNION ALL SELECT payload, handler, state, coalesce(error, '') FROM job
  WHERE state <> 'done' AND created_at >= $2)
SELECT what, state, error FROM waiting WHERE EXISTS (
  SELECT 1 FROM jsonb_each_text(payload) AS field JOIN about ON about.id::text = field.value)
"""


async def jobs_waiting(
    connection: "asyncpg.Connection", grids: tuple[UUID, ...], since: datetime
) -> list[tuple[str, str, str]]:
    """Events and jobs of a run that are not done: name, state, error."""
    return [tuple(row) for row in await connection.fetch(WAITING, list(grids), since)]


async def judge(connection: "asyncpg.Connection", case: Case) -> Verdict:
    """The verdict on a run."""
    verdict = Verdict(saved=sum(one.saved for one in case.intents))
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await _commands(connection, case, verdict)
        await _nothing_unmeant(connection, case, verdict)
        await _jobs(connection, case, verdict)
        for phone, held in case.dumps.items():
            await judge_phone(connection, case, phone, held, verdict)
    _sealed(case, verdict)
    return verdict


def _uuids(ids: Any) -> list[UUID]:
    return [UUID(str(one)) for one in ids]


async def _commands(connection: "asyncpg.Connection", case: Case, verdict: Verdict) -> None:
    """Everything saved has its record and its effect once, or lies whole in quarantine.

    No record without effect, no effect without record.
    """
    ids = _uuids(one.id for one in case.intents)
    records = {
        str(row["id"]): row
        for row in await connection.fetch(
            "SELECT id, result, receipt, quarantined IS NOT NULL AS kept FROM sync_command "
            "WHERE id = ANY($1)",
            ids,
        )
    }
    effects = await _effects(connection, case.intents)
    suggestions = await _suggestions(connection, ids)
    entries = {(phone, one["id"]): one for phone, held in case.dumps.items() for one in held.outbox}
    for one in case.intents:
        row, effect = records.get(one.id), effects[one.id]
        name = f"{one.phone} {one.act['kind']} {one.act.get('mark', one.id)} ({one.id})"
        if effect > 1:
            verdict.add("doubled", f"{name}: its effect is there {effect} times")
        if row is None:
            if effect:
                verdict.add("receipt", f"{name}: applied, and no record of it")
            elif one.saved:
                verdict.add("lost", f"{name}: saved on the phone, unknown at the bank")
            continue
        if row["result"] == SUGGESTED:
            verdict.suggested += 1
            if one.id not in suggestions or effect:
                verdict.add("receipt", f"{name}: recorded as suggested, and is none")
            if not case.may_refuse:
                verdict.add("error", f"{name}: suggested though the grid was never given away")
            continue
        if row["result"] in FINAL:
            if not effect:
                verdict.add("receipt", f"{name}: recorded as {row['result']}, and no effect")
        else:
            verdict.quarantined += 1
            if effect:
                verdict.add("receipt", f"{name}: recorded as {row['result']}, and has an effect")
            if not row["kept"]:
                verdict.add("lost", f"{name}: {row['result']}, and not kept in quarantine")
            if not case.may_refuse:
                verdict.add(
                    "error", f"{name}: {row['result']} though nothing was against it: {row['receipt']}"
                )
        entry = entries.get((one.phone, one.id))
        if entry is None:
            if one.saved:
                verdict.add("lost", f"{name}: gone from the phone's outbox before a backup covers it")
        elif row["result"] not in FINAL and entry["state"] != "attention":
            verdict.add(
                "lost", f"{name}: {row['result']} at the bank, and the phone shows it as {entry['state']}"
            )
    await _last_stands(connection, case, records, verdict)


async def _suggestions(connection: "asyncpg.Connection", ids: list[UUID]) -> set[str]:
    """Which commands lie before the new owner."""
    if await connection.fetchval("SELECT to_regclass('customer_suggestion') IS NULL"):
        return set()
    return {
        str(row["id"])
        for row in await connection.fetch("SELECT id FROM customer_suggestion WHERE id = ANY($1)", ids)
    }


_EFFECTS = {
    "visit": "SELECT id AS key, count(*) AS n FROM visit WHERE id = ANY($1) GROUP BY id",
    "asset": "SELECT id AS key, count(*) AS n FROM asset WHERE id = ANY($1) GROUP BY id",
    "create": "SELECT id AS key, count(*) AS n FROM customer WHERE id = ANY($1) GROUP BY id",
    "drop_asset": "SELECT id AS key, 1 AS n FROM asset WHERE id = ANY($1) AND removed_at IS NOT NULL",
    "edit": "SELECT command_id AS key, count(*) AS n FROM customer_value_history WHERE command_id = ANY($1) "
    "GROUP BY command_id",
}


async def _effects(connection: "asyncpg.Connection", intents: list[Intent]) -> Counter[str]:
    """How often each command's effect is there, by the command's id."""
    found: Counter[str] = Counter()
    for kind, query in _EFFECTS.items():
        chosen = [one for one in intents if one.act["kind"] == kind]
        keys = {
            one.id: one.id if kind == "edit" else str(one.body.get("id") or one.act.get("asset"))
            for one in chosen
        }
        rows = {
            str(row["key"]): row["n"] for row in await connection.fetch(query, _uuids(set(keys.values())))
        }
        for command, key in keys.items():
            found[command] = rows.get(key, 0)
    return found


async def _last_stands(
    connection: "asyncpg.Connection", case: Case, records: Mapping[str, Any], verdict: Verdict
) -> None:
    """A field that one phone alone edits shows what was saved there last."""
    last: dict[tuple[str, str], Intent] = {}
    for one in sorted(case.intents, key=lambda one: one.at):
        if one.act["kind"] == "edit" and one.phone not in case.jumpy and one.id in records:
            if one.saved and records[one.id]["result"] in FINAL:
                last[one.act["customer"], one.act["field"]] = one
            elif not one.saved:
                last.pop((one.act["customer"], one.act["field"]), None)  # it may stand or not
    for (customer, name), one in last.items():
        value = await connection.fetchval(
            "SELECT amount FROM customer_value WHERE customer_id = $1 AND field = $2 "
            "AND source = 'collected'",
            UUID(customer),
            name,
        )
        if value != one.act["value"]:
            verdict.add(
                "order", f"{one.phone}: {name} is {value}, saved last was {one.act['value']} ({one.id})"
            )


async def _nothing_unmeant(connection: "asyncpg.Connection", case: Case, verdict: Verdict) -> None:
    """What carries a mark of this run is there once, and was meant."""
    meant = {str(one.body.get("id") or one.act.get("asset")) for one in case.intents}
    queries = {
        "visit": "SELECT v.id, v.note AS mark FROM visit v JOIN customer c ON c.id = v.customer_id "
        "WHERE c.grid_id = ANY($1)",
        "asset": "SELECT a.id, a.label AS mark FROM asset a JOIN customer c ON c.id = a.customer_id "
        "WHERE c.grid_id = ANY($1)",
        "customer": "SELECT id, name AS mark FROM customer WHERE grid_id = ANY($1) AND name LIKE '记%'",
    }
    for kind, query in queries.items():
        marks: Counter[str] = Counter()
        for row in await connection.fetch(query, list(case.all_grids)):
            marks[row["mark"]] += 1
            if str(row["id"]) not in meant:
                verdict.add("doubled", f"{kind} {row['mark']}: nobody meant {row['id']}")
        for mark, n in marks.items():
            if n > 1:
                verdict.add("doubled", f"{kind} {mark}: there {n} times")


async def _jobs(connection: "asyncpg.Connection", case: Case, verdict: Verdict) -> None:
    """All events were handled, none is parked, and no step of a task was taken twice."""
    for what, state, error in await jobs_waiting(connection, case.all_grids, case.since):
        verdict.add("stalled", f"job {what} is {state}: {error}"[:300])
    for row in await connection.fetch(
        "SELECT m.task_id, m.move, count(*) AS n FROM task_move m JOIN task t ON t.id = m.task_id "
        "WHERE t.grid_id = ANY($1) GROUP BY m.task_id, m.move, m.from_state, m.evidence_id "
        "HAVING count(*) > 1",
        list(case.all_grids),
    ):
        verdict.add("doubled", f"task {row['task_id']}: {row['move']} was done {row['n']} times")
    for row in await connection.fetch(
        "SELECT customer_id, duty_kind, count(*) AS n FROM task WHERE grid_id = ANY($1) "
        "AND state IN ('open', 'in_progress') GROUP BY customer_id, duty_kind, kind HAVING count(*) > 1",
        list(case.all_grids),
    ):
        verdict.add("doubled", f"customer {row['customer_id']}: {row['n']} open tasks of {row['duty_kind']}")


def _sealed(case: Case, verdict: Verdict) -> None:
    """No word about a customer lies in the clear where nobody may read it."""
    for place, content in case.places.items():
        for secret in case.secrets:
            if secret.encode() in content or secret.encode("utf-16-le") in content:
                verdict.add("unsealed", f"{place}: {secret}")
                break
