"""The model's judge: what phones hold and what the bank has, against the page. It asks the tables itself."""

from typing import Any

from sqlalchemy import text

from backend.kernel.uow import UnitOfWork
from tests.support.field_phone import FieldPhone
from tests.sync.model.bank import SYSTEM, Bank
from tests.sync.model.page import Handset, Page

#: a revision that no book has: the bank answers with a snapshot
BEYOND = 10**9
#: what an agent's phone never holds
NOT_AN_AGENTS = (
    *("profile", "standing", "suggestion", "dispute", "approval"),
    *("workload", "coverage", "due", "highend"),
)

HELD_GRIDS = text(
    "SELECT DISTINCT grid_id FROM grid_assignment WHERE staff_id = :staff AND from_on <= :today"
    " AND (to_on IS NULL OR to_on > :today)"
)
AHEAD = text(
    "SELECT c.book FROM sync_change c JOIN sync_partition p ON p.book = c.book"
    " GROUP BY c.book, p.revision HAVING max(c.revision) > p.revision"
)
TWICE = text(
    "SELECT command_id FROM file_record_history GROUP BY command_id HAVING count(*) > 1 UNION ALL"
    " SELECT command_id FROM customer_value_history WHERE command_id IS NOT NULL"
    " GROUP BY command_id, customer_id, field HAVING count(*) > 1"
)


async def judge_effects(bank: Bank, page: Page) -> None:
    """Whatever the bank said that it took is there once, and nothing else is."""
    async with bank.database.unit(SYSTEM) as uow:

        async def some(statement: str, **given: Any) -> list[str]:
            return sorted(str(one) for one in await uow.session.scalars(text(statement), given))

        assert await some("SELECT id FROM visit") == sorted(page.visits), "visits"
        assert await some("SELECT id FROM customer WHERE status = 'active'") == sorted(page.active), (
            "households"
        )
        members = (
            "SELECT m.id FROM membership m JOIN customer c ON c.id = m.customer_id WHERE m.until_on IS NULL"
        )
        assert await some(f"{members} AND c.status = 'active'") == sorted(page.people), "nobody is lost"
        there = sorted(one for one, alive in page.records.items() if alive)
        assert await some("SELECT id FROM file_record WHERE removed_at IS NULL") == there, "things"
        done = await some("SELECT command_id FROM file_record_history")
        assert done == sorted(page.record_commands), "each change of a thing once"
        moves = await uow.session.execute(
            text("SELECT task_id, move, count(*) FROM task_move WHERE move = ANY(:moves) GROUP BY 1, 2"),
            {"moves": ["submit", "withdraw", "approve", "return"]},
        )
        assert {(str(one), move): count for one, move, count in moves} == dict(page.task_moves), "tasks"
        assert not list(await uow.session.scalars(TWICE)), "a command had its effect twice"
        assert not list(await uow.session.execute(AHEAD)), "a change stands beyond its book's revision"


async def judge_phone(bank: Bank, page: Page, handset: Handset) -> None:
    """After a pull the phone holds exactly what one would that comes anew, by changes or by a snapshot."""
    phone = handset.phone
    before = dict(phone.revisions)
    await phone.pull()
    for key, revision in phone.revisions.items():
        assert revision >= before.get(key, 0), f"{key} went back"
    for revisions in ({}, dict.fromkeys(phone.revisions, BEYOND)):
        anew = FieldPhone(phone.phone, phone.clock, phone.seal_key, phone.staff, epoch=phone.epoch)
        anew.revisions = dict(revisions)
        await anew.pull()
        assert _rows(phone) == _rows(anew), "by a snapshot" if revisions else "from the beginning"
    books = {key.rsplit("/", 1)[0]: revision for key, revision in phone.revisions.items()}
    for key in handset.sent:
        entry = page.entries[key]
        for book, revision in ((entry.first or {}).get("await") or {}).items():
            assert books.get(book, revision) >= revision, f"{entry.type} waits for ever"
    async with bank.database.unit(SYSTEM) as uow:
        await _judge_books(uow, bank, handset)
        await _judge_rows(uow, bank, handset)


async def _judge_books(uow: UnitOfWork, bank: Bank, handset: Handset) -> None:
    """Grids and teams are those that the bank's record gives this person today, no more and no fewer."""
    person, today = bank.world[handset.login], bank.clock.today()
    given = await uow.session.scalars(HELD_GRIDS, {"staff": person.id, "today": today})
    entitled = {f"grid:{one}" for one in given} | {f"team:{one}" for one in person.actor.branch_ids}
    entitled |= {"bank", f"staff:{person.id}"} | ({f"care:{person.id}"} if person.role != "agent" else set())
    assert {key.rsplit("/", 1)[0] for key in handset.phone.revisions} == entitled
    assert {key.rsplit("/", 1)[0] for key in handset.phone.rows} <= entitled


async def _judge_rows(uow: UnitOfWork, bank: Bank, handset: Handset) -> None:
    """A grid's book holds those who live there, with what hangs on them; tasks are one's own."""
    person, phone = bank.world[handset.login], handset.phone
    found = await uow.session.execute(
        text("SELECT id, grid_id, owner_id FROM customer WHERE status = 'active'")
    )
    homes = {str(row.id): (f"grid:{row.grid_id}", row.owner_id) for row in found}
    rested = await bank.at_rest()
    for key, kinds in phone.rows.items():
        book = key.rsplit("/", 1)[0]
        there = {one for one, row in kinds.get("customer", {}).items() if row["status"] == "active"}
        if book.startswith("grid:"):
            assert there == {one for one, (home, _) in homes.items() if home == book}, book
        if book.startswith("care:") and rested:
            assert all(homes[one][1] == person.id for one in there), book
        # visits, and whose a household is, follow a move by a job
        for kind in ("member", "record", *(("visit", "file") if rested else ())):
            rows = kinds.get(kind, {})
            strangers = set(rows) if kind == "file" else {row["customer_id"] for row in rows.values()}
            assert not book.startswith(("grid:", "care:")) or strangers <= there, (book, kind)
    if person.role == "agent":
        assert {row["staff_id"] for row in phone.of("visit").values()} <= {str(person.id)}
        assert not [kind for kind in NOT_AN_AGENTS if phone.of(kind)]
        assert not [one for one in phone.of("term") if not one.startswith(("event:", "script:"))]
    await _judge_tasks(uow, handset, person.id, person.actor.branch_ids)


async def _judge_tasks(uow: UnitOfWork, handset: Handset, staff: Any, branches: Any) -> None:
    mine = await uow.session.execute(
        text(
            "SELECT id, state FROM task WHERE assignee_id = :staff AND state NOT IN ('cancelled', 'expired')"
        ),
        {"staff": staff},
    )
    held = {one: row["state"] for one, row in handset.phone.of("task").items()}
    assert held == {str(row.id): row.state for row in mine}, "tasks"
    theirs = await uow.session.execute(
        text("SELECT id, state FROM task WHERE branch_id = ANY(:ids) AND submitted_at IS NOT NULL"),
        {"ids": list(branches)},
    )
    shown = {one: row["state"] for one, row in handset.phone.of("approval").items()}
    assert shown == {str(row.id): row.state for row in theirs}, "approvals"


def _rows(phone: FieldPhone) -> dict[str, Any]:
    """Rows without the revision at which they came; kinds of which nothing is left are as if never there."""
    return {
        key: {
            kind: {one: {k: v for k, v in row.items() if k != "revision"} for one, row in rows.items()}
            for kind, rows in kinds.items()
            if rows
        }
        for key, kinds in phone.rows.items()
        if any(kinds.values())
    }
