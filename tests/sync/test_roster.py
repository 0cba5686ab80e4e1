"""A bank's people come in by a file, sign in, and are known on the others' phones."""

import re

import pytest
from litestar import Litestar

from tests.support.clock import MovingClock
from tests.support.field_phone import PACKED, FieldPhone
from tests.support.till import Till
from tests.support.web import serving
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work

BANK = [
    "机构类型,机构号,上级机构,工号,姓名,岗位,所属机构,在职",
    "支行,N1,HQ,,北港支行,,,",
    "团队,N1-1,N1,,一组,,,",
    ",,,bg001,马北港,客户经理,N1-1,",
    ",,,BG002,成行长,支行行长,N1,是",
]


async def _password(till: Till, login: str) -> str:
    said = await till.command("people", "password", login)
    assert said.code == 0, said.err
    found = re.search(r"shown this once: (\S{16})", said.out)
    assert found
    return found[1]


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
async def test_a_new_branch_signs_in_and_is_known_on_other_phones(
    app: Litestar,
    till: Till,
    phone_of: PhoneOf,
    clock: MovingClock,
    work: Work,
    encoding: str,
) -> None:
    file = till.write(BANK, encoding=encoding)
    said = await till.command("people", "import", str(file))
    assert (said.code, said.out.splitlines()[:1]) == (0, ["file.csv: 2 new units, 2 new people"]), said.err
    again = await till.command("people", "import", str(file))
    assert again.out.splitlines()[0] == "file.csv: 2 as they were"
    password = await _password(till, "bg001")
    await work()
    async with serving(app) as client:
        phone = await FieldPhone.ready(client, clock, "bg001", password)
        await phone.pull()
        assert {"马北港", "成行长"} <= {row["name"] for row in phone.of("staffer").values()}
    other = await phone_of("manager")
    await other.pull()
    rows = {row["name"]: row for row in other.of("staffer").values()}
    assert (rows["马北港"]["role"], rows["马北港"]["branch_name"]) == ("manager", "北港支行")


async def test_whoever_leaves_or_moves_is_signed_out_and_a_new_name_signs_nobody_out(
    world: World, till: Till, phone_of: PhoneOf
) -> None:
    manager, agent, mover = [await phone_of(login) for login in ("manager", "agent", "manager2")]
    await manager.pull()
    lines = [
        "login,name,role,unit,active",
        "manager,改名了,manager,EAST,1",
        f"agent,{world.staff['agent'].name},agent,EAST,0",
        f"manager2,{world.staff['manager2'].name},manager,EAST,1",
    ]
    said = await till.command("people", "import", str(till.write(lines)))
    assert said.out.splitlines()[:1] == ["file.csv: 3 changed people"], said.err
    await manager.pull()
    assert manager.of("staffer")[manager.staff["id"]]["name"] == "改名了"
    for gone in (agent, mover):
        assert (await gone.phone.send("POST", "/api/v1/sync/pull", b"\x80", PACKED)).status_code == 401


@pytest.mark.usefixtures("app", "world")
@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (["login,name,role,unit", "x1,某人,经理,N1"], "Line 2: 经理 is none of"),
        (["login,name,role,unit", "x1,某人,manager,NOWHERE"], "Line 2: there is no unit NOWHERE"),
        (["login,name,role,unit", "x1,某人,manager,HQ"], "belongs to a branch or team"),
        (["login,name,role,unit", "x1,某人,admin,HQ", "X1,别人,admin,HQ"], "x1 stands in line 2 too"),
        (["login,name,role,unit", "x1,某人,admin"], "Line 2: 3 cells where the first line has 4"),
        (["login,name,role,unit,salary", "x1,某人,admin,HQ,1"], "salary is no column"),
        (["kind,code,name,parent", "branch,N2,新,N9"], "N2: there is no unit N9"),
        (["kind,code,name,parent", "branch,N2,新,N3", "branch,N3,新,N2"], "N2: lies below itself"),
        (["kind,code,name,parent", "team,N2,新,HQ"], "a team lies in a branch"),
        (["kind,code,name,parent", "branch,N2,新,"], "ead office is at the top"),
        (["kind,code,name,parent", "team,EAST,东,HQ"], "a team lies in a branch"),
        (["a,b", "1,2"], "a is no column"),
        (["login,name,role,unit", '"x1,某人,admin,HQ'], "It is no CSV"),
    ],
)
async def test_a_file_with_a_fault_changes_nothing_and_says_each(
    till: Till, lines: list[str], fault: str
) -> None:
    good = ["x9,好人,admin,HQ"] if lines[0] == "login,name,role,unit" else []
    said = await till.command("people", "import", str(till.write([*lines[:1], *good, *lines[1:]])))
    assert said.code == 2
    told = re.sub(r"\s+", " ", said.err)
    shifted = fault.replace("Line 2", "Line 3").replace("line 2", "line 3") if good else fault
    assert shifted in told
    assert "nothing was changed" in told
    assert (await till.command("people", "password", "x9")).code == 2, "nobody of the file is there"
