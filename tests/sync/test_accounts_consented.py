"""The consent `accounts`: balances and flows show and count only of those who signed. Decision 0026."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.bodies import member, new_household
from tests.support.field_phone import FieldPhone
from tests.support.signing import members_of, sign, take_back
from tests.support.till import ACCOUNTS, Till, account, standing
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_duplicates import HEAD, WIFE, household_met
from tests.sync.test_looking_at import looked
from tests.sync.test_papers import HEADER

FLOWS = "id_number,month,in,out,in_count,out_count,wages,merchant"
LOANS = "证件号码,合同号,合同金额,贷款余额,利率,发放日期,到期日期,逾期天数"


def months(till: Till) -> tuple[str, str]:
    """The month before this one, and the one before that."""
    last = till.today.replace(day=1) - timedelta(days=1)
    return f"{last:%Y-%m}", f"{last.replace(day=1) - timedelta(days=1):%Y-%m}"


def flow(who: str, month: str, came_in: int) -> str:
    return f"{who},{month},{came_in},1,1,1,0,0"


async def banked(till: Till, work: Work) -> None:
    """What the bank's systems know: accounts and flows of head and wife, a loan and a product."""
    month, before = months(till)
    accounts = [ACCOUNTS, account(HEAD, 1, "300000"), account(WIFE, 2, "50000"), account(WIFE, 3, "7")]
    flows = [
        FLOWS,
        *(flow(HEAD, one, 1500) for one in (month, before)),
        *(flow(WIFE, one, 200) for one in (month, before)),
    ]
    loans = [LOANS, f"{HEAD},HT0001,60000,60000,4.35,2025-03-01,2028-03-01,0"]
    held = ["证件号码,产品,签约日期", f"{WIFE},手机银行,2024-05-06"]
    for kind, lines in {"accounts": accounts, "flows": flows, "loans": loans, "products": held}.items():
        said = await till.take(kind, till.write(lines, f"{kind}.csv"))
        assert said.code == 0, said.err
    await work()


def sums(row: dict[str, Any]) -> tuple[int, ...]:
    """Deposits, year average, inflow; holders whose accounts are in them, and whose are not."""
    names = ("deposits_fen", "year_average_fen", "flow_in_fen", "open_holders", "closed_holders")
    return tuple(row[name] for name in names)


NOTHING = (0, 0, 0, 0, 2)
HEADS = (30_000_000, 30_000_000, 300_000, 1, 1)
WIFES = (5_000_700, 5_000_700, 40_000, 1, 1)
BOTH = (35_000_700, 35_000_700, 340_000, 2, 0)


async def test_sums_come_with_the_signature_of_each_and_go_with_its_withdrawal(
    till: Till, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, agent, head = await phone_of("manager"), await phone_of("agent"), await phone_of("head")
    customer = await household_met(manager, world, work)
    await head.pull()
    await banked(till, work)
    closed = await standing(manager, customer)
    assert sums(closed) == NOTHING
    # what the bank itself has lent and signed is no matter of this consent
    assert (closed["loans_fen"], closed["products"]) == (6_000_000, ["mobile_banking"])
    before = manager.of("profile")[customer]
    assert "30000000" not in manager.everything()

    async def everywhere(wanted: tuple[int, ...]) -> None:
        # on the manager's phone at once, before anything is worked out anew
        assert sums(await standing(manager, customer)) == wanted
        _, rows = await looked(head, customer)
        assert sums(rows["standing"][customer]) == wanted
        await agent.pull()
        assert "standing" not in agent.everything()

    # taken by an agent, who sees nothing of it afterwards either
    await sign(agent, customer, "spouse")
    await everywhere(WIFES)
    await sign(manager, customer, "head")
    await everywhere(BOTH)
    assert await work() > 0
    await manager.pull()
    opened = manager.of("profile")[customer]
    assert (opened["score"], opened["tags"]) != (before["score"], before["tags"])
    assert 35_000_700 in opened["inputs"]

    await take_back(agent, customer, "spouse")
    await everywhere(HEADS)
    # nor does what the result was worked out from tell the sum, before it is worked out anew
    assert manager.of("profile")[customer]["inputs"] is None
    await take_back(manager, customer, "head")
    await everywhere(NOTHING)
    await work()
    await manager.pull()
    again = manager.of("profile")[customer]
    shown = ("score", "tags", "limit_fen", "tier", "reasons")
    assert [again[name] for name in shown] == [before[name] for name in shown]


@pytest.mark.parametrize("kind", ["accounts", "flows"])
async def test_nothing_is_reckoned_with_that_nobody_consents_to(
    till: Till, phone_of: PhoneOf, world: World, work: Work, kind: str
) -> None:
    manager = await phone_of("manager")
    customer = await household_met(manager, world, work)

    async def result() -> dict[str, Any]:
        await work()
        await manager.pull()
        shown = manager.of("profile")[customer]
        return {name: shown[name] for name in ("score", "tags", "limit_fen", "tier", "stage", "reasons")}

    before = await result()
    month, _ = months(till)
    lines = {
        "accounts": [ACCOUNTS, account(HEAD, 1, "300000")],
        "flows": [FLOWS, flow(HEAD, month, 90_000)],
    }
    assert "1 new" in (await till.take(kind, till.write(lines[kind]))).out
    assert await result() == before
    await sign(manager, customer, "head")
    assert await result() != before


async def test_what_names_nobody_goes_by_the_head(
    till: Till, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    customer = await household_met(manager, world, work)
    header = ACCOUNTS.replace("证件号码", "客户编号")
    path = till.write([header, account(customer, 1, "100"), account(customer, 2, "20")])
    assert "2 new" in (await till.take("accounts", path)).out
    await sign(manager, customer, "spouse")
    assert sums(await standing(manager, customer)) == (0, 0, 0, 0, 1)
    await sign(manager, customer, "head")
    assert sums(await standing(manager, customer)) == (12_000, 12_000, 0, 1, 0)
    # a file that says whose it is: that person is asked from now on
    named = till.write([ACCOUNTS, account(WIFE, 2, "20")], "named.csv")
    await take_back(manager, customer, "spouse")
    assert "1 changed" in (await till.take("accounts", named)).out
    assert sums(await standing(manager, customer)) == (10_000, 10_000, 0, 1, 1)
    # one that does not say it again takes nothing of that back
    again = till.write([header, account(customer, 2, "25")], "again.csv")
    assert "1 changed" in (await till.take("accounts", again)).out
    assert sums(await standing(manager, customer)) == (10_000, 10_000, 0, 1, 1)


async def test_a_business_goes_by_its_owner_or_legal_person_as_its_limit_does(
    till: Till, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    people = [
        member("李四", "owner", "m", "1979-03-04", None),
        member("王五", "legal_person", "f", "1981-08-09", None),
        member("赵六", "other", "m", "1985-08-09", None),
    ]
    shop = new_household(world.grids["E1"], "李四超市", kind="business", members=people)
    manager.save("customer.create", shop)
    assert [one["result"] for one in await manager.push()] == ["applied"]
    shop_id = str(shop["id"])
    path = till.write([ACCOUNTS.replace("证件号码", "客户编号"), account(shop_id, 1, "100")])
    assert "1 new" in (await till.take("accounts", path)).out
    for relation, wanted in {"other": (0, 0, 0, 0, 1), "owner": (10_000, 10_000, 0, 1, 0)}.items():
        await sign(manager, shop_id, relation)
        assert sums(await standing(manager, shop_id)) == wanted
    await take_back(manager, shop_id, "owner")
    await sign(manager, shop_id, "legal_person")
    assert (await standing(manager, shop_id))["deposits_fen"] == 10_000


async def test_signed_on_paper_opens_as_well(till: Till, phone_of: PhoneOf, world: World, work: Work) -> None:
    manager = await phone_of("manager")
    customer = await household_met(manager, world, work)
    await banked(till, work)
    assert sums(await standing(manager, customer)) == NOTHING
    lines = [HEADER, f"李四,{HEAD},,账户信息,1,{till.day(3)},档案室"]
    said = await till.type("consents", str(till.write(lines, "papers.csv")))
    assert "1 customers are worked out anew" in said.out, said.err
    assert sums(await standing(manager, customer)) == HEADS


async def test_who_is_no_member_any_more_is_neither_counted_nor_asked_for(
    till: Till, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    customer = await household_met(manager, world, work)
    await banked(till, work)
    await sign(manager, customer, "head", "spouse")
    assert sums(await standing(manager, customer)) == BOTH
    wife = (await members_of(manager, customer))["spouse"]
    left = {"id": wife["id"], "customer_id": customer}
    manager.save("member.remove", left | {"reason": "died", "on": till.day()})
    assert [one["result"] for one in await manager.push()] == ["applied"]
    assert sums(await standing(manager, customer)) == (*HEADS[:4], 0)
    manager.save("member.restore", left)
    assert [one["result"] for one in await manager.push()] == ["applied"]
    assert sums(await standing(manager, customer)) == BOTH


async def test_a_household_made_one_with_another_keeps_whose_accounts_are(
    till: Till, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    customer = await household_met(manager, world, work)
    await banked(till, work)
    await sign(manager, customer, "head", "spouse")
    twin = new_household(
        world.grids["E1"], "王五妹", members=[member("王五妹", "head", "f", "1981-08-09", None)]
    )
    manager.save("customer.create", twin)
    assert [one["result"] for one in await manager.push()] == ["applied"]
    # she had taken it back at the other house: one person, one word, the last
    await take_back_after_signing(manager, str(twin["id"]))
    wife = (await members_of(manager, customer))["spouse"]
    same = [{"member_id": twin["members"][0]["id"], "into_member_id": wife["id"]}]
    body = {"customer_id": twin["id"], "into_id": customer, "reason": "一户记了两遍", "same": same}
    manager.save("customer.merge", body)
    assert [one["result"] for one in await manager.push()] == ["applied"]
    assert sums(await standing(manager, customer)) == HEADS
    manager.save("customer.unmerge", {"customer_id": twin["id"], "reason": "弄错了"})
    assert [one["result"] for one in await manager.push()] == ["applied"]
    assert sums(await standing(manager, customer)) == BOTH


async def take_back_after_signing(phone: FieldPhone, customer: str) -> None:
    """Consents and withdraws it at once."""
    await sign(phone, customer)
    await take_back(phone, customer, "head")
