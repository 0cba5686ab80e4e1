"""A trading partner who is a customer of the bank and becomes part of another one. CONTRACT.md section 9."""

from typing import Any

from backend.kernel.ids import uuid7
from tests.support.bodies import new_household
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_business import shop
from tests.sync.test_merges import merged


async def family(phone: FieldPhone, world: World, name: str) -> str:
    body = new_household(world.grids["E1"], name=name)
    phone.save("customer.create", body)
    assert (await phone.push())[0]["result"] == "applied"
    return str(body["id"])


def partner(of: str, named: str, **changes: Any) -> dict[str, Any]:
    detail = {"customer": named, "role": "supplier"}
    put = {"id": str(uuid7()), "customer_id": of, "kind": "partner", "label": "供货的", "detail": detail}
    return put | changes


async def said(phone: FieldPhone, *commands: tuple[str, dict[str, Any]]) -> list[str]:
    for kind, body in commands:
        phone.save(kind, body)
    return [one.get("code") or one["result"] for one in await phone.push()]


def undo(customer: str) -> tuple[str, dict[str, str]]:
    return "customer.unmerge", {"customer_id": customer, "reason": "弄错了"}


def named(phone: FieldPhone, record: dict[str, Any]) -> str:
    return str(phone.of("record")[record["id"]]["detail"]["customer"])


async def test_a_partner_is_named_by_who_they_are_by_now_and_again_by_themselves_when_the_merge_is_undone(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    buys = await shop(manager, world)
    old, new, last = [await family(manager, world, one) for one in ("田大山", "田达山", "田老大")]
    before, other = partner(buys, old), partner(buys, last)
    assert await said(manager, ("record.put", before), ("record.put", other)) == ["applied"] * 2
    await agent.pull()
    assert (await said(manager, ("customer.merge", merged(old, new))))[0] in ("applied", "merged")
    # before the merge is worked off the other becomes part of a third
    assert (await said(manager, ("customer.merge", merged(new, last))))[0] in ("applied", "merged")
    await work()
    await manager.pull()
    assert (named(manager, before), named(manager, other)) == (last, last)
    # a phone that has not heard of it corrects the label, and names somebody by the former id
    seen = {one: before[one] for one in ("kind", "label", "detail")}
    again = partner(buys, new)
    mended = before | {"label": "供米的", "seen": seen}
    assert await said(agent, ("record.put", mended), ("record.put", again)) == ["applied"] * 2
    await manager.pull()
    assert (named(manager, before), named(manager, again)) == (last, last)
    assert manager.of("record")[before["id"]]["label"] == "供米的"
    for gone, back in ((new, new), (old, old)):
        assert await said(manager, undo(gone)) == ["applied"]
        await work()
        await manager.pull()
        assert named(manager, before) == back
    # who was named since by what they were by then stays so, and so does who was never the one
    assert (named(manager, again), named(manager, other)) == (last, last)


async def test_nobody_becomes_their_own_partner(phone_of: PhoneOf, world: World, work: Work) -> None:
    manager = await phone_of("manager")
    old, new = await family(manager, world, "田大山"), await family(manager, world, "田达山")
    record = partner(new, old)
    assert await said(manager, ("record.put", record)) == ["applied"]
    assert (await said(manager, ("customer.merge", merged(old, new))))[0] in ("applied", "merged")
    await work()
    await manager.pull()
    assert named(manager, record) == old
    assert await said(manager, ("record.put", partner(new, old))) == ["out_of_scope"]
    assert await said(manager, ("record.put", record | {"label": "自己人"})) == ["applied"]
