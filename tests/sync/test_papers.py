"""`tiange import consents`: signed on paper counts as signed on a phone, and can be taken back there."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from tests.support.bodies import member, new_household
from tests.support.field_phone import FieldPhone
from tests.support.till import Till
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_duplicates import HEAD, WIFE
from tests.sync.test_people import CHILD_BORN, consent, edits, put, row, who, withdraw

HEADER = "姓名,证件号码,个人编号,授权事项,文本编号,签署日期,存放位置"


async def family(phone: FieldPhone, world: World) -> dict[str, Any]:
    """Head and spouse with their ID numbers, a child of eight."""
    people = [
        member("李四", "head", "m", "1979-03-04", None) | {"id_number": HEAD},
        member("王五妹", "spouse", "f", "1981-08-09", None) | {"id_number": WIFE},
        member("李小妹", "child", "f", CHILD_BORN, None),
    ]
    body = new_household(world.grids["E1"], members=people)
    phone.save("customer.create", body, at=phone.now() - 72 * 3_600_000)
    assert [one["result"] for one in await phone.push()] == ["applied"]
    return body


def words(said: dict[str, Any]) -> dict[str, Sequence[Any]]:
    """The last word on each purpose, by purpose."""
    return {one[0]: one[1:] for one in said["consents"]}


async def test_signed_on_paper_is_in_force_on_phones_and_withdrawn_there(
    till: Till, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    body = await family(manager, world)
    await work()
    head = body["members"][0]["person_id"]
    day = till.day(3)
    lines = [
        HEADER,
        f"李四,{HEAD},,授信使用,1,{day},档案室 3 柜 12 号",
        f",,{body['members'][1]['person_id']},health,1,{till.day(2)},档案室 3 柜",
    ]
    said = await till.type("consents", str(till.write(lines, "授权.csv", "gb18030")))
    assert said.code == 0, said.err
    assert "2 rows: 2 new" in said.out
    assert "gb18030" in said.out
    assert "1 customers are worked out anew" in said.out

    assert words(await row(manager, body, 0)) == {"credit": [True, 1, day, head, "档案室 3 柜 12 号"]}
    # an agent sees that it is on paper, and not where the bank keeps it
    assert words(await row(agent, body, 0)) == {"credit": [True, 1, day, head, ""]}
    assert "档案室" not in agent.everything()
    # with the consent the field opens
    assert (await put(agent, who(body, 1), edits(health="chronic")))["result"] == "applied"
    assert (await row(manager, body, 1))["health"] == "chronic"
    await work()
    await manager.pull()
    assert manager.of("profile")[body["id"]]["limit_fen"] is not None

    assert (await withdraw(agent, body, 1, "health"))["result"] == "applied"
    there = await row(manager, body, 1)
    assert there["health"] is None
    assert words(there)["health"][0] is False


async def test_the_same_again_counts_once_and_a_paper_that_moved_is_noted(
    till: Till, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    body = await family(manager, world)
    await work()
    line = f",{HEAD},,credit,1,{till.day(2)}"
    first = till.write([HEADER, f"{line},一楼"])
    assert "1 rows: 1 new" in (await till.type("consents", str(first))).out
    assert "taken before" in (await till.type("consents", str(first))).out
    again = (await till.type("consents", str(first), "--again")).out
    assert "0 new, 0 changed, 1 as they were" in again
    assert "0 customers are worked out anew" in again
    await work()
    moved = await till.type("consents", str(till.write([HEADER, f"{line},二楼"], "b.csv")))
    assert "0 new, 1 changed" in moved.out
    assert words(await row(manager, body, 0))["credit"][4] == "二楼"
    assert await work() == 0
    listed = await till.type("--list")
    assert listed.out.count("consents  taken") == 3


async def test_a_withdrawal_of_that_day_or_later_stands_whatever_comes_in_after_it(
    till: Till, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    body = await family(manager, world)
    await work()
    assert (await consent(manager, body, 0, "credit"))["result"] == "applied"
    assert (await withdraw(manager, body, 0, "credit"))["result"] == "applied"
    late = till.write(
        [HEADER, f",{HEAD},,credit,1,{till.day()},一楼", f",{HEAD},,whereabouts,1,{till.day()},一楼"]
    )
    assert "2 rows: 2 new" in (await till.type("consents", str(late))).out
    said = words(await row(manager, body, 0))
    assert said["credit"][0] is False
    assert said["whereabouts"][0] is True


async def test_a_child_signs_nothing_and_its_guardian_does(
    till: Till, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    body = await family(manager, world)
    await work()
    child, mother = body["members"][2]["person_id"], body["members"][1]["person_id"]
    lines = [HEADER, f",,{child},health,1,{till.day()},一楼"]
    refused = await till.type("consents", str(till.write(lines)), "--force")
    assert "1 × no_guardian" in refused.out
    assert (await put(manager, who(body, 2), edits(guardian_id=mother)))["result"] == "applied"
    taken = await till.type("consents", str(till.write(lines, "again.csv")), "--again")
    assert "1 rows: 1 new" in taken.out
    assert words(await row(manager, body, 2))["health"][3] == mother


async def test_every_wrong_row_has_its_reason_and_the_right_ones_are_taken(
    till: Till, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    body = await family(manager, world)
    await work()
    wife, child = body["members"][1]["person_id"], body["members"][2]["person_id"]
    other = "0197b2c4-5f5e-7c3a-9d2e-0b8f1c6a4e21"
    today, tomorrow = till.day(), (till.today + timedelta(days=1)).isoformat()
    rows = {
        "purpose": f",{HEAD},,炒股,1,{today},一楼",
        "text_then": f",{HEAD},,credit,7,{today},一楼",
        "count": f",{HEAD},,credit,一,{today},一楼",
        "future": f",{HEAD},,credit,1,{tomorrow},一楼",
        "day": f",{HEAD},,credit,1,2026-02-30,一楼",
        "missing": f",{HEAD},,credit,1,{today},",
        "long": f",{HEAD},,credit,1,{today},{'楼' * 61}",
        "who_signed": f"李四,,,credit,1,{today},一楼",
        "id_number": f",{HEAD[:-1]}Y,,credit,1,{today},一楼",
        "person_id": f",,8812,credit,1,{today},一楼",
        "unknown_id": f",,{other},credit,1,{today},一楼",
        "two_people": f",{HEAD},{wife},credit,1,{today},一楼",
        "minor": f",,{child},marketing,1,{today},一楼",
        "no_as_of": f",{HEAD},,credit,1,,一楼",
        "cells": f",{HEAD},,credit,1,{today},一楼,多余",
    }
    before_any = f",{HEAD},,credit,1,2025-12-31,一楼"
    path = till.write(
        [
            HEADER,
            *rows.values(),
            before_any,
            f",{HEAD},{body['members'][0]['person_id']},health,1,{today},一楼",
        ]
    )
    said = await till.type("consents", str(path), "--force")
    assert "17 rows: 1 new" in said.out, said.out + said.err
    assert [one[1] for one in till.rejects(path)[1:]] == [*rows, "text_then"]
    assert list(words(await row(manager, body, 0))) == ["health"]


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("授权事项,文本编号,签署日期,存放位置", "id_number (证件号码) or person_id (个人编号)"),
        ("证件号码,授权事项,文本编号,存放位置", "签署日期"),
        ("证件号码,授权事项,文本编号,签署日期,存放位置,余额", "Not known for consents"),
    ],
)
async def test_columns_that_are_needed_and_others_that_are_not_known(
    till: Till, world: World, header: str, says: str
) -> None:
    refused = await till.type("consents", str(till.write([header, "1,2,3,4,5,6"])))
    assert refused.code == 2
    assert says in refused.err.replace("\n", " ")
