"""Grades of the provincial credit system: by file, beside ours, in a report, and in no result."""

import csv
import stat
from typing import Any

import pytest
from litestar import Litestar
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from tests.backend.strategy.desks import desk
from tests.support.bodies import new_household
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.signing import sign, take_back
from tests.support.till import Till, standing
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_duplicates import CHILD, HEAD, WIFE, household_met
from tests.sync.test_following import moves
from tests.sync.test_looking_at import looked, told

pytestmark = pytest.mark.slow

SYSTEM = Actor.system("test")
GRADES = "证件号码,姓名,信用等级,授信额度(元)"
BY_ID = "客户编号,等级,额度"


def shown(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[f"province_{name}"] for name in ("grade", "limit_fen", "on"))


async def rows(db: Database, query: str, **given: Any) -> list[tuple[Any, ...]]:
    async with db.unit(SYSTEM) as uow:
        return [tuple(one) for one in await uow.session.execute(text(query), given)]


async def take(till: Till, lines: list[str], *more: str, ago: int = 0, name: str = "信e代.csv") -> str:
    """Imports grades; what the command said."""
    said = await till.take("grades", till.write(lines, name, "gb18030"), *more, ago=ago)
    assert said.code == 0, said.err
    return said.out


async def test_a_file_in_gb18030_is_shown_beside_ours_and_moves_nobodys_result(
    till: Till, phone_of: PhoneOf, world: World, worker_db: Database, work: Work
) -> None:
    manager, agent, head = await phone_of("manager"), await phone_of("agent"), await phone_of("head")
    customer = await household_met(manager, world, work)
    await sign(manager, customer, "head", purpose="credit")
    await work()
    await manager.pull()
    before = (manager.of("profile")[customer], await rows(worker_db, "SELECT id, result FROM decision"))
    inputs = await rows(worker_db, "SELECT inputs_revision FROM customer WHERE id = :id", id=customer)

    said = await take(
        till,
        [
            GRADES,
            f"{HEAD},李四,ＡＡ级,100000",
            f"{WIFE},王五妹,优秀,100000",
            f"{CHILD},李小宝,AA,12",
            "110101199003078515,无此人,AAA,",
        ],
        "--force",
    )
    assert "4 rows: 1 new" in said
    assert "3 rejected" in said
    assert "1 customers show another grade; no limit moves by it" in said
    reasons = [row[1] for row in till.rejects(till.folder / "信e代.csv")[1:]]
    assert reasons[:2] == ["grade", "unit"]
    assert len(reasons) == 3
    assert await work() == 0

    row = await standing(manager, customer)
    assert shown(row) == ("AA", 10_000_000, till.day())
    after = (manager.of("profile")[customer], await rows(worker_db, "SELECT id, result FROM decision"))
    assert after == before
    assert await rows(worker_db, "SELECT inputs_revision FROM customer WHERE id = :id", id=customer) == inputs

    # the agent's phone has none of it, and a look at the bank by who may has it
    await agent.pull()
    assert customer in agent.of("customer")
    assert "province" not in agent.everything()
    assert "standing" not in agent.everything()
    _, seen = await looked(head, customer)
    assert shown(seen["standing"][customer])[0] == "AA"
    assert (await told(agent, customer))[0] == 403


async def test_the_same_rows_again_count_nothing_and_each_day_is_kept(
    till: Till, phone_of: PhoneOf, world: World, worker_db: Database, work: Work
) -> None:
    manager = await phone_of("manager")
    customer = await household_met(manager, world, work)
    await sign(manager, customer, "head", purpose="credit")
    await work()
    first = [GRADES, f"{HEAD},李四,AA,100000"]
    await take(till, first, ago=2)
    taken = await till.take("grades", till.folder / "信e代.csv", ago=2)
    assert "taken before" in taken.out
    assert "1 as they were" in await take(till, first, "--again", ago=2)
    # an older day is kept too, and never shown for a newer one
    assert "1 new" in await take(till, [GRADES, f"{HEAD},李四,A,80000"], ago=9, name="old.csv")
    assert shown(await standing(manager, customer)) == ("AA", 10_000_000, till.day(2))
    # the same day said otherwise is put right
    assert "1 changed" in await take(till, [GRADES, f"{HEAD},李四,AAA,"], ago=2, name="right.csv")
    assert shown(await standing(manager, customer)) == ("AAA", None, till.day(2))
    kept = await rows(
        worker_db,
        "SELECT g.as_of::text, g.grade, b.file_name FROM provincial_grade g JOIN import_batch b"
        " ON b.id = g.batch_id ORDER BY g.as_of",
    )
    assert kept == [(till.day(9), "A", "old.csv"), (till.day(2), "AAA", "right.csv")]
    entries = await rows(
        worker_db,
        "SELECT count(*) FROM audit_entry WHERE action = 'banking.import_taken'"
        " AND detail->>'kind' = 'grades'",
    )
    assert entries == [(4,)]


async def test_a_refused_file_leaves_nothing(
    till: Till, phone_of: PhoneOf, world: World, worker_db: Database, work: Work
) -> None:
    manager = await phone_of("manager")
    await household_met(manager, world, work)
    path = till.write([GRADES, f"{HEAD},李四,AA,100000", *(f"{HEAD},李四,很好,{n}000" for n in range(1, 6))])
    said = await till.take("grades", path)
    assert said.code == 2
    assert await rows(worker_db, "SELECT count(*) FROM provincial_grade") == [(0,)]
    wrong = await till.take("grades", till.write(["证件号码,姓名,得分", f"{HEAD},李四,90"], "wrong.csv"))
    assert wrong.code == 2
    assert "Not known for grades: 得分" in wrong.err


async def test_it_is_seen_by_consent_and_goes_along_with_whoever_it_is_of(
    till: Till, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    customer = await household_met(manager, world, work)
    await take(till, [GRADES, f"{HEAD},李四,A,80000", f"{WIFE},王五妹,AAA,200000"])
    assert shown(await standing(manager, customer)) == (None, None, None)
    await sign(manager, customer, "spouse", purpose="credit")
    await work()
    assert shown(await standing(manager, customer))[0] == "AAA"
    # of one day the head's stands for the household
    await sign(manager, customer, "head", purpose="credit")
    await work()
    assert shown(await standing(manager, customer))[0] == "A"
    await take_back(manager, customer, "head", purpose="credit")
    await work()
    assert shown(await standing(manager, customer))[0] == "AAA"

    body = new_household(world.grids["E1"], name="王家")
    manager.save("customer.create", body)
    await manager.push()
    await work()
    await moves(manager, customer, str(body["id"]), "spouse", "other")
    await work()
    assert shown(await standing(manager, customer)) == (None, None, None)
    assert shown(await standing(manager, str(body["id"])))[0] == "AAA"


async def graded(manager: FieldPhone, world: World, db: Database, work: Work) -> dict[str, str]:
    """Six households by name, of grades that are made ours; the heads of the first five consented."""
    ours = {"一户": "AAA", "二户": "AA", "@三户": "A", "四户": "none", "五户": "AA", "六户": "A"}
    made: dict[str, str] = {}
    for name in ours:
        body = new_household(world.grids["E1"], name=name)
        manager.save("customer.create", body)
        made[name] = str(body["id"])
    await manager.push()
    await work()
    for name in list(made)[:5]:
        await sign(manager, made[name], "head", purpose="credit")
    await work()
    async with db.unit(SYSTEM) as uow:
        for name, grade in ours.items():
            await uow.session.execute(
                text("UPDATE profile SET grade = :grade WHERE customer_id = :id"),
                {"grade": grade, "id": made[name]},
            )
    return made


@pytest.fixture
async def compared(
    till: Till, phone_of: PhoneOf, world: World, worker_db: Database, work: Work
) -> dict[str, str]:
    """What the province says of them; the fifth it does not know."""
    manager = await phone_of("manager")
    made = await graded(manager, world, worker_db, work)
    theirs = {"一户": "AAA", "二户": "A", "@三户": "AAA", "四户": "AA", "六户": "AAA"}
    await take(till, [BY_ID, *(f"{made[name]},{grade},120000" for name, grade in theirs.items())])
    return made


async def test_who_decides_at_head_office_compares_them(
    app: Litestar, compared: dict[str, str], worker_db: Database, world: World
) -> None:
    async with desk(app, "business") as business, desk(app, "risk") as risk:
        report = await business.ask("GET", "/grades")
        assert {(one["ours"], one["theirs"]): one["customers"] for one in report["pairs"]} == {
            ("AAA", "AAA"): 1,
            ("AA", "A"): 1,
            ("A", "AAA"): 1,
            ("none", "AA"): 1,
        }
        wanted = {"same": 1, "one": 1, "more": 2, "only_there": 0, "only_here": 1, "unseen": 1}
        assert {name: report["total"][name] for name in wanted} == wanted
        (branch,) = report["branches"]
        assert {name: branch[name] for name in wanted} == wanted
        assert branch["name"]
        assert (report["file"]["rows"], report["file"]["rejected"]) == (5, 0)

        more = await business.ask("POST", "/grades/differing", difference="more")
        assert {one["customer_id"] for one in more["customers"]} == {compared["@三户"], compared["四户"]}
        one = next(it for it in more["customers"] if it["customer_id"] == compared["@三户"])
        assert (one["ours"], one["theirs"], one["their_limit_fen"]) == ("A", "AAA", 12_000_000)
        assert one["ours_on"]
        assert one["theirs_on"]
        here = await business.ask("POST", "/grades/differing", difference="only_here")
        assert [it["customer_id"] for it in here["customers"]] == [compared["五户"]]

        # the risk officer says what for
        assert await risk.refused("POST", "/grades/differing", difference="one") == "purpose_needed"
        assert await risk.refused("POST", "/grades/export", purpose=None) == "purpose_needed"
        said = await risk.ask("POST", "/grades/differing", difference="one", purpose="年度核对")
        assert [it["name"] for it in said["customers"]] == ["二户"]

        answer = await business.client.post("/api/v1/strategy/grades/export", json={})
        assert answer.status_code == 200
        lines = list(csv.reader(answer.content.decode("utf-8-sig").splitlines()))
        assert len(lines) == 1 + 4
        # no spreadsheet takes a name for a formula
        assert {line[1] for line in lines[1:]} == {"二户", "'@三户", "四户", "五户"}
        assert [line[3] for line in lines[1:]] == ["差两级以上", "差两级以上", "差一级", "只有我行有"]
    for login in ("manager", "data", "lead"):
        async with desk(app, login) as other:
            assert await other.refused("GET", "/grades") == "not_allowed"
    looks = await rows(
        worker_db,
        "SELECT action, role, detail->>'purpose' FROM audit_entry WHERE action LIKE 'strategy.grades%'",
    )
    assert ("strategy.grades_looked_at", "risk_officer", "年度核对") in looks
    assert ("strategy.grades_exported", "hq_business", None) in looks
    assert len(looks) == 4


async def test_the_command_says_the_same_and_writes_who_differs(
    till: Till, compared: dict[str, str], worker_db: Database, clock: MovingClock
) -> None:
    out = till.folder / "differing.csv"
    out.write_text("what stood there before, for all to read")
    out.chmod(0o644)
    said = await till.command("strategy", "reconcile", "--out", str(out))
    assert said.code == 0, said.err
    assert "1 agree, 1 a grade apart, 2 two or more, 0 only there, 1 only here, 1 without consent" in said.out
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    lines = list(csv.reader(out.read_text("utf-8-sig").splitlines()))
    assert compared["五户"] in {line[0] for line in lines}
    assert compared["六户"] not in {line[0] for line in lines}
    noted = await rows(
        worker_db, "SELECT count(*) FROM audit_entry WHERE action = 'strategy.grades_exported'"
    )
    assert noted == [(1,)]


async def test_no_view_that_rules_read_knows_of_it(worker_db: Database, till: Till) -> None:
    found = await rows(
        worker_db,
        "SELECT viewname FROM pg_views WHERE schemaname = 'facts' AND definition ~ 'provincial|shown_grade'",
    )
    assert found == []
    assert await rows(
        worker_db, "SELECT has_table_privilege('tiange_nightly', 'provincial_grade', 'SELECT')"
    ) == [(False,)]
