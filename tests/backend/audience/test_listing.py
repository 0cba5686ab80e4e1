"""Who is chosen is listed, kept and written into a file in the asker's scope, on record and harmless."""

import csv
import hashlib
import io
import zipfile
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from litestar import Litestar
from sqlalchemy import text

from backend.audience.jobs import purge_due
from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from tests.backend.audience.asking import EVERYBODY, ask, every, lacks, made
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work

PURPOSE = "春耕贷款摸底"


async def names(phone: FieldPhone, **asked: Any) -> list[str]:
    answer = await ask(phone, "list", **asked)
    assert answer.status_code == 200, answer.text
    return [one["name"] for one in answer.json()["customers"]]


async def audited(worker_db: Database, action: str) -> list[Any]:
    async with worker_db.unit(Actor.system("test")) as uow:
        rows = await uow.session.execute(
            text("SELECT staff_id, detail FROM audit_entry WHERE action = :action ORDER BY id"),
            {"action": action},
        )
        return list(rows)


async def test_a_list_shows_ones_own_in_order_and_is_on_record(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager, west = await phone_of("manager"), await phone_of("manager2")
    ids = await made(manager, world, "E1", "汪德海", "周海生")
    await made(west, world, "W1", "艾三")
    await work()
    head = await phone_of("head")
    assert await names(head, choice=EVERYBODY) == ["汪德海", "周海生"]
    assert await names(head, choice=lacks({"is": "named", "contains": "汪"})) == ["周海生"]
    assert await names(await phone_of("head2"), choice=EVERYBODY) == ["艾三"]
    row = (await ask(head, "list", choice=EVERYBODY)).json()["customers"][0]
    assert row == {
        "id": ids[0],
        "kind": "household",
        "name": "汪德海",
        "grid_name": "E1 村",
        "township": row["township"],
        "tier": row["tier"],
        "owner_name": "陈经理",
    }
    assert row["tier"] in {"high_end", "core", "basic", "potential"}
    last = (await audited(worker_db, "audience.listed"))[-1]
    assert str(last.staff_id) == head.staff["id"]
    assert last.detail == {"choice": EVERYBODY, "found": ids}
    # head office says what for
    business = await phone_of("business")
    answer = await ask(business, "list", choice=EVERYBODY)
    assert (answer.status_code, answer.json()["code"]) == (403, "purpose_needed")
    assert await names(business, choice=EVERYBODY, purpose=PURPOSE) == ["艾三", "汪德海", "周海生"]
    assert (await audited(worker_db, "audience.listed"))[-1].detail["purpose"] == PURPOSE
    for nothing in ({}, {"choice": EVERYBODY, "group_id": ids[0]}):
        assert (await ask(head, "list", **nothing)).status_code == 422


async def test_a_long_list_comes_page_by_page(phone_of: PhoneOf, world: World) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    for part in range(2):
        await made(
            manager, world, "E1", *(f"汪{'一二三四五六七'[n % 7]}{'甲乙丙丁'[n // 7]}" for n in range(28))
        )
        assert part < 2
    first = (await ask(head, "list", choice=EVERYBODY)).json()
    assert (len(first["customers"]), first["more"]) == (50, True)
    rest = (await ask(head, "list", choice=EVERYBODY, after=first["customers"][-1]["id"])).json()
    assert (len(rest["customers"]), rest["more"]) == (6, False)
    assert len({one["id"] for one in first["customers"] + rest["customers"]}) == 56


def cells_of(book: bytes) -> list[list[str]]:
    """The one sheet of an XLSX as another program reads it."""
    main = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    assert list(sheet.iter(f"{main}f")) == []
    return [["".join(cell.itertext()) for cell in row] for row in sheet.iter(f"{main}row")]


async def test_head_office_pages_through_everybody_in_order_from_memory(
    phone_of: PhoneOf, world: World, work: Work, app: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager, business = await phone_of("manager"), await phone_of("business")
    # many begin alike, beyond the letters that memory has
    await made(
        manager,
        world,
        "E1",
        *(f"诸葛长{'青春生庆'[n % 4]}{'一二三四五六七八九十'[n // 4]}" for n in range(40)),
    )
    await made(manager, world, "E1", *(f"汪{'一二三四五六七八九十'[n]}" for n in range(10)), "艾三", "周海生")
    await work()

    async def pages() -> list[str]:
        found: list[str] = []
        after: dict[str, Any] = {}
        while True:
            answer = await ask(business, "list", choice=EVERYBODY, purpose=PURPOSE, **after)
            assert answer.status_code == 200, answer.text
            listed = answer.json()
            found += [one["id"] for one in listed["customers"]]
            if not listed["more"]:
                return found
            after = {"after": found[-1]}

    packed = app.state.resources.packed
    by_database = await pages()
    assert len(set(by_database)) == len(by_database) == 52
    await packed.loaded()
    looked: list[int] = []
    first = packed.first

    async def noted(*asked: Any) -> Any:
        found = await first(*asked)
        looked.append(-1 if found is None else len(found))
        return found

    monkeypatch.setattr(packed, "first", noted)
    await made(manager, world, "E2", "诸葛长青十一", "阿宝")
    by_memory = await pages()
    assert len(looked) == 2
    assert -1 not in looked, "both pages come from memory"
    assert len(by_memory) == len(set(by_memory)) == 54
    assert [one for one in by_memory if one in set(by_database)] == by_database


async def test_a_file_is_harmless_complete_and_on_record(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    evil = ["=1+1", "+86汪", "-汪", "@SUM(A1)", "＝1+1", "汪=1", '"汪",=2', " =cmd"]
    await made(manager, world, "E1", *evil)
    await work()
    for body in ({"choice": EVERYBODY}, {"choice": EVERYBODY, "purpose": "看"}):
        assert (await ask(head, "export", **body)).status_code == 422
    answer = await ask(head, "export", choice=EVERYBODY, purpose=PURPOSE)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    content = answer.content
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[0] == ["客户", "类型", "村组", "乡镇", "层级", "客户经理"]
    cells = [cell for row in rows[1:] for cell in row]
    assert [one for one in cells if one.lstrip()[:1] in set("=+-@\t\r＝＋－＠")] == []
    found = {row[0] for row in rows[1:]}
    assert {"'=1+1", "'+86汪", "'-汪", "'@SUM(A1)", "'＝1+1", "汪=1", '"汪",=2'} <= found
    assert len(rows) == 1 + len(evil)
    # names, places, tier and owner: no number, no phone, no birthday
    assert "1391" not in content.decode()
    assert "1979" not in content.decode()
    (entry,) = await audited(worker_db, "audience.exported")
    assert str(entry.staff_id) == head.staff["id"]
    assert entry.detail == {
        "choice": EVERYBODY,
        "purpose": PURPOSE,
        "count": len(evil),
        "format": "csv",
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    table = await ask(head, "export", choice=EVERYBODY, purpose=PURPOSE, format="xlsx")
    assert table.headers["content-type"].endswith("spreadsheetml.sheet")
    assert "customers.xlsx" in table.headers["content-disposition"]
    assert cells_of(table.content) == rows
    assert (await audited(worker_db, "audience.exported"))[-1].detail["format"] == "xlsx"
    english = await ask(head, "export", choice=EVERYBODY, purpose=PURPOSE, language="en")
    assert english.text.lstrip("\ufeff").startswith("Customer,Kind,Village,Township,Tier,Account manager")
    # another branch's head gets none of them
    other = await ask(await phone_of("head2"), "export", choice=EVERYBODY, purpose=PURPOSE)
    assert len(other.text.splitlines()) == 1


async def test_groups_are_fixed_or_living_and_come_back(phone_of: PhoneOf, world: World, work: Work) -> None:
    manager, head, deputy = await phone_of("manager"), await phone_of("head"), await phone_of("deputy")
    await made(manager, world, "E1", "汪德海")
    await work()
    e1 = {"is": "grids", "any_of": [str(world.grids["E1"].id)]}
    new: dict[str, dict[str, Any]] = {
        kind: {
            "id": f"01900000-0000-7000-8000-00000000000{n}",
            "name": kind,
            "choice": every(e1),
            "fixed": fixed,
        }
        for n, (kind, fixed) in enumerate((("fixed", True), ("living", False)))
    }
    for body in new.values():
        for _ in range(2):  # the answer may be lost
            answer = await ask(head, "groups", **body)
            assert answer.status_code == 200, answer.text
    await made(manager, world, "E1", "周海生")
    await work()

    async def of(phone: FieldPhone, kind: str) -> int:
        answer = await ask(phone, f"groups/{new[kind]['id']}/count")
        assert answer.status_code == 200, answer.text
        return int(answer.json()["count"])

    assert (await of(head, "fixed"), await of(head, "living")) == (1, 2)
    assert await names(head, group_id=new["fixed"]["id"]) == ["汪德海"]
    assert await names(head, group_id=new["living"]["id"]) == ["汪德海", "周海生"]
    assert await of(deputy, "living") == 2, "a branch's heads see each other's"
    for login in ("manager", "head2", "business"):
        answer = await ask(await phone_of(login), "list", group_id=new["fixed"]["id"], purpose=PURPOSE)
        assert answer.status_code == 404, login
    other = await ask(deputy, f"groups/{new['fixed']['id']}/rename", name="别的")
    assert (other.status_code, other.json()["code"]) == (403, "not_allowed")
    taken = await ask(deputy, "groups", **new["fixed"])
    assert (taken.status_code, taken.json()["code"]) == (409, "id_taken")

    async def shown() -> dict[str, str]:
        answer = await head.phone.client.get("/api/v1/audience/groups")
        return {one["id"]: one["name"] for one in answer.json()["groups"]}

    renamed = await ask(head, f"groups/{new['fixed']['id']}/rename", name="春耕")
    assert renamed.json()["name"] == "春耕"
    assert (await ask(head, f"groups/{new['fixed']['id']}/remove")).status_code == 200
    assert list(await shown()) == [new["living"]["id"]]
    assert (await ask(head, f"groups/{new['fixed']['id']}/count")).status_code == 404
    assert (await ask(head, f"groups/{new['fixed']['id']}/restore")).status_code == 200
    assert (await shown())[new["fixed"]["id"]] == "春耕"
    assert await of(head, "fixed") == 1


async def test_a_removed_group_goes_when_its_days_are_over(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> None:
    manager = await phone_of("manager")
    await made(manager, world, "E1", "汪德海", "周海生")
    ids = [f"01900000-0000-7000-8000-00000000000{n}" for n in range(3)]
    for one in ids:
        body = {"id": one, "name": "一组", "choice": EVERYBODY, "fixed": True}
        assert (await ask(manager, "groups", **body)).status_code == 200
    for one in ids[:2]:
        assert (await ask(manager, f"groups/{one}/remove")).status_code == 200

    async def night() -> dict[str, int]:
        async with worker_db.unit(Actor.system("test")) as uow:
            await purge_due(uow, {})
        async with worker_db.unit(Actor.system("test")) as uow:
            left = "SELECT group_id::text, count(*) FROM audience_member GROUP BY 1"
            return {row[0]: row[1] for row in await uow.session.execute(text(left))}

    clock.advance(timedelta(days=29))
    assert await night() == dict.fromkeys(ids, 2)
    manager = await phone_of("manager")
    assert (await ask(manager, f"groups/{ids[1]}/restore")).status_code == 200
    clock.advance(timedelta(days=2))
    assert await night() == dict.fromkeys(ids[1:], 2)
    manager = await phone_of("manager")
    assert (await ask(manager, f"groups/{ids[0]}/restore")).status_code == 404
    (entry,) = await audited(worker_db, "audience.purged")
    assert entry.detail["held"] == 2
    # and it may be made anew
    body = {"id": ids[0], "name": "一组", "choice": EVERYBODY, "fixed": True}
    assert (await ask(manager, "groups", **body)).status_code == 200


async def test_the_ground_is_ones_own(phone_of: PhoneOf, world: World, work: Work) -> None:
    manager = await phone_of("manager")
    await made(manager, world, "E1", "汪德海")
    for login, grids, owners in (
        ("manager", {"E1 村", "E2 村"}, ["陈经理"]),
        ("head", {"E1 村", "E2 村"}, ["陈经理"]),
        ("head2", {"W1 村", "W2 村"}, []),
        ("business", {"E1 村", "E2 村", "W1 村", "W2 村"}, ["陈经理"]),
    ):
        answer = (await (await phone_of(login)).phone.client.get("/api/v1/audience/ground")).json()
        assert {one["name"] for one in answer["grids"]} == grids, login
        assert [one["name"] for one in answer["owners"]] == owners, login
