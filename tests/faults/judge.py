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
from tests.faults.judge_files import judge_files
from tests.faults.judge_phones import judge_phone
from tests.faults.judge_tasks import judge_tasks

FINAL = ("applied", "merged")
#: what may be overtaken by another person's decision, and how it is then refused
OVERTAKEN = frozenset({"conflict_state", "evidence_insufficient", "out_of_scope", "bad_value", "needs"})
CONTESTED = (
    *("task.submit", "task.withdraw", "task.approve", "task.return"),
    *("suggestion.accept", "suggestion.dismiss", "dispute.settle"),
    *("customer.move", "customer.merge", "customer.unmerge", "customer.split"),
)
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
        await judge_tasks(connection, case, verdict)
        await judge_files(connection, case, verdict)
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
            "SELECT id, type, result, code, receipt, quarantined IS NOT NULL AS kept FROM sync_command "
            "WHERE id = ANY($1)",
            ids,
        )
    }
    verdict.results.update(f"{row['type']} {row['result']}" for row in records.values())
    told = await _told_of_losses(connection, case)
    effects = await _effects(connection, case.intents)
    suggestions = await _suggestions(connection, ids)
    entries = {(phone, one["id"]): one for phone, held in case.dumps.items() for one in held.outbox}
    for one in case.intents:
        row, effect = records.get(one.id), effects[one.id]
        name = f"{one.phone} {one.type} {one.act.get('mark', one.id)} ({one.id})"
        if effect > 1:
            verdict.add("doubled", f"{name}: its effect is there {effect} times")
        if row is None:
            if effect > 0 and one.type not in NAMED_ELSEWHERE:
                verdict.add("receipt", f"{name}: applied, and no record of it")
            elif one.saved and one.gone and case.people[case.phones[one.phone]][0] in told:
                verdict.declared_lost += 1
            elif one.saved:
                verdict.add("lost", f"{name}: saved on the phone, unknown at the bank")
            continue
        if row["result"] == SUGGESTED:
            verdict.suggested += 1
            if (effect > 0) != (suggestions.get(one.id) == "accepted"):
                verdict.add("receipt", f"{name}: suggested, {suggestions.get(one.id)}, effect {effect}")
            if not case.may_refuse:
                verdict.add("error", f"{name}: suggested though the grid was never given away")
            continue
        if row["result"] in FINAL:
            if effect == 0:
                verdict.add("receipt", f"{name}: recorded as {row['result']}, and no effect")
        else:
            verdict.quarantined += 1
            if effect > 0 and one.type not in NAMED_ELSEWHERE:
                verdict.add("receipt", f"{name}: recorded as {row['result']}, and has an effect")
            if not row["kept"]:
                verdict.add("lost", f"{name}: {row['result']}, and not kept in quarantine")
            contested = one.type in CONTESTED and row["code"] in OVERTAKEN
            if not case.may_refuse and not contested:
                verdict.add(
                    "error", f"{name}: {row['result']} though nothing was against it: {row['receipt']}"
                )
        entry = entries.get((one.phone, one.id))
        if entry is None:
            if one.saved and not one.former:
                verdict.add("lost", f"{name}: gone from the phone's outbox before a backup covers it")
        elif row["result"] not in FINAL and entry["state"] != "attention":
            verdict.add(
                "lost", f"{name}: {row['result']} at the bank, and the phone shows it as {entry['state']}"
            )
    await _last_stands(connection, case, records, verdict)


async def _told_of_losses(connection: "asyncpg.Connection", case: Case) -> set[UUID]:
    """People of whose phones the bank was told that a database went with work in it."""
    rows = await connection.fetch(
        "SELECT DISTINCT l.staff_id FROM sync_loss l JOIN audit_entry a ON a.action = 'sync.lost' "
        "AND a.subject_id = l.installation_id::text WHERE l.staff_id = ANY($1)",
        [staff for staff, _ in case.people.values()],
    )
    return {row["staff_id"] for row in rows}


async def _suggestions(connection: "asyncpg.Connection", ids: list[UUID]) -> dict[str, str]:
    """Which commands lie before the new owner, and what became of them."""
    rows = await connection.fetch("SELECT id, state FROM customer_suggestion WHERE id = ANY($1)", ids)
    return {str(row["id"]): row["state"] for row in rows}


#: steps of tasks and decisions are counted by judge_tasks; a move is seen by where the household lies
UNCOUNTED = -1
#: found by something else than the command, so that another command's effect is found too
NAMED_ELSEWHERE = ("record.remove", "customer.unmerge")
_HISTORY = (
    "SELECT command_id AS key, count(*) AS n FROM customer_value_history "
    "WHERE command_id = ANY($1) GROUP BY command_id"
)
_EFFECTS = {
    "visit.log": "SELECT id AS key, count(*) AS n FROM visit WHERE id = ANY($1) GROUP BY id",
    "record.put": "SELECT id AS key, count(*) AS n FROM file_record WHERE id = ANY($1) GROUP BY id",
    "customer.create": "SELECT id AS key, count(*) AS n FROM customer WHERE id = ANY($1) GROUP BY id",
    "customer.split": "SELECT id AS key, count(*) AS n FROM customer WHERE id = ANY($1) GROUP BY id",
    "customer.merge": "SELECT id AS key, count(*) AS n FROM customer_move WHERE id = ANY($1) GROUP BY id",
    "customer.unmerge": "SELECT customer_id AS key, 1 AS n FROM customer_move WHERE customer_id = ANY($1) "
    "AND undone_at IS NOT NULL",
    # or it stands in the history that somebody had seen the thing after that, and it stays
    "record.remove": "SELECT id AS key, 1 AS n FROM file_record f WHERE id = ANY($1) "
    "AND (removed_at IS NOT NULL OR EXISTS (SELECT FROM file_record_history h "
    "WHERE h.record_id = f.id AND h.lost::jsonb ? 'removed'))",
    "customer.set_values": _HISTORY,
    "dispute.settle": _HISTORY,
}


async def _effects(connection: "asyncpg.Connection", intents: list[Intent]) -> Counter[str]:
    """How often each command's effect is there, by the command's id."""
    found: Counter[str] = Counter(dict.fromkeys((one.id for one in intents), UNCOUNTED))
    for kind, query in _EFFECTS.items():
        keys = {one.id: _key(one) for one in intents if one.type == kind}
        rows = {
            str(row["key"]): row["n"] for row in await connection.fetch(query, _uuids(set(keys.values())))
        }
        for command, key in keys.items():
            found[command] = rows.get(key, 0)
    return found


def _key(one: Intent) -> str:
    """By what the effect of a command is found."""
    if one.type in ("customer.set_values", "customer.merge", "dispute.settle"):
        return one.id
    return str(one.body["customer_id"] if one.type == "customer.unmerge" else one.body["id"])


async def _last_stands(
    connection: "asyncpg.Connection", case: Case, records: Mapping[str, Any], verdict: Verdict
) -> None:
    """A field that one phone alone edits shows what was saved there last.

    Where households became one, the values of both did.
    """
    mixed = {
        str(one.act[name])
        for one in case.intents
        if one.type in ("customer.merge", "customer.unmerge", "customer.split")
        for name in ("customer", "other")
        if name in one.act
    }
    last: dict[tuple[str, str], Intent] = {}
    for one in sorted(case.intents, key=lambda one: one.at):
        if one.act["kind"] == "edit" and one.phone not in case.jumpy and one.id in records:
            if one.act["customer"] in mixed:
                continue
            if one.saved and records[one.id]["result"] in FINAL:
                last[one.act["customer"], one.act["field"]] = one
            else:
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
    meant = {str(one.body["id"]) for one in case.intents if "id" in one.body}
    queries = {
        "visit": "SELECT v.id, v.note AS mark FROM visit v JOIN customer c ON c.id = v.customer_id "
        "WHERE c.grid_id = ANY($1)",
        "record": "SELECT a.id, a.label AS mark FROM file_record a JOIN customer c ON c.id = a.customer_id "
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
    """All events were handled, and none is parked."""
    for what, state, error in await jobs_waiting(connection, case.all_grids, case.since):
        verdict.add("stalled", f"job {what} is {state}: {error}"[:300])
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
